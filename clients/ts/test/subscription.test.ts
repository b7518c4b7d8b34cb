import { describe, expect, it, vi } from 'vitest';
import type { ClientError } from '../src/client-error.js';
import type { Link, Operation, OperationSink } from '../src/link.js';
import type { Gap, Observer, Step } from '../src/steps.js';
import { Subscription } from '../src/subscription.js';

interface Started {
  readonly operation: Operation;
  readonly sink: OperationSink;
}

/** A subscription whose server a test speaks for. It does not wait before it retries. */
function open(observer: Observer<unknown>, cursor?: string) {
  const started: Started[] = [];
  const gaps: Gap[] = [];
  const problems: ClientError[] = [];
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
    onProblem: (error) => problems.push(error),
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
  return { subscription, gaps, problems, onEnd, attempt };
}

const result = (n: number) => ({ data: { n }, extensions: { cursor: `c${n}` } });

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

  it('D4 delivers a result even if the observer of its states throws, and reports that', async () => {
    const seen: unknown[] = [];
    const { subscription, problems, attempt } = open({
      next: ({ data }) => seen.push(data),
      state: ({ state }) => {
        if (state === 'live') throw new Error('cannot show it');
      },
    });
    const { sink } = await attempt(0);
    sink.next(result(1));
    expect([seen, subscription.cursor]).toEqual([[{ n: 1 }], 'c1']);
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ['CALLBACK_FAILED', '`state` failed: Error: cannot show it'],
    ]);
  });

  it('ends even if the observers of its states and of its end throw', async () => {
    const fails = (): never => {
      throw new Error('cannot show it');
    };
    const { subscription, onEnd, problems, attempt } = open({
      next: () => undefined,
      state: ({ state }) => state === 'ended' && fails(),
      complete: fails,
    });
    (await attempt(0)).sink.complete();
    expect([onEnd.mock.calls.length, problems.length]).toEqual([1, 2]);
    expect(subscription.state).toEqual({ state: 'ended', reason: 'completed' });
  });

  it('shows no result after it was stopped by the observer of its states', async () => {
    const seen: unknown[] = [];
    const opened = open({
      next: ({ data }) => seen.push(data),
      state: ({ state }) => state === 'live' && opened.subscription.stop(),
    });
    (await opened.attempt(0)).sink.next(result(1));
    expect([seen, opened.subscription.cursor, opened.onEnd.mock.calls.length]).toEqual([[], undefined, 1]);
  });

  it('D4 never moves its position back when results are acknowledged out of order, or after a gap', async () => {
    const steps: Step<unknown>[] = [];
    const { subscription, attempt } = open({ next: (step) => void steps.push(step) });
    const first = await attempt(0);
    for (const n of [1, 2, 3]) first.sink.next(result(n));
    steps[0]?.ack();
    expect(subscription.cursor).toBe('c3');
    first.sink.error(resync({ earliest: 'c9' }));
    await attempt(1);
    steps[2]?.ack();
    expect(subscription.cursor).toBe('c9');
  });

  it('D4 moves its position at once when a handler acknowledges a result before it returns', async () => {
    let release = (): void => undefined;
    const { subscription, attempt } = open({
      next: (step) => {
        step.ack();
        return new Promise<void>((resolve) => {
          release = resolve;
        });
      },
    });
    (await attempt(0)).sink.next(result(1));
    expect(subscription.cursor).toBe('c1');
    release();
  });

  it('shows `null` as the data of a result that has none', async () => {
    const seen: unknown[] = [];
    const { attempt } = open({ next: ({ data, errors }) => seen.push([data, errors]) });
    const errors = [{ message: 'deleted', extensions: { code: 'TOMBSTONE' } }];
    (await attempt(0)).sink.next({ errors });
    expect(seen).toEqual([[null, errors]]);
  });
});
