import { describe, expect, it } from 'vitest';
import { deferred } from '../../src/core/async.js';
import { offset, partition, topic, topicId } from '../../src/core/ids.js';
import { partitionOfKey } from '../../src/core/partitioner.js';
import type { LogBatch } from '../../src/core/record.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import { PlacementCheck } from '../../src/placement/placement-check.js';
import { TopicLayouts } from '../../src/placement/topic-layouts.js';

const SAID = topic('said');
const KEY = 'k';
const HOME = partitionOfKey(KEY, 2, 'MURMUR2');
const ELSEWHERE = partition(1 - HOME);
const BOUNDS = [0, 1].map(() => ({ earliest: offset(0), end: offset(10) }));
const signal = AbortSignal.timeout(30_000);

function misplacedAt(position: number): LogBatch {
  const at = offset(position);
  const record = { offset: at, timestamp: 0, key: KEY, headers: {}, value: null };
  return { topic: SAID, partition: ELSEWHERE, records: [record], last: at, end: offset(position + 1) };
}

describe('the check where records lie', () => {
  it('D2 keeps what it has found in one partition while it begins with another', async () => {
    let bytes: Buffer | undefined;
    let isSlow = false;
    const [saved, go] = [deferred(), deferred()];
    const store = {
      get: async () => bytes,
      putIfAbsent: async (_: string, value: Buffer) => {
        bytes = value;
        return undefined;
      },
      replace: async (_: string, expected: Buffer, value: Buffer) => {
        if (bytes?.equals(expected) !== true) return false;
        bytes = value;
        if (!isSlow) return true;
        isSlow = false;
        saved.resolve();
        await go.promise;
        return true;
      },
    };
    let asked = 0;
    const check = new PlacementCheck({
      log: {
        bounds: async () => {
          asked += 1;
          return BOUNDS;
        },
      },
      layouts: new TopicLayouts(store, new Map(), { partitionOfKey }),
      metrics: new Metrics(),
      logger: openLogger('silent'),
      announce: async () => undefined,
    });
    const of = (number: typeof HOME) => ({ topic: SAID, partition: number, topicId: topicId('one') });
    await check.begin(of(ELSEWHERE), BOUNDS, offset(-1));
    isSlow = true;
    const beginning = check.begin(of(HOME), BOUNDS, offset(-1));
    await saved.promise;
    await check.check(misplacedAt(3), signal);
    go.resolve();
    await beginning;
    expect(check.check(misplacedAt(4), signal)).toBeUndefined();
    expect(asked).toBe(1);
  });
});
