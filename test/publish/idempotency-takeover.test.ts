import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/core/errors.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { StateStore } from '../../src/ports/state-store.js';
import { openWorld } from '../support/world.js';
import {
  codesOf,
  eventsOf,
  fail,
  nodeAt,
  OWN,
  SAY,
  takingOver,
  withoutRenewals,
} from './idempotency-stage.js';

describe('an attempt that is taken over', () => {
  it('D1 nothing is published when a failover of the store may lose the attempt, and a retry publishes once', async () => {
    await using world = await openWorld();
    const lossy: StateStore = new Proxy(world.state, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (name === 'confirm')
          return async () => {
            throw new MillraceError('FANOUT_UNAVAILABLE', '0 of 1 replicas have acknowledged it');
          };
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const call = { variables: { n: 1 }, idempotencyKey: 'k' };
    expect(codesOf(await nodeAt({ ...world, state: lossy }).run(SAY, call))).toEqual(['FANOUT_UNAVAILABLE']);
    expect(await eventsOf(world)).toEqual([]);
    expect((await nodeAt(world).run(SAY, call)).errors).toBeUndefined();
    expect(await eventsOf(world)).toHaveLength(1);
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
    const leaseMs = 300;
    const [one, two] = [
      nodeAt({ ...world, state: lost }, { log: dying, leaseMs }),
      nodeAt(world, { leaseMs }),
    ];
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
});
