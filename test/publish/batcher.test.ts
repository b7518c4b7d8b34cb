import { describe, expect, it, vi } from 'vitest';
import { MillraceError } from '../../src/core/errors.js';
import { offset, partition, topic } from '../../src/core/ids.js';
import type { Position } from '../../src/core/position.js';
import type { NewRecord } from '../../src/core/record.js';
import { Metrics } from '../../src/observe/metrics.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { Batcher } from '../../src/publish/batcher.js';

const record = (text: string): NewRecord => ({
  topic: topic('t'),
  key: text,
  headers: {},
  value: Buffer.from(text),
});

/** A log whose requests the test completes. */
function scriptedLog() {
  const requests: { records: readonly NewRecord[]; succeed(): void; fail(error: unknown): void }[] = [];
  let end = 0;
  const append = (records: readonly NewRecord[], signal: AbortSignal): Promise<readonly Position[]> =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new MillraceError('PUBLISH_UNCERTAIN', 'too late')));
      requests.push({
        records,
        succeed: () =>
          resolve(records.map(() => ({ topic: topic('t'), partition: partition(0), offset: offset(end++) }))),
        fail: reject,
      });
    });
  const atomic: number[] = [];
  const appendAtomically: typeof append = (records, signal) => {
    atomic.push(requests.length);
    return append(records, signal);
  };
  // The batcher uses nothing of a log but these.
  return { requests, atomic, log: { append, transactions: { appendAtomically } } as unknown as EventLog };
}

const OPTIONS = { deadline: 60_000, maxWaiting: 5, maxWaitingBytes: 100_000, maxBatchBytes: 1_000 };
const turn = () => new Promise(setImmediate);

describe('the batcher', () => {
  it('D1 sends the records of one tick together, and those that arrive during a request in the next one', async () => {
    const { requests, log } = scriptedLog();
    const batcher = new Batcher(log, OPTIONS, new Metrics());
    const first = [batcher.append([record('a')]), batcher.append([record('b')])];
    await turn();
    await turn();
    const second = [batcher.append([record('c')]), batcher.append([record('d')])];
    expect(requests.map(({ records }) => records.map(({ key }) => key))).toEqual([['a', 'b']]);
    requests[0]?.succeed();
    expect((await Promise.all(first)).map(([position]) => position?.offset)).toEqual([0, 1]);
    await turn();
    expect(requests[1]?.records.map(({ key }) => key)).toEqual(['c', 'd']);
    requests[1]?.succeed();
    expect((await Promise.all(second)).map(([position]) => position?.offset)).toEqual([2, 3]);
  });

  it('C4 rejects with OVERLOADED at once when the queue has its maximum of records', async () => {
    const { requests, log } = scriptedLog();
    const batcher = new Batcher(log, OPTIONS, new Metrics());
    const waiting = Array.from({ length: 5 }, (_, i) => batcher.append([record(String(i))]));
    await expect(batcher.append([record('6')])).rejects.toMatchObject({
      code: 'OVERLOADED',
      retry: true,
      details: { retryAfter: 1 },
    });
    await turn();
    await turn();
    requests[0]?.succeed();
    await expect(Promise.all(waiting)).resolves.toHaveLength(5);
  });

  it('C4 rejects with OVERLOADED when the queue has its maximum of bytes, except for one record when the queue is empty', async () => {
    const { requests, log } = scriptedLog();
    const batcher = new Batcher(log, { ...OPTIONS, maxWaitingBytes: 2_000 }, new Metrics());
    const large = batcher.append([record('x'.repeat(3_000))]);
    await expect(batcher.append([record('y')])).rejects.toMatchObject({ code: 'OVERLOADED' });
    await expect.poll(() => requests.length).toBe(1);
    const small = batcher.append([record('z'.repeat(800))]);
    await expect(batcher.append([record('z'.repeat(800))])).rejects.toMatchObject({ code: 'OVERLOADED' });
    requests[0]?.succeed();
    await expect.poll(() => requests.length).toBe(2);
    requests[1]?.succeed();
    await expect(Promise.all([large, small])).resolves.toHaveLength(2);
  });

  it('D1 adds no delay when idle: a single record is sent within two ticks', async () => {
    const { requests, log } = scriptedLog();
    const batcher = new Batcher(log, OPTIONS, new Metrics());
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
    try {
      for (let i = 1; i <= 3; i++) {
        const alone = batcher.append([record('a')]);
        await turn();
        await turn();
        expect(requests).toHaveLength(i);
        requests[i - 1]?.succeed();
        await alone;
      }
    } finally {
      vi.useRealTimers();
    }
  });

  it('C4 keeps a request below the maximum size of a batch', async () => {
    const { requests, log } = scriptedLog();
    const batcher = new Batcher(log, OPTIONS, new Metrics());
    const all = ['x', 'y', 'z'].map((key) => batcher.append([record(key.repeat(300))]));
    for (let i = 0; i < 3; i++) {
      await expect.poll(() => requests.length).toBe(i + 1);
      expect(requests[i]?.records).toHaveLength(1);
      requests[i]?.succeed();
    }
    await Promise.all(all);
  });

  it('D1 fails only the record that is too large', async () => {
    const { requests, log } = scriptedLog();
    const batcher = new Batcher(log, OPTIONS, new Metrics());
    const [large, small] = [batcher.append([record('large')]), batcher.append([record('small')])];
    await expect.poll(() => requests.length).toBe(1);
    requests[0]?.fail(new MillraceError('EVENT_TOO_LARGE', 'too large'));
    await expect.poll(() => requests.length).toBe(2);
    requests[1]?.fail(new MillraceError('EVENT_TOO_LARGE', 'too large'));
    await expect(large).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' });
    await expect.poll(() => requests.length).toBe(3);
    requests[2]?.succeed();
    await expect(small).resolves.toBeDefined();
  });

  it('D1 splits a request with a record that is too large in halves, which takes few requests instead of one for each record', async () => {
    const { requests, log } = scriptedLog();
    const batcher = new Batcher(log, { ...OPTIONS, maxWaiting: 100, maxBatchBytes: 100_000 }, new Metrics());
    const all = Array.from({ length: 64 }, (_, i) => batcher.append([record(i === 41 ? 'large' : `${i}`)]));
    const answers = Promise.allSettled(all);
    let answered = 0;
    for (; answered < 100 && !(await Promise.race([answers, turn().then(() => undefined)])); ) {
      const request = requests[answered];
      if (request === undefined) continue;
      answered += 1;
      if (request.records.some(({ key }) => key === 'large'))
        request.fail(new MillraceError('EVENT_TOO_LARGE', 'too large'));
      else request.succeed();
    }
    const refused = (await answers).flatMap(({ status }, i) => (status === 'rejected' ? i : []));
    expect(refused).toEqual([41]);
    expect(requests.length).toBeLessThanOrEqual(1 + 2 * Math.log2(64));
    const written = requests.filter(({ records }) => records.every(({ key }) => key !== 'large'));
    const keys = written.flatMap(({ records }) => records.map(({ key }) => Number(key)));
    expect(keys).toEqual([...keys].sort((a, b) => a - b));
  });

  it('D1 rejects with PUBLISH_UNCERTAIN when the deadline passes after the request was sent', async () => {
    const { log } = scriptedLog();
    const batcher = new Batcher(log, { ...OPTIONS, deadline: 500 }, new Metrics());
    await expect(batcher.append([record('a')])).rejects.toMatchObject({ code: 'PUBLISH_UNCERTAIN' });
  });

  it('D1 keeps the deadlines of mutations when the system clock is set', async () => {
    const { requests, log } = scriptedLog();
    const batcher = new Batcher(log, OPTIONS, new Metrics());
    const began = Date.now();
    const now = vi.spyOn(Date, 'now');
    const ahead = batcher.append([record('a')]);
    now.mockReturnValue(began + 3_600_000);
    await expect.poll(() => requests.length).toBe(1);
    requests[0]?.succeed();
    await expect(ahead).resolves.toBeDefined();
    const late = new Batcher(log, { ...OPTIONS, deadline: 500 }, new Metrics()).append([record('b')]);
    now.mockReturnValue(began - 3_600_000);
    await expect(late).rejects.toMatchObject({ code: 'PUBLISH_UNCERTAIN' });
    now.mockRestore();
  });

  it('D1 sends records that belong together in transactions of their own, in the order of arrival', async () => {
    const { requests, atomic, log } = scriptedLog();
    const batcher = new Batcher(log, { ...OPTIONS, maxWaiting: 10 }, new Metrics());
    const all = [['a'], ['b', 'c'], ['d', 'e'], ['f']].map((keys) => batcher.append(keys.map(record)));
    for (let i = 0; i < 3; i++) {
      await expect.poll(() => requests.length).toBe(i + 1);
      requests[i]?.succeed();
    }
    expect(requests.map(({ records }) => records.map(({ key }) => key))).toEqual([
      ['a'],
      ['b', 'c', 'd', 'e'],
      ['f'],
    ]);
    expect(atomic).toEqual([1]);
    const offsets = (await Promise.all(all)).map((positions) => positions.map(({ offset: at }) => at));
    expect(offsets).toEqual([[0], [1, 2], [3, 4], [5]]);
  });

  it('D1 answers each mutation by its own deadline, also behind a slow request', async () => {
    const { requests, log } = scriptedLog();
    // Its requests ignore their signals.
    const slow = new Proxy(log, {
      get: (target, name) =>
        name === 'append'
          ? (records: readonly NewRecord[]) => target.append(records, new AbortController().signal)
          : Reflect.get(target, name),
    });
    const batcher = new Batcher(slow, { ...OPTIONS, deadline: 500 }, new Metrics());
    const sent = batcher.append([record('a')]);
    await expect.poll(() => requests.length).toBe(1);
    const behind = batcher.append([record('b')]);
    await expect(sent).rejects.toMatchObject({ code: 'PUBLISH_UNCERTAIN' });
    await expect(behind).rejects.toMatchObject({ code: 'PUBLISH_FAILED' });
    expect(requests).toHaveLength(1);
    requests[0]?.succeed();
  });

  it('refuses what was not sent when it is disposed of, and waits for the request in flight', async () => {
    const { requests, log } = scriptedLog();
    const batcher = new Batcher(log, OPTIONS, new Metrics());
    const sent = batcher.append([record('a')]);
    await expect.poll(() => requests.length).toBe(1);
    const unsent = batcher.append([record('b')]);
    const stopped = batcher[Symbol.asyncDispose]();
    await expect(unsent).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    requests[0]?.succeed();
    await expect(sent).resolves.toBeDefined();
    await stopped;
  });
});
