import { describe, expect, it, vi } from 'vitest';
import { serveGateway } from './gateway.js';
import { RawClient } from './serve.js';

interface Next {
  readonly type: string;
  readonly payload: {
    readonly data: Readonly<Record<string, { readonly n: number }>>;
    readonly extensions: { readonly cursor: string; readonly conflated?: number };
  };
}

const WAIT = { timeout: 30_000, interval: 50 };
const MARK = 100_000;
/** More than an operating system buffers. */
const EVENTS = 600;
const TEXT = 'x'.repeat(20_000);

/** A live client that stops reading while events arrive, next to one that reads all of them. */
async function stuck(field: string) {
  const gateway = await serveGateway({ highWaterMark: MARK });
  const [slow, quick] = [
    await RawClient.acknowledged(gateway.wsUrl),
    await RawClient.acknowledged(gateway.wsUrl),
  ];
  slow.subscribe('slow', `subscription { ${field} { n text } }`);
  quick.subscribe('quick', 'subscription { said { n } }');
  await expect.poll(gateway.live, WAIT).toBe(2);
  slow.socket.pause();
  const all = Array.from({ length: EVENTS }, (_, n) => n);
  for (let n = 0; n < EVENTS; n += 25) {
    for (const k of [0, 1, 2]) {
      const numbers = all.slice(n, n + 25).filter((one) => one % 3 === k);
      await gateway.say(`k${k}`, numbers, { text: TEXT });
    }
  }
  await vi.waitFor(() => expect(numbersOf(quick, 'said')).toHaveLength(EVENTS), WAIT);
  return { ...gateway, slow };
}

const resultsOf = ({ messages }: RawClient): readonly Next[] =>
  (messages as Next[]).filter(({ type }) => type === 'next');
const numbersOf = (client: RawClient, field: string) =>
  resultsOf(client).map(({ payload }) => payload.data[field]?.n);

describe('a client that stops reading, end to end', () => {
  it('D8 D4 receives the newest event of each key with CONFLATE, with the number left out, and resumes from its cursors', async () => {
    const { slow, wsUrl, live } = await stuck('newest');
    slow.socket.resume();
    await expect.poll(live, WAIT).toBe(2);
    await vi.waitFor(() => expect(numbersOf(slow, 'newest').slice(-1)).toEqual([EVENTS - 1]), WAIT);
    const results = resultsOf(slow);
    expect(results.length).toBeLessThan(EVENTS);
    const conflated = results.map(({ payload }) => payload.extensions.conflated ?? 0);
    expect(results.length + conflated.reduce((sum, n) => sum + n, 0)).toBe(EVENTS);
    expect(new Set(numbersOf(slow, 'newest').slice(-3))).toEqual(
      new Set([EVENTS - 3, EVENTS - 2, EVENTS - 1]),
    );
    const middle = results.at(-3)?.payload.extensions.cursor;
    const resumed = await RawClient.acknowledged(wsUrl);
    resumed.subscribe('r', `subscription { newest(after: "${middle}") { n } }`);
    const rest = numbersOf(slow, 'newest').slice(-2);
    await vi.waitFor(() => expect(numbersOf(resumed, 'newest')).toEqual(expect.arrayContaining(rest)), WAIT);
  });

  it('D8 D3 is ended with DISCONNECT, and resumes from the cursor of the error with exactly the rest', async () => {
    const { slow } = await stuck('all');
    slow.socket.resume();
    await vi.waitFor(() => expect(slow.messages.at(-1)).toMatchObject({ type: 'error' }), WAIT);
    const [error] = (slow.messages.at(-1) as { payload: [{ extensions: Record<string, unknown> }] }).payload;
    expect(error.extensions).toMatchObject({ code: 'SLOW_CONSUMER', retry: true });
    slow.subscribe('again', `subscription { all(after: "${error.extensions['cursor']}") { n text } }`);
    await vi.waitFor(() => expect(numbersOf(slow, 'all')).toHaveLength(EVENTS), WAIT);
    expect(new Set(numbersOf(slow, 'all')).size).toBe(EVENTS);
  });
});
