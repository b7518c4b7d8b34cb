import type { Plant } from './support/plant.js';

export const plants: readonly Plant[] = [
  {
    case: 'a leader dies with records that only it has',
    guard: 'a mutation succeeds once every in-sync replica has its event',
    file: 'src/adapters/kafka/wire/produce-request.ts',
    find: 'const ACKS = -1;',
    replace: 'const ACKS = 1;',
  },
  {
    test: 'test/adapters/kafka/produce/writer.test.ts',
    case: 'each append ends by its own deadline while no broker gives the producer an identity',
    guard: "waiting for a producer's identity ends with the mutation's deadline",
    file: 'src/adapters/kafka/produce/writer.ts',
    find: 'await withSignal(known, signal);',
    replace: 'await known;',
  },
  {
    case: 'every broker is restarted',
    guard: 'the leaders are asked for anew when what is known of them proves wrong',
    file: 'src/adapters/kafka/wire/connection.ts',
    find: 'this.#layouts.delete(topic);',
    replace:
      'const old = this.#layouts.get(topic); if (old) this.#layouts.set(topic, { ...old, asOf: Infinity });',
  },
  {
    case: 'every mutation is repeated',
    guard: 'one idempotency key makes one id',
    file: 'src/publish/publisher.ts',
    find: 'if (key === undefined) return',
    replace: "if (key !== '') return",
  },
  {
    case: 'every mutation is repeated',
    guard: 'an event of an idempotency key says so, and its second one is passed over',
    file: 'src/publish/publisher.ts',
    find: 'idempotent: idempotencyKey === undefined ? undefined : true,',
    replace: 'idempotent: undefined,',
  },
  {
    case: 'every mutation is repeated',
    guard: 'a service passes over what it was given before, and what it says twice is known as the same',
    file: 'src/services/batch-processor.ts',
    find: 'if (!this.#deduplicator.admit(scope, event, idempotentIds)) continue;',
    replace: '',
    also: [
      {
        file: 'src/services/output-encoder.ts',
        find: 'idempotent: cause.idempotent,',
        replace: 'idempotent: undefined,',
      },
    ],
  },
  {
    case: 'the coordinator of the relays is lost',
    guard: 'a coordinator that fails is looked for anew',
    file: 'src/adapters/kafka/wire/connection.ts',
    find: 'this.#coordinators.delete(name);',
    replace: '',
  },
];
