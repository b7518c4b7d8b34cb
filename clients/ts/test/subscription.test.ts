import { describe, expect, it, vi } from 'vitest';
import type { Link, Operation, OperationSink } from '../src/link.js';
import type { Gap, Observer } from '../src/steps.js';
import { Subscription } from '../src/subscription.js';

interface Started {
  readonly operation: Operation;
  readonly sink: OperationSink;
}

/** A subscription whose server a test speaks for. It does not wait before it retries. */
function open(observer: Observer<unknown>, cursor?: string) {
  const started: Started[] = [];
  const gaps: Gap[] = [];
  const onEnd = vi.fn();
  const link: Link = {
    start: (operation, sink) => {
      started.push({ operation, sink });
      return () => undefined;
    },
    probe: () => undefined,
    close: () => undefined,
  };
  const subscription = new Subscription<unknown>({
    operation: { query: 'subscription { n }' },
    cursor,
    onGap: (gap) => gaps.push(gap),
    buffer: 10,
    position: undefined,
    random: () => 0,
    onRefused: () => undefined,
    onEnd,
  });
  subscription.observe(observer);
  subscription.connect(link);
  const attempt = (index: number): Promise<Started> =>
    vi.waitFor(() => {
      const found = started[index];
      if (found === undefined) throw new Error(`Attempt ${index} has not started yet.`);
      return found;
    });
  return { subscription, gaps, onEnd, attempt };
}

const resync = (more: object) => [
  { message: 'gone', extensions: { code: 'RESYNC_REQUIRED', retry: false, reason: 'RETENTION', ...more } },
];

describe('a subscription', () => {
  it('D5 keeps its position while the server cannot say where a gap ends, and never restarts from now', async () => {
    const { subscription, gaps, attempt } = open({ next: () => undefined }, 'c1');
    (await attempt(0)).sink.error(resync({}));
    const second = await attempt(1);
    expect([second.operation.extensions, subscription.cursor, gaps]).toEqual([{ after: 'c1' }, 'c1', []]);
    second.sink.error(resync({ earliest: 'c5' }));
    const third = await attempt(2);
    expect([third.operation.extensions, subscription.cursor]).toEqual([{ after: 'c5' }, 'c5']);
    expect(gaps).toEqual([{ reason: 'RETENTION', earliest: 'c5' }]);
  });

  it('D4 hands a result over also if the observer of its states throws', async () => {
    const seen: unknown[] = [];
    const { subscription, attempt } = open({
      next: ({ data }) => seen.push(data),
      state: ({ state }) => {
        if (state === 'live') throw new Error('cannot show it');
      },
    });
    const { sink } = await attempt(0);
    const result = { data: { n: 1 }, extensions: { cursor: 'c1' } };
    expect(() => sink.next(result)).toThrow('cannot show it');
    expect([seen, subscription.cursor]).toEqual([[{ n: 1 }], 'c1']);
  });

  it('ends also if the observer of its states throws', async () => {
    const complete = vi.fn();
    const { onEnd, attempt } = open({
      next: () => undefined,
      state: ({ state }) => {
        if (state === 'ended') throw new Error('cannot show it');
      },
      complete,
    });
    const { sink } = await attempt(0);
    expect(() => sink.complete()).toThrow('cannot show it');
    expect([onEnd.mock.calls.length, complete.mock.calls.length]).toEqual([1, 1]);
  });

  it('shows `null` as the data of a result that has none', async () => {
    const seen: unknown[] = [];
    const { attempt } = open({ next: ({ data, errors }) => seen.push([data, errors]) });
    const errors = [{ message: 'deleted', extensions: { code: 'TOMBSTONE' } }];
    (await attempt(0)).sink.next({ errors });
    expect(seen).toEqual([[null, errors]]);
  });
});
