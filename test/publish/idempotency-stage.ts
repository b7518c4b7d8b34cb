import { decodeRecord } from '../../src/core/envelope/decode.js';
import { offset, partition } from '../../src/core/ids.js';
import type { StateStore } from '../../src/ports/state-store.js';
import type { World } from '../support/world.js';
import { nodeOn } from './stage.js';

export const SCHEMA = `
  type Query { ok: Int }
  type Mutation {
    say(n: Int!): Published! @publish(topic: "said", type: "Said", key: "'k'")
    tell(n: Int!, idempotencyKey: String): Published! @publish(topic: "said", type: "Said", key: "'k'", data: "{'n': args.n}")
    own(n: Int!): Own!
    none(n: Int!): Own
  }
  type Own { n: Int!, made: Int! }
  type Said { n: Int! }`;

export const RESOLVERS = { Mutation: { own: (): unknown => ({ n: 1, made: 1 }), none: () => undefined } };
export const OWN = 'mutation { own(n: 1) { n made } }';
export const nodeAt = (world: World, options: Parameters<typeof nodeOn>[2] = {}) =>
  nodeOn(world, SCHEMA, { resolvers: RESOLVERS, ...options });

export async function eventsOf({ log, topic }: World) {
  const events = [];
  const range = { topic, partition: partition(0), from: offset(0) };
  for await (const { records } of log.read(range, AbortSignal.timeout(30_000)))
    for (const record of records) {
      const decoded = decodeRecord(record, { kind: 'CLOUDEVENTS' }, range);
      if ('event' in decoded) events.push(decoded.event);
    }
  return events;
}

/** A store that loses the renewals of leases. */
export const withoutRenewals = (state: StateStore): StateStore =>
  new Proxy(state, {
    get: (target, name) => {
      const value = Reflect.get(target, name);
      if (name === 'replace')
        return async (...call: Parameters<StateStore['replace']>) =>
          call[0].endsWith(':lease') ? false : await target.replace(...call);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

/** Two nodes, the second of which takes over attempts of the first. */
export function takingOver(world: World, own: () => unknown, state = withoutRenewals(world.state)) {
  const options = { resolvers: { Mutation: { ...RESOLVERS.Mutation, own } }, leaseMs: 200 };
  return [nodeAt({ ...world, state }, options), nodeAt(world, options)] as const;
}

export const SAY = 'mutation ($n: Int!) { say(n: $n) { eventId offset correlationId time } }';
export const fail = (): never => {
  throw new Error('There is no event');
};
export const codesOf = (result: { errors?: readonly { extensions?: unknown }[] | undefined }) =>
  result.errors?.map(({ extensions }) => (extensions as { code: string }).code);
