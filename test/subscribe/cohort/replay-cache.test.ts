import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { ResolverCall, ResolverMap } from '../../../src/binding/runtime/resolvers.js';
import { CursorCodec, type Positions } from '../../../src/core/cursor.js';
import type { Relayed } from '../../../src/core/event.js';
import { eventId, offset, partition, topic } from '../../../src/core/ids.js';
import { DeadLetters } from '../../../src/dead-letters/dead-letters.js';
import { openLogger } from '../../../src/observe/log.js';
import { Metrics } from '../../../src/observe/metrics.js';
import type { EventLog } from '../../../src/ports/event-log.js';
import { Cohort } from '../../../src/subscribe/cohort/cohort.js';
import { ReplayCache } from '../../../src/subscribe/cohort/replay-cache.js';
import { DocumentNormaliser } from '../../../src/subscribe/plan/document-normaliser.js';
import { planSubscription } from '../../../src/subscribe/plan/plan.js';
import { bound } from '../../binding/schema.js';

const AT = { topic: topic('said'), partition: partition(0) };
const SCHEMA = `
  type Query { ok: Boolean }
  type Subscription { said: Said @subscribe(topic: "said") odd: Said @subscribe(topic: "said", filter: "event.n % 2 == 1") }
  type Said { n: Int!, text: String, slow: Int }`;
const resolvers: ResolverMap = {
  Said: {
    slow: async ({ parent }: ResolverCall) =>
      parent instanceof Object && 'n' in parent ? parent.n : undefined,
  },
};

const eventAt = (n: number, text = ''): Relayed => ({
  offset: offset(n),
  timestamp: n,
  event: {
    id: eventId(`e${n}`),
    source: '/',
    type: 'Said',
    subject: null,
    time: '',
    data: Buffer.from(JSON.stringify({ n, text })),
  },
});

const standing = (n: number, elsewhere: number): Positions =>
  new Map([
    [partition(0), { offset: offset(n), fingerprint: 1 }],
    [partition(1), { offset: offset(elsewhere), fingerprint: 1 }],
  ]);

function open(select = 'n text', field = 'said') {
  const clock = { now: 0 };
  const metrics = new Metrics();
  const bindings = bound(SCHEMA, resolvers);
  const plan = planSubscription(
    bindings,
    {
      document: parse(`subscription { ${field} { ${select} } }`),
      operationName: undefined,
      variables: {},
      identity: { claims: {}, expiresAt: undefined },
    },
    { normaliser: new DocumentNormaliser(bindings.schema), maxCharacters: 10_000 },
  );
  const logger = openLogger('silent');
  const log = { append: () => Promise.reject(new Error('No letters here')) } as unknown as EventLog; // Nothing fails.
  const deadLetters = new DeadLetters({ log, metrics, logger });
  const parts = { schema: bindings.schema, metrics, logger, deadLetters };
  const both = [AT, { ...AT, partition: partition(1) }];
  const cohort = new Cohort(plan, undefined, both, { id: undefined, partitions: 2 }, parts);
  const all = new ReplayCache(new CursorCodec(['secret']), 100_000, () => clock.now);
  return {
    all,
    cohort,
    clock,
    mine: all.of(cohort),
    executions: async () => (await metrics.executions.get()).values[0]?.value ?? 0,
  };
}

describe('the replay cache', () => {
  it('C1 replayed events are executed once, and their whole result is made once for subscribers at the same positions', async () => {
    const { mine, executions } = open();
    const made = mine.of(AT, eventAt(1));
    expect(mine.of(AT, eventAt(1))).toBe(made);
    if (made instanceof Promise) throw new Error('Nothing is slow here');
    const result = mine.result(AT, made, '1:5:1', standing(1, 5));
    expect(mine.result(AT, made, '1:5:1', standing(1, 5))).toBe(result);
    const other = mine.result(AT, made, '1:6:1', standing(1, 6));
    expect(other?.cursor).not.toBe(result?.cursor);
    expect(other?.head.toString()).toBe(
      result?.head.toString().replace(result.cursor, String(other?.cursor)),
    );
    expect(await executions()).toBe(1);
  });

  it('D5 the cache tells an event from another one at the same offset of a recreated topic', () => {
    const { mine } = open();
    const old = mine.of(AT, eventAt(1));
    const recreated = { ...eventAt(1, 'new'), timestamp: 2 };
    expect(mine.of(AT, recreated)).not.toBe(old);
    expect(mine.of(AT, recreated)).toMatchObject({
      head: expect.toSatisfy((bytes) => `${bytes}`.includes('new')),
    });
  });

  it('the cache remembers that an event is filtered out', async () => {
    const { mine, executions } = open('n', 'odd');
    for (let i = 0; i < 2; i++) {
      const made = mine.of(AT, eventAt(2));
      expect(made).toMatchObject({ head: undefined, reached: { offset: 2 } });
      if (!(made instanceof Promise)) expect(mine.result(AT, made, '', standing(2, 0))).toBeUndefined();
    }
    expect(await executions()).toBe(0);
  });

  it('C4 the cache stays within its bytes, evicts the least recently used events, and renders them again', async () => {
    const { all, mine, executions } = open();
    const text = 'x'.repeat(1_000);
    for (let n = 0; n < 640; n++) {
      const made = mine.of(AT, eventAt(n, text));
      if (made instanceof Promise) throw new Error('Nothing is slow here');
      mine.result(AT, made, '', standing(n, 0));
      expect(all.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(await executions()).toBe(640);
    mine.of(AT, eventAt(639, text));
    expect(await executions()).toBe(640);
    mine.of(AT, eventAt(0, text));
    expect(await executions()).toBe(641);
  });

  it('C4 the cache keeps nothing of a cohort without members', () => {
    const { all, cohort, mine } = open();
    for (let n = 0; n < 200; n++) mine.of(AT, eventAt(n));
    expect(all.bytes).toBeGreaterThan(0);
    all.forget(cohort);
    expect([all.bytes, mine.pages]).toEqual([0, []]);
  });

  it('C1 slow resolvers run once for subscribers that replay together, and again for later ones', async () => {
    const { mine, clock, executions } = open('n slow');
    const first = mine.of(AT, eventAt(1));
    expect(first).toBeInstanceOf(Promise);
    expect(mine.of(AT, eventAt(1))).toBe(first);
    const made = await first;
    clock.now = 1_000;
    expect(mine.of(AT, eventAt(1))).toBe(made);
    clock.now = 1_001;
    expect(await mine.of(AT, eventAt(1))).toEqual({ ...made, renderedAt: 1_001 });
    expect(await executions()).toBe(2);
  });
});
