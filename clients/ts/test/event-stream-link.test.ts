import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventStreamLinks, type Fetch } from '../src/event-stream-link.js';
import type { Loss } from '../src/link.js';

describe('a stream of events', () => {
  it.each([
    [200, 'opened'],
    [400, 'opened'],
    [401, 'opened'],
    [405, 'opened'],
    [500, 'lost'],
    [502, 'lost'],
    [503, 'lost'],
  ])('is not begun while something else answers for the server: %i means %s', async (status, expected) => {
    const found = await new Promise((resolve) => {
      eventStreamLinks('http://localhost/graphql', () => Promise.resolve(new Response('', { status })))(
        {},
        {
          opened: () => resolve('opened'),
          heard: () => undefined,
          lost: ({ kind }) => resolve(kind === 'retry' && 'lost'),
        },
      );
    });
    expect(found).toBe(expected);
  });

  it('is lost when its request gets no answer at all, as behind a proxy that swallows it', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const losses: Loss[] = [];
    let isAborted = false;
    const swallowed: Fetch = (_url, init) => {
      if (init?.method !== 'POST') return Promise.resolve(new Response('{}'));
      return new Promise((_resolve, reject) => {
        init.signal?.addEventListener('abort', () => {
          isAborted = true;
          reject(new Error('aborted'));
        });
      });
    };
    const opened = vi.fn();
    const link = eventStreamLinks('http://localhost/graphql', swallowed)(
      {},
      {
        opened,
        heard: () => undefined,
        lost: (loss) => losses.push(loss),
      },
    );
    await vi.waitFor(() => expect(opened).toHaveBeenCalled());
    const unused = () => expect.unreachable();
    link.start(
      { query: 'subscription { n }' },
      { next: unused, position: unused, error: unused, complete: unused, lost: unused },
    );
    await vi.advanceTimersByTimeAsync(29_000);
    expect([losses, isAborted]).toEqual([[], false]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(losses).toEqual([{ kind: 'retry', why: 'the server gives no sign of life' }]);
    expect(isAborted).toBe(true);
  });

  it('S2 is lost, with all others, when the server says that the credentials were revoked', async () => {
    const losses: Loss[] = [];
    const error = { message: 'Revoked.', extensions: { code: 'UNAUTHENTICATED', reason: 'REVOKED' } };
    const events = `event: next\ndata: ${JSON.stringify({ errors: [error] })}\n\nevent: complete\ndata:\n\n`;
    const revoking: Fetch = async (_url, init) =>
      init?.method === 'POST' ? new Response(events) : new Response('{}');
    const opened = vi.fn();
    const link = eventStreamLinks('http://localhost/graphql', revoking)(
      {},
      { opened, heard: () => undefined, lost: (loss) => losses.push(loss) },
    );
    await vi.waitFor(() => expect(opened).toHaveBeenCalled());
    const unused = () => expect.unreachable();
    link.start(
      { query: 'subscription { n }' },
      { next: unused, position: unused, error: unused, complete: unused, lost: unused },
    );
    await vi.waitFor(() => expect(losses).toEqual([{ kind: 'refused', why: 'Revoked.' }]));
  });
});
