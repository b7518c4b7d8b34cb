import { EventSource } from 'eventsource';
import { createClient } from 'graphql-sse';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Authenticate, credentialsExpired } from '../../../src/auth/authenticate.js';
import { authenticate, type Served, serve, subscribed, WAIT } from '../serve.js';

const QUERY = 'subscription { n }';

/** As `authenticate`, and credentials that have expired are refused as such. */
const strict: Authenticate = async (given) => {
  const identity = await authenticate(given);
  if (identity.expiresAt !== undefined && identity.expiresAt <= Date.now()) throw credentialsExpired();
  return identity;
};

/** Gives one token that expires soon, the same one once more, and then one that holds. */
function tokens(): () => string {
  const short = `user ann ${Date.now() + 400}`;
  let given = 0;
  return () => {
    given += 1;
    return given <= 2 ? short : 'user ann';
  };
}

/** The client has come back with credentials that hold, and gets results again. */
async function comesBack(served: Served, received: readonly unknown[]): Promise<void> {
  const first = await subscribed(served);
  first.next(1);
  await expect.poll(() => first.closed, WAIT).toBe(true);
  const second = await subscribed(served, 1);
  expect(second.caller.identity).toEqual({ claims: { sub: 'ann' }, expiresAt: undefined });
  second.next(2);
  await expect.poll(() => received.length, WAIT).toBe(2);
}

describe('an event stream whose credentials expire', () => {
  it('S2 ends without an error or completion, which clients take for a lost connection', async () => {
    const served = await serve({ authenticate: strict });
    const headers = { accept: 'text/event-stream', authorization: tokens()() };
    const response = await fetch(`${served.server.url}?query=${encodeURIComponent(QUERY)}`, { headers });
    const subscription = await subscribed(served);
    subscription.next(1);
    const text = await response.text();
    expect(text).toMatch(/^id: c1\.tag\nevent: next\ndata: .*\n\n$/);
    expect(subscription.closed).toBe(true);
  });

  it('S2 is opened again by graphql-sse, with new credentials', async () => {
    const served = await serve({ authenticate: strict });
    const token = tokens();
    const client = createClient({
      url: served.server.url,
      headers: () => ({ authorization: token() }),
      retry: () => Promise.resolve(),
    });
    onTestFinished(() => client.dispose());
    const received: unknown[] = [];
    const ended: unknown[] = [];
    client.subscribe(
      { query: QUERY },
      {
        next: (result) => received.push(result),
        error: (error) => ended.push(error),
        complete: () => ended.push('complete'),
      },
    );
    await comesBack(served, received);
    expect(ended).toEqual([]);
  });

  it('S2 is opened again by an EventSource, after its last cursor, with new credentials', async () => {
    const served = await serve({ authenticate: strict });
    const token = tokens();
    const source = new EventSource(`${served.server.url}?query=${encodeURIComponent(QUERY)}`, {
      fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, authorization: token() } }),
    });
    onTestFinished(() => source.close());
    const received: unknown[] = [];
    source.addEventListener('next', ({ data }) => {
      // Told in between that its credentials have expired.
      if (!data.includes('EXPIRED')) received.push(data);
    });
    await comesBack(served, received);
    expect(served.operations.subscriptions[1]?.caller.after).toBe('c1.tag');
  });
});
