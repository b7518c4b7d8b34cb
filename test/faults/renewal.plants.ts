import type { Plant } from './support/plant.js';

const RENEWAL = 'test/subscribe/renewal.test.ts';
const PLAN = 'src/subscribe/plan/authorise.ts';

export const plants: readonly Plant[] = [
  {
    test: RENEWAL,
    case: 'S1 S2 a result that a slow resolver makes under the former claims is not shown under the new ones',
    file: 'src/subscribe/delivery/replay.ts',
    guard: 'a result that was made under the former claims is made again',
    find: 'awaited = renderedFor === target.cohort ? done : undefined;',
    replace: 'awaited = done;',
  },
  {
    test: RENEWAL,
    case: 'S2 ends with FORBIDDEN when its rule no longer holds',
    file: PLAN,
    guard: 'a renewal decides the rule again',
    find: '  authorise(renewed);\n',
    replace: '',
  },
  {
    test: RENEWAL,
    case: 'S2 ends with FORBIDDEN when its key depends on claims that now give another key',
    file: PLAN,
    guard: 'a subscription whose key has changed ends',
    find: '  if (binding.key?.({ args, claims: identity.claims }) !== key) throw forbidden(binding.field);\n',
    replace: '',
  },
  {
    test: RENEWAL,
    case: 'S2 credentials that are renewed while it starts are those that it starts with',
    file: 'src/subscribe/delivery/subscription.ts',
    guard: 'a subscription remembers the credentials that are renewed while it starts',
    find: '    if (running === undefined) this.#renewed = identity;\n',
    replace: '',
  },
  {
    test: 'test/subscribe/interleaved.test.ts',
    case: 'D2 D3 D4 D8 the switch from replay to live has no gap and no duplicate, in every interleaving',
    file: 'src/subscribe/delivery/subscriber.ts',
    guard: 'a live subscriber that moves to another cohort leaves the former one',
    find: '    if (this.#leaveLive()) this.positions.moveToNode(this.#followed);\n    this.positions.add(added);',
    replace:
      '    if (this.#cohort.live.has(this)) this.positions.moveToNode(this.#followed);\n    this.positions.add(added);',
  },
  {
    test: 'test/transport/revoked.test.ts',
    case: 'S2 are refused even if the revocation comes between the check of their credentials and the start of the operation',
    file: 'src/transport/http/graphql-endpoint.ts',
    guard: 'credentials are compared with the revocations again when the request has its turn',
    find: '  if (isRevoked(identity)) throw credentialsRevoked();\n',
    replace: '',
  },
];
