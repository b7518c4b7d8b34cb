import { describe, expect, it } from 'vitest';
import type { EventDraft, OutcomeRequest } from '../../src/binding/runtime/context.js';
import { CursorCodec } from '../../src/core/cursor.js';
import { encodeEvent } from '../../src/core/envelope/encode.js';
import { ANONYMOUS } from '../../src/core/identity.js';
import { eventId, type Partition, partition, topic } from '../../src/core/ids.js';
import { partitionOfKey } from '../../src/core/partitioner.js';
import { type Position, positionName } from '../../src/core/position.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import type { Hub } from '../../src/hub/hub.js';
import type { PartitionListener } from '../../src/hub/partition-listener.js';
import { openLogger } from '../../src/observe/log.js';
import { WarningThrottle } from '../../src/observe/warning-throttle.js';
import { History } from '../../src/publish/history.js';
import { OperationContext } from '../../src/publish/operation-context.js';
import { Outcomes } from '../../src/publish/outcomes.js';
import { bound } from '../binding/schema.js';
import { mutationsOn } from '../support/publishing.js';
import { openWorld, type World } from '../support/world.js';

const SCHEMA = `
  type Query { ok: Int }
  type Mutation { ask(n: Int!): Published! @publish(topic: "said", type: "Asked", key: "'k'") }
  type Subscription { said(room: String = "r"): Both @subscribe(topic: "said") }
  union Both = Said | Asked
  type Asked { n: Int! }
  type Said { n: Int! }`;

const draft: EventDraft = { topic: topic('said'), type: 'Asked', key: 'k', data: { n: 1 } };
const WANTED: OutcomeRequest = { topic: topic('said'), key: 'k', types: ['Said'], within: 30_000 };

function stage(world: World, hub: Hub = world.hub()) {
  const { log, state: store, metrics } = world;
  const bindings = bound(SCHEMA);
  const codec = new CursorCodec(['secret']);
  const mutations = mutationsOn({ log, store, hub, metrics, bindings, codec });
  return (correlationId: string, wanted: Partial<OutcomeRequest> = {}) =>
    new OperationContext(mutations, {
      identity: ANONYMOUS,
      trace: { traceparent: undefined, correlationId },
      correlated: true,
      idempotencyKey: undefined,
      signal: AbortSignal.timeout(60_000),
    }).outcome([draft], { ...WANTED, ...wanted });
}

/** What a service answers to `correlationId`. */
const answer = (world: World, correlationId: string, n: number, type = 'Said', key = 'k', at?: Partition) =>
  world.log.append(
    [
      {
        ...(at === undefined ? {} : { partition: at }),
        ...encodeEvent(world.topic, {
          id: eventId(`${correlationId}-${type}-${n}`),
          source: '/service',
          type,
          subject: key,
          time: new Date().toISOString(),
          correlationId,
          data: Buffer.from(JSON.stringify({ n })),
        }),
      },
    ],
    AbortSignal.timeout(30_000),
  );

const historyOf = ({ log }: World) =>
  new History({
    log,
    warnings: new WarningThrottle(openLogger('silent')),
    decoder: new RecordDecoder(),
    withinMs: 10_000,
  });

const end = async (world: World) =>
  (await world.log.bounds(world.topic, AbortSignal.timeout(30_000))).reduce((sum, { end }) => sum + end, 0);

describe('an outcome', () => {
  it('D2 the outcome is the first event of a requested type with the correlation id; other events are skipped', async () => {
    await using world = await openWorld();
    await world.relay();
    const outcome = stage(world)('c-1');
    await expect.poll(() => end(world)).toBe(1);
    await answer(world, 'c-2', 1);
    await answer(world, 'c-1', 2, 'Asked');
    await answer(world, 'c-1', 3);
    await answer(world, 'c-1', 4);
    expect(await outcome).toEqual({ __typename: 'Said', n: 3 });
  });

  it('D2 an event of another key is not the outcome, even with the same correlation id', async () => {
    await using world = await openWorld();
    await world.relay();
    const wait = stage(world);
    const [k, l] = [wait('shared'), wait('shared', { key: 'l' })];
    await expect.poll(() => end(world)).toBe(2);
    await answer(world, 'shared', 1, 'Said', 'l');
    await answer(world, 'shared', 2, 'Said', 'k');
    expect(await Promise.all([k, l])).toEqual([
      { __typename: 'Said', n: 2 },
      { __typename: 'Said', n: 1 },
    ]);
  });

  it('D2 an outcome in a partition where its key does not belong is found, and reveals that', async () => {
    await using world = await openWorld({ partitions: 4 });
    await world.relay();
    const away = partition((partitionOfKey('k', 4) + 1) % 4);
    const wait = stage(world);
    const outcome = wait('c-1');
    const other = wait('c-2');
    await expect.poll(() => end(world)).toBe(2);
    await answer(world, 'c-1', 1, 'Said', 'k', away);
    expect(await outcome).toEqual({ __typename: 'Said', n: 1 });
    await answer(world, 'c-2', 2, 'Said', 'k', away);
    expect(await other).toEqual({ __typename: 'Said', n: 2 });
    const later = wait('c-3');
    await expect.poll(() => end(world)).toBe(5);
    await answer(world, 'c-3', 3, 'Said', 'k', partition((away + 1) % 4));
    expect(await later).toEqual({ __typename: 'Said', n: 3 });
  });

  it('D2 an outcome is found even if it arrives before the log has acknowledged the event', async () => {
    await using world = await openWorld();
    await world.relay();
    const hub = world.hub();
    const outcomes = new Outcomes({
      source: hub,
      history: historyOf(world),
      maxWaiting: 1,
      followUp: () => {
        throw new Error('none');
      },
    });
    const order: string[] = [];
    const caller = {
      identity: ANONYMOUS,
      correlationId: 'c',
      signal: AbortSignal.timeout(60_000),
      onFound: (position: Position) => void order.push(positionName(position)),
    };
    const relayed = async () => (await world.metrics.received.get()).values[0]?.value ?? 0;
    const outcome = await outcomes.wait(WANTED, caller, async () => {
      await answer(world, 'c', 7);
      await answer(world, 'c', 8);
      await expect.poll(relayed, { timeout: 20_000 }).toBe(2);
      order.push('the log has answered');
    });
    expect(outcome).toEqual({ __typename: 'Said', n: 7 });
    // The outcome's position is reported last, so it is the one that counts: a view that is read next must include it.
    expect(order).toEqual(['the log has answered', 'said/0@0']);
  });

  it('D1 a missing outcome is OUTCOME_PENDING with a cursor that returns everything that has happened since', async () => {
    await using world = await openWorld({ partitions: 2 });
    await world.relay();
    await answer(world, 'before', 0);
    const wait = stage(world);
    const follow = { field: 'said', args: {} };
    const pending = await wait('c-1', { within: 1, follow }).catch((error: unknown) => error);
    expect(pending).toMatchObject({
      code: 'OUTCOME_PENDING',
      details: { correlationId: 'c-1', field: 'said', args: {} },
    });
    const { cursor } = (pending as { details: { cursor: string } }).details;
    const scope = { topic: world.topic, field: 'said', args: '{"room":"r"}', subject: undefined };
    const place = new CursorCodec(['secret']).read(cursor, scope);
    // Before the mutation's own event, and after what was there before.
    const before = [...place.positions.values()].map(({ offset }) => offset);
    expect(before.reduce<number>((sum, offset) => sum + offset + 1, 0)).toBe(1);
    expect(place.partitions).toBe(2);
  });

  it('C1 a partition is followed once, however many mutations wait, and released after the last', async () => {
    await using world = await openWorld();
    await world.relay();
    const hub = world.hub();
    const listeners = new Set<PartitionListener>();
    let follows = 0;
    const follow = hub.follow.bind(hub);
    hub.follow = async (at, listener) => {
      follows += 1;
      const one = await follow(at, listener);
      listeners.add(listener);
      const release = (): void => {
        listeners.delete(listener);
        one.release();
      };
      return { ...one, release };
    };
    const wait = stage(world, hub);
    const many = 1_000;
    const outcomes = Array.from({ length: many }, (_, i) => wait(`c-${i}`));
    await expect.poll(() => end(world), { timeout: 20_000 }).toBe(many);
    expect([follows, listeners.size]).toEqual([1, 1]);
    await Promise.all(Array.from({ length: many }, (_, i) => answer(world, `c-${i}`, i)));
    const found = await Promise.all(outcomes);
    expect(found.map((one) => one['n'])).toEqual(Array.from({ length: many }, (_, i) => i));
    await expect.poll(() => listeners.size).toBe(0);
  });

  it('C4 a mutation is refused when too many are waiting, and nothing is published', async () => {
    await using world = await openWorld();
    const outcomes = new Outcomes({
      source: world.hub(),
      history: historyOf(world),
      maxWaiting: 0,
      followUp: () => {
        throw new Error('none');
      },
    });
    let published = false;
    const caller = { identity: ANONYMOUS, correlationId: 'c', signal: AbortSignal.timeout(60_000) };
    const refused = outcomes.wait(WANTED, caller, async () => {
      published = true;
    });
    await expect(refused).rejects.toMatchObject({ code: 'OVERLOADED', details: { retryAfter: 1 } });
    expect(published).toBe(false);
  });

  it('an outcome without a key is found in any partition', async () => {
    await using world = await openWorld({ partitions: 4 });
    await world.relay();
    const wait = stage(world);
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      const before = await end(world);
      const outcome = wait(`c-${key}`, { key: undefined });
      await expect.poll(() => end(world)).toBe(before + 1);
      await answer(world, `c-${key}`, 1, 'Said', key);
      expect(await outcome).toEqual({ __typename: 'Said', n: 1 });
    }
  });
});
