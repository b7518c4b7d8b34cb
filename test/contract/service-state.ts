import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RebuildProgress } from '../../src/rebuild/rebuild.js';
import { ServiceRebuild } from '../../src/services/service-rebuild.js';
import { runService } from '../../src/services/service-runner.js';
import { changelogTopic } from '../../src/services/state-versions.js';
import { type EventLogHarness, POLL, soon, TEST_TIMEOUT } from './event-log-tools.js';
import {
  appendingAfter,
  type Bench,
  counter,
  counts,
  newBench,
  optionsOf,
  put,
  states,
  upTo,
} from './service-state-tools.js';

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** What the state of a service promises, on whatever log. */
export function serviceStateContract(name: string, harness: () => Promise<EventLogHarness>): void {
  describe(`the state of a service on ${name}`, { timeout: TEST_TIMEOUT }, () => {
    let made: EventLogHarness;
    let bench: Bench;
    const fresh = async (): Promise<void> => {
      bench = await newBench(made.log);
    };
    beforeAll(async () => {
      made = await harness();
    }, TEST_TIMEOUT);
    afterAll(() => made?.close(), TEST_TIMEOUT);

    /** Each of `keys` was counted from 1 to `count`, each event once and in order. */
    const exact = (count: number, keys = KEYS): Promise<void> =>
      expect
        .poll(async () => {
          const said = await counts(bench);
          return keys.map((key) => said.get(key) ?? []);
        }, POLL)
        .toEqual(keys.map(() => upTo(count).map((i) => ({ n: i + 1, i }))));

    const current = async (): Promise<Map<string, string | null>> =>
      states(bench.log, changelogTopic(bench.group, bench.input, { id: undefined, bases: {} }));

    it('D1: the next owner restores the state and continues with it', async () => {
      await fresh();
      await put(bench, KEYS, upTo(20));
      {
        await using _first = await runService(optionsOf(bench), soon());
        await exact(20);
      }
      await put(bench, KEYS, upTo(35, 20));
      await using _second = await runService(optionsOf(bench), soon());
      await exact(35);
      expect(await current()).toEqual(new Map(KEYS.map((key) => [key, '{"n":35}'])));
    });

    it('D1: the state is unchanged after a handler or a commit has failed', async () => {
      await fresh();
      const options = optionsOf(bench);
      let failures = 0;
      const service = counter(bench);
      const failing: typeof service = {
        ...service,
        handle(event, context) {
          if (event.data?.['i'] === 7 && failures++ < 3) throw new Error('half way');
          return service.handle(event, context);
        },
      };
      await put(bench, KEYS, upTo(15));
      await using _ = await runService({ ...options, service: failing }, soon());
      await exact(15);
      expect(failures).toBeGreaterThan(3);
    });

    it('D1 D9: the state moves with its partition while events arrive', async () => {
      await fresh();
      await using other = await made.open();
      await put(bench, KEYS, upTo(10));
      await using _first = await runService(optionsOf(bench), soon());
      await exact(10);
      const second = await runService(optionsOf({ ...bench, log: other }), soon());
      await put(bench, KEYS, upTo(30, 10));
      await exact(30);
      const leaving = second[Symbol.asyncDispose]();
      await put(bench, KEYS, upTo(50, 30));
      await leaving;
      await exact(50);
    });

    it('a state that is the initial one again is a tombstone', async () => {
      await fresh();
      await using _ = await runService(optionsOf(bench), soon());
      await put(bench, KEYS, upTo(2));
      await exact(2);
      await put(bench, ['a'], [2], { type: 'Reset' });
      await expect.poll(async () => (await current()).get('a'), POLL).toBeNull();
      expect((await current()).get('b')).toBe('{"n":2}');
      await put(bench, ['a'], [3]);
      await expect.poll(async () => (await counts(bench)).get('a')?.at(-1), POLL).toEqual({ n: 1, i: 3 });
    });

    it('a service without a state folds one from the log, and emits nothing twice', async () => {
      await fresh();
      const service = counter(bench);
      await put(bench, KEYS, upTo(12));
      const stateless = { name: 'counter', topics: [bench.input], handle: () => [] };
      {
        let handled = 0;
        const onHandled = (_at: unknown, { events }: { events: number }): void => {
          handled += events;
        };
        await using _before = await runService(
          { ...optionsOf(bench), service: stateless, onHandled },
          soon(),
        );
        await expect.poll(() => handled, POLL).toBe(12 * KEYS.length);
      }
      await using _after = await runService(optionsOf(bench, service), soon());
      await put(bench, KEYS, upTo(15, 12));
      await expect
        .poll(async () => {
          const said = await counts(bench);
          return KEYS.map((key) => said.get(key));
        }, POLL)
        .toEqual(KEYS.map(() => upTo(15, 12).map((i) => ({ n: i + 1, i }))));
    });

    it('D1: a repeated idempotent event counts once, also after the partition has moved', async () => {
      await fresh();
      await put(bench, KEYS, upTo(3), { idempotent: true });
      {
        await using _first = await runService(optionsOf(bench), soon());
        await exact(3);
      }
      await put(bench, KEYS, [2, 1, 3], { idempotent: true });
      await using _second = await runService(optionsOf(bench), soon());
      await exact(4);
    });

    it('a state topic with another number of partitions is refused with what to do', async () => {
      await fresh();
      const name = changelogTopic(bench.group, bench.input, { id: undefined, bases: {} });
      const odd = { topic: name, partitions: 1, replicas: 1, config: {} };
      await bench.log.ensureTopics([odd], { create: true }, soon());
      const errors: string[] = [];
      const onRetry = (_at: unknown, { error }: { error: unknown }): void => void errors.push(String(error));
      await using _ = await runService({ ...optionsOf(bench), onRetry }, soon());
      await put(bench, KEYS, [0]);
      await expect.poll(() => errors[0], POLL).toContain('millrace replay');
      expect((await counts(bench)).size).toBe(0);
    });

    describe('a rebuild', () => {
      const rebuild = (step = 1): ServiceRebuild => {
        const { log, group } = bench;
        const { decoder } = optionsOf(bench);
        return new ServiceRebuild({ log, group, service: counter(bench, step), decoder, replicas: 1 });
      };

      it('D1: a rebuild switches while the service runs: no event uses the old state afterwards, and none counts twice', async () => {
        await fresh();
        await put(bench, KEYS, upTo(40));
        await using _ = await runService(optionsOf(bench), soon());
        const pouring = new AbortController();
        let poured = 40;
        const pour = (async () => {
          while (!pouring.signal.aborted) {
            await put(bench, KEYS, [poured]);
            poured += 1;
          }
        })();
        const progress: RebuildProgress[] = [];
        // What it folds counts by thousands, so that it shows on whose state an event was counted.
        await rebuild(1_000).run({
          from: { kind: 'start' },
          onProgress: (one) => progress.push(one),
          signal: soon(),
        });
        pouring.abort();
        await pour;
        await put(bench, KEYS, [poured]);
        await expect
          .poll(async () => [...(await counts(bench)).values()].map((list) => list.length), POLL)
          .toEqual(KEYS.map(() => poured + 1));
        for (const list of (await counts(bench)).values()) {
          expect(list.map(({ i }) => i)).toEqual(upTo(poured + 1));
          const switched = list.findIndex(({ n, i }) => n !== i + 1);
          expect(switched).toBeGreaterThan(0);
          const folded = (list[switched] ?? { n: 0, i: 0 }).n - switched - 1;
          expect(folded % 999).toBe(0);
          expect(folded / 999).toBeGreaterThanOrEqual(40);
          for (const { n, i } of list.slice(switched)) expect(n).toBe(folded + i + 1);
        }
        const last = progress.at(-1);
        expect(last?.done).toBe(last?.total);
        expect(last?.events).toBeGreaterThanOrEqual(40 * KEYS.length);
        // The next owner restores it, too.
        const before = (await counts(bench)).get('a')?.at(-1)?.n ?? 0;
        await using other = await made.open();
        await using _next = await runService(optionsOf({ ...bench, log: other }), soon());
        await put(bench, KEYS, [poured + 1]);
        await expect.poll(async () => (await counts(bench)).get('a')?.at(-1)?.n, POLL).toBe(before + 1);
      });

      it('D1: a rebuilt state includes the events that were handled between the fold and the switch, also duplicates', async () => {
        await fresh();
        await put(bench, KEYS, upTo(10), { idempotent: true });
        await using _ = await runService(optionsOf(bench), soon());
        await exact(10);
        const before = async (): Promise<void> => {
          await put(bench, KEYS, upTo(15, 10), { idempotent: true });
          await exact(15);
        };
        const log = appendingAfter(bench.log, before);
        const options = { ...optionsOf(bench), log, replicas: 1 };
        await new ServiceRebuild(options).run({
          from: { kind: 'start' },
          onProgress: () => {},
          signal: soon(),
        });
        await put(bench, KEYS, upTo(17, 15), { idempotent: true });
        await exact(17);
      });

      it('a rebuild that is aborted before the switch leaves the old state in use', async () => {
        await fresh();
        await put(bench, KEYS, upTo(5));
        {
          await using _first = await runService(optionsOf(bench), soon());
          await exact(5);
        }
        const ending = new AbortController();
        const onProgress = (): void => ending.abort(new Error('ended'));
        const request = { from: { kind: 'start' }, onProgress, signal: ending.signal } as const;
        await expect(rebuild(1_000).run(request)).rejects.toThrow('ended');
        await put(bench, KEYS, [5]);
        await using _second = await runService(optionsOf(bench), soon());
        await exact(6);
      });

      it('a rebuilt state of a service that is behind is adopted where it was folded to', async () => {
        await fresh();
        await put(bench, KEYS, upTo(5));
        await rebuild(1_000).run({ from: { kind: 'start' }, onProgress: () => {}, signal: soon() });
        await put(bench, KEYS, upTo(8, 5));
        await using _ = await runService(optionsOf(bench), soon());
        await put(bench, KEYS, [8]);
        await expect
          .poll(async () => (await counts(bench)).get('a')?.map(({ i }) => i), POLL)
          .toEqual(upTo(9));
        // Events before that position were counted on the old state, and later batches on the new one.
        for (const { n, i } of ((await counts(bench)).get('a') ?? []).slice(0, 5)) expect(n).toBe(i + 1);
        await put(bench, KEYS, [9]);
        await expect
          .poll(async () => (await counts(bench)).get('a')?.at(-1), POLL)
          .toEqual({ n: 5_005, i: 9 });
      });

      it('a rebuild from a time folds only later events', async () => {
        await fresh();
        await put(bench, KEYS, upTo(5));
        await using _ = await runService(optionsOf(bench), soon());
        await exact(5);
        const time = Date.now() + 1;
        await expect.poll(() => Date.now(), POLL).toBeGreaterThan(time);
        await put(bench, KEYS, upTo(8, 5));
        await exact(8);
        await rebuild().run({ from: { kind: 'time', time }, onProgress: () => {}, signal: soon() });
        await put(bench, KEYS, [8]);
        await expect.poll(async () => (await counts(bench)).get('a')?.at(-1), POLL).toEqual({ n: 4, i: 8 });
      });
    });
  });
}
