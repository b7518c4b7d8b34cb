import { describe, expect, it } from 'vitest';
import type { ResolverCall } from '../../src/binding/runtime/resolvers.js';
import { decodeRecord } from '../../src/core/cloudevent.js';
import { MillraceError } from '../../src/core/errors.js';
import { offset, partition } from '../../src/core/ids.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { StateStore } from '../../src/ports/state-store.js';
import { openWorld, type World } from '../support/world.js';
import { nodeOn } from './stage.js';

const SCHEMA = `
  type Query { ok: Int }
  type Mutation {
    say(n: Int!): Published! @publish(topic: "said", type: "Said", key: "'k'")
    tell(n: Int!, idempotencyKey: String): Published! @publish(topic: "said", type: "Said", key: "'k'", data: "{'n': args.n}")
    own(n: Int!): Own!
    none(n: Int!): Own
  }
  type Own { n: Int!, made: Int! }
  type Said { n: Int! }`;

const RESOLVERS = { Mutation: { own: (): unknown => ({ n: 1, made: 1 }), none: () => undefined } };
const OWN = 'mutation { own(n: 1) { n made } }';
const nodeAt = (world: World, options: Parameters<typeof nodeOn>[2] = {}) =>
  nodeOn(world, SCHEMA, { resolvers: RESOLVERS, ...options });

async function eventsOf({ log, topic }: World) {
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
const withoutRenewals = (state: StateStore): StateStore =>
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
function takingOver(world: World, own: () => unknown, state = withoutRenewals(world.state)) {
  const options = { resolvers: { Mutation: { ...RESOLVERS.Mutation, own } }, lease: 200 };
  return [nodeAt({ ...world, state }, options), nodeAt(world, options)] as const;
}

const SAY = 'mutation ($n: Int!) { say(n: $n) { eventId offset correlationId time } }';
const fail = (): never => {
  throw new Error('There is no event');
};
const codesOf = (result: { errors?: readonly { extensions?: unknown }[] | undefined }) =>
  result.errors?.map(({ extensions }) => (extensions as { code: string }).code);

describe('an idempotency key', () => {
  it('D1 a key gets the same answer again, on another node too, and publishes once', async () => {
    await using world = await openWorld();
    const [one, two] = [nodeAt(world), nodeAt(world)];
    const call = { variables: { n: 1 }, idempotencyKey: 'once' };
    const first = await one.run(SAY, call);
    expect(first.errors).toBeUndefined();
    expect(await one.run(SAY, call)).toEqual(first);
    expect(await two.run(SAY, call)).toEqual(first);
    expect(await eventsOf(world)).toHaveLength(1);
  });

  it('D1 a key may be an argument, which takes precedence over the header', async () => {
    await using world = await openWorld();
    const node = nodeAt(world);
    const tell = 'mutation { tell(n: 1, idempotencyKey: "mine") { eventId } }';
    const first = await node.run(tell, { idempotencyKey: 'a' });
    expect(await node.run(tell, { idempotencyKey: 'b' })).toEqual(first);
    expect(await eventsOf(world)).toHaveLength(1);
  });

  it('D1 a key with other arguments is refused with IDEMPOTENCY_CONFLICT, and nothing is published', async () => {
    await using world = await openWorld();
    const node = nodeAt(world);
    await node.run(SAY, { variables: { n: 1 }, idempotencyKey: 'k' });
    const other = await node.run(SAY, { variables: { n: 2 }, idempotencyKey: 'k' });
    expect(codesOf(other)).toEqual(['IDEMPOTENCY_CONFLICT']);
    expect(await eventsOf(world)).toHaveLength(1);
  });

  it("S1 one subject's key is not another's", async () => {
    await using world = await openWorld();
    const node = nodeAt(world);
    const call = { variables: { n: 1 }, idempotencyKey: 'k' };
    const [a, b] = [await node.run(SAY, { ...call, sub: 'a' }), await node.run(SAY, { ...call, sub: 'b' })];
    expect(a.errors ?? b.errors).toBeUndefined();
    expect(a.data).not.toEqual(b.data);
    expect(new Set((await eventsOf(world)).map(({ id }) => id)).size).toBe(2);
  });

  it('D1 a retry waits for the running first attempt, also on another node', async () => {
    await using world = await openWorld();
    let made = 0;
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const own = async () => {
      made += 1;
      await finished;
      return { n: 1, made };
    };
    const resolvers = { Mutation: { ...RESOLVERS.Mutation, own } };
    const [one, two] = [nodeAt(world, { resolvers }), nodeAt(world, { resolvers })];
    const query = 'mutation { own(n: 1) { n made } }';
    const first = one.run(query, { idempotencyKey: 'k' });
    await expect.poll(() => made).toBe(1);
    const others = [one.run(query, { idempotencyKey: 'k' }), two.run(query, { idempotencyKey: 'k' })];
    const conflict = await two.run('mutation { own(n: 2) { n } }', { idempotencyKey: 'k' });
    expect(codesOf(conflict)).toEqual(['IDEMPOTENCY_CONFLICT']);
    finish();
    const answer = { data: { own: { n: 1, made: 1 } } };
    expect(await Promise.all([first, ...others])).toEqual([answer, answer, answer]);
  });

  it('D1 a key is taken over from a node that died, and the second attempt publishes no second event', async () => {
    await using world = await openWorld();
    const { log, state } = world;
    // It appends and then dies: it neither answers nor renews its lease.
    const dying: EventLog = new Proxy(log, {
      get: (target, name) =>
        name === 'append'
          ? async (...call: Parameters<EventLog['append']>) => {
              await target.append(...call);
              dead = true;
              return await new Promise(() => {});
            }
          : Reflect.get(target, name),
    });
    let dead = false;
    const lost = new Proxy(state, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (name === 'replace' && dead) return async () => await new Promise(() => {});
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const lease = 300;
    const [one, two] = [nodeAt({ ...world, state: lost }, { log: dying, lease }), nodeAt(world, { lease })];
    const call = { variables: { n: 1 }, idempotencyKey: 'k' };
    void one.run(SAY, call);
    await expect.poll(() => dead, { timeout: 20_000 }).toBe(true);
    const second = await two.run(SAY, call);
    expect(second.errors).toBeUndefined();
    const events = await eventsOf(world);
    expect(events).toHaveLength(1);
    const [{ id: eventId, correlationId, time } = fail()] = events;
    expect(second.data?.['say']).toEqual({ eventId, correlationId, time, offset: '0' });
  });

  it('D1 a retry makes the same event id when the event of the first attempt arrives after the search for it', async () => {
    await using world = await openWorld();
    const { log } = world;
    const sent: Parameters<EventLog['append']>[] = [];
    // The first request is on its way when its answer is given up, and arrives after everything else.
    const slow: EventLog = new Proxy(log, {
      get: (target, name) =>
        name === 'append'
          ? async (...call: Parameters<EventLog['append']>) => {
              if (sent.push(call) === 1) throw new MillraceError('PUBLISH_UNCERTAIN', 'no answer');
              return target.append(...call);
            }
          : Reflect.get(target, name),
    });
    const node = nodeAt(world, { log: slow });
    const call = { variables: { n: 1 }, idempotencyKey: 'k' };
    expect(codesOf(await node.run(SAY, call))).toEqual(['PUBLISH_UNCERTAIN']);
    expect((await node.run(SAY, call)).errors).toBeUndefined();
    await log.append(sent[0]?.[0] ?? [], AbortSignal.timeout(30_000));
    const events = await eventsOf(world);
    expect(events).toHaveLength(2);
    expect(events[0]?.id).toBe(events[1]?.id);
    expect(events[0]?.correlationId).toBe(events[1]?.correlationId);
    expect(events.map(({ idempotent }) => idempotent)).toEqual([true, true]);
  });

  it('D1 a retry after an uncertain attempt finds its event, and publishes no second one', async () => {
    await using world = await openWorld();
    const { log } = world;
    let tries = 0;
    const unsure: EventLog = new Proxy(log, {
      get: (target, name) =>
        name === 'append'
          ? async (...call: Parameters<EventLog['append']>) => {
              const positions = await target.append(...call);
              if (++tries === 1) throw new MillraceError('PUBLISH_UNCERTAIN', 'no answer');
              return positions;
            }
          : Reflect.get(target, name),
    });
    const node = nodeAt(world, { log: unsure });
    const call = { variables: { n: 1 }, idempotencyKey: 'k' };
    expect(codesOf(await node.run(SAY, call))).toEqual(['PUBLISH_UNCERTAIN']);
    const conflict = await node.run(SAY, { ...call, variables: { n: 2 } });
    expect(codesOf(conflict)).toEqual(['IDEMPOTENCY_CONFLICT']);
    const second = await node.run(SAY, call);
    expect(second.errors).toBeUndefined();
    expect(await node.run(SAY, call)).toEqual(second);
    const events = await eventsOf(world);
    expect(events.map(({ id }) => id)).toEqual([expect.any(String)]);
    expect(second.data?.['say']).toMatchObject({ eventId: events[0]?.id, offset: '0' });
  });

  it('D1 an attempt that lost its lease does not release a key that another one has answered', async () => {
    await using world = await openWorld();
    let made = 0;
    let fail = (_error: Error): void => {};
    const own = async () => {
      made += 1;
      if (made > 1) return { n: 1, made };
      return new Promise((_resolve, reject) => {
        fail = reject;
      });
    };
    const [one, two] = takingOver(world, own);
    const first = one.run(OWN, { idempotencyKey: 'k' });
    await expect.poll(() => made).toBe(1);
    const second = await two.run(OWN, { idempotencyKey: 'k' });
    expect(second).toEqual({ data: { own: { n: 1, made: 2 } } });
    fail(new MillraceError('PUBLISH_FAILED', 'nothing was published'));
    expect(codesOf(await first)).toEqual(['PUBLISH_FAILED']);
    expect(await two.run(OWN, { idempotencyKey: 'k' })).toEqual(second);
  });

  it('D1 an attempt that was taken over and finishes nevertheless gets the answer that was stored first', async () => {
    await using world = await openWorld();
    let made = 0;
    let finish = (_answer: object): void => {};
    const own = async () => {
      made += 1;
      if (made > 1) return { n: 1, made };
      return new Promise<object>((resolve) => {
        finish = resolve;
      });
    };
    const [one, two] = takingOver(world, own);
    const first = one.run(OWN, { idempotencyKey: 'k' });
    await expect.poll(() => made).toBe(1);
    const second = await two.run(OWN, { idempotencyKey: 'k' });
    finish({ n: 1, made: 1 });
    expect([second, await first, await two.run(OWN, { idempotencyKey: 'k' })]).toEqual(
      Array(3).fill({ data: { own: { n: 1, made: 2 } } }),
    );
  });

  it('D1 an attempt that was taken over does not release the key while the other one is running', async () => {
    await using world = await openWorld();
    const fails: ((error: Error) => void)[] = [];
    const own = () => new Promise((_resolve, reject) => void fails.push(reject));
    const [one, two] = takingOver(world, own);
    const first = one.run(OWN, { idempotencyKey: 'k' });
    await expect.poll(() => fails.length).toBe(1);
    const second = two.run(OWN, { idempotencyKey: 'k' });
    await expect.poll(() => fails.length).toBe(2);
    fails[0]?.(new MillraceError('PUBLISH_FAILED', 'nothing was published'));
    expect(codesOf(await first)).toEqual(['PUBLISH_FAILED']);
    fails[1]?.(new MillraceError('PUBLISH_UNCERTAIN', 'nobody knows'));
    expect(codesOf(await second)).toEqual(['PUBLISH_UNCERTAIN']);
    const other = await two.run('mutation { own(n: 2) { n } }', { idempotencyKey: 'k' });
    expect(codesOf(other)).toEqual(['IDEMPOTENCY_CONFLICT']);
  });

  it('D1 an attempt that was suspended before it began gets the answer that was stored meanwhile', async () => {
    await using world = await openWorld();
    let made = 0;
    const own = () => ({ n: 1, made: ++made });
    let goOn = (): void => {};
    const standing = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let stands = false;
    const slow = new Proxy(withoutRenewals(world.state), {
      get: (target, name) => {
        if (name !== 'putIfAbsent') return Reflect.get(target, name);
        return async (...call: Parameters<StateStore['putIfAbsent']>) => {
          stands ||= !call[0].endsWith(':lease');
          if (!call[0].endsWith(':lease')) await standing;
          return target.putIfAbsent(...call);
        };
      },
    });
    const [one, two] = takingOver(world, own, slow);
    const first = one.run(OWN, { idempotencyKey: 'k' });
    await expect.poll(() => stands).toBe(true);
    const second = await two.run(OWN, { idempotencyKey: 'k' });
    goOn();
    expect([await first, second, made]).toEqual([second, { data: { own: { n: 1, made: 1 } } }, 1]);
  });

  it('D1 a mutation is answered also when its answer is null, or cannot be stored', async () => {
    await using world = await openWorld();
    const own = () => ({ n: 1, made: 1, more: 1n });
    const node = nodeAt(world, { resolvers: { Mutation: { ...RESOLVERS.Mutation, own } } });
    for (const _ of [1, 2]) {
      const nothing = await node.run('mutation { none(n: 1) { n } }', { idempotencyKey: 'k' });
      expect(nothing).toEqual({ data: { none: null } });
      const unkept = await node.run('mutation { own(n: 1) { n } }', { idempotencyKey: 'k' });
      expect(unkept).toEqual({ data: { own: { n: 1 } } });
    }
  });

  it('D1 a key stays bound once something was published, whatever error follows', async () => {
    await using world = await openWorld();
    let fail = true;
    const own = async ({ args, publish }: ResolverCall<{ readonly n: number }>) => {
      await publish({ topic: 'said', type: 'Said', key: 'k', data: { n: args.n } });
      if (fail) throw new MillraceError('BAD_REQUEST', 'not like this');
      return { n: args.n, made: 1 };
    };
    const node = nodeAt(world, { resolvers: { Mutation: { ...RESOLVERS.Mutation, own } } });
    const first = await node.run('mutation { own(n: 1) { n } }', { idempotencyKey: 'k' });
    expect(codesOf(first)).toEqual(['BAD_REQUEST']);
    fail = false;
    const other = await node.run('mutation { own(n: 2) { n } }', { idempotencyKey: 'k' });
    expect(codesOf(other)).toEqual(['IDEMPOTENCY_CONFLICT']);
    const again = await node.run('mutation { own(n: 1) { n } }', { idempotencyKey: 'k' });
    expect(again).toEqual({ data: { own: { n: 1 } } });
    expect(await eventsOf(world)).toHaveLength(1);
  });

  it('D1 a key is released after an error that proves that nothing was published', async () => {
    await using world = await openWorld();
    let fail = true;
    const own = () => {
      if (fail) throw new MillraceError('BAD_REQUEST', 'not like this');
      return { n: 2, made: 1 };
    };
    const node = nodeAt(world, { resolvers: { Mutation: { ...RESOLVERS.Mutation, own } } });
    const first = await node.run('mutation { own(n: 1) { n } }', { idempotencyKey: 'k' });
    expect(codesOf(first)).toEqual(['BAD_REQUEST']);
    fail = false;
    const second = await node.run('mutation { own(n: 2) { n } }', { idempotencyKey: 'k' });
    expect(second).toEqual({ data: { own: { n: 2 } } });
  });
});
