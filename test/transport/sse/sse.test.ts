import { createClient } from 'graphql-sse';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { shown } from '../fake-operations.js';
import { fill, type Served, serve, subscribed, tcp, WAIT } from '../serve.js';

const QUERY = 'subscription { n }';
const EVENTS = { accept: 'text/event-stream' };

function stream({ server }: Served, headers: Record<string, string> = {}, query = QUERY): Promise<Response> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const init = { headers: { ...EVENTS, ...headers }, signal: abort.signal };
  return fetch(`${server.url}?query=${encodeURIComponent(query)}`, init);
}

/** The part of a stream that has arrived so far. */
function collected(response: Response): { text: string; ended: boolean } {
  const received = { text: '', ended: false };
  void (async () => {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) received.text += decoder.decode(chunk, { stream: true });
    } catch {
      // The connection was cut: an end as well.
    }
    received.ended = true;
  })();
  return received;
}

describe('GraphQL over SSE, distinct connections', () => {
  it('serves subscriptions and queries of the graphql-sse client', async () => {
    const served = await serve();
    const client = createClient({ url: served.server.url, retryAttempts: 0 });
    onTestFinished(() => client.dispose());
    const results = client.iterate({ query: QUERY, variables: { a: 1 } });
    const first = results.next();
    const subscription = await subscribed(served);
    expect(subscription.request.variables).toEqual({ a: 1 });
    subscription.next(1);
    expect((await first).value).toEqual(shown(1));
    const answer = client.iterate({ query: '{ x }' });
    expect((await answer.next()).value).toEqual({ data: { ran: 'query' } });
    expect((await answer.next()).done).toBe(true);
    subscription.sink.complete();
    expect((await results.next()).done).toBe(true);
  });

  it('D4 sends the cursor as the id of each event, and resumes after Last-Event-ID', async () => {
    const served = await serve();
    const traceparent = '00-11111111111111111111111111111111-1111111111111111-01';
    const response = await stream(served, {
      'last-event-id': 'c7.tag',
      traceparent,
      'x-correlation-id': 'co',
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const seen = collected(response);
    const subscription = await subscribed(served);
    expect(subscription.caller).toMatchObject({ after: 'c7.tag', traceparent, correlationId: 'co' });
    subscription.next(8);
    subscription.next(9);
    subscription.sink.complete();
    await vi.waitFor(() => expect(seen.ended).toBe(true), WAIT);
    const event = (n: number) => `id: c${n}.tag\nevent: next\ndata: ${JSON.stringify(shown(n))}\n\n`;
    expect(seen.text).toBe(`${event(8)}${event(9)}id: over\nevent: complete\ndata:\n\n`);
  });

  it('sends the errors of a subscription or an invalid operation as a result, then complete', async () => {
    const served = await serve();
    const seen = collected(await stream(served));
    (await subscribed(served)).sink.error([{ message: 'no' }]);
    const end = 'event: complete\ndata:\n\n';
    await vi.waitFor(() => {
      expect(seen.text).toBe(`id: over\nevent: next\ndata: {"errors":[{"message":"no"}]}\n\n${end}`);
    }, WAIT);
    const invalid = await (await stream(served, {}, 'subscription { unknownField }')).text();
    expect(invalid).toContain('unknownField');
    expect(invalid.endsWith(end)).toBe(true);
  });

  it('closes the subscription of a client that disconnects', async () => {
    const served = await serve();
    const abort = new AbortController();
    await fetch(`${served.server.url}?query=${QUERY}`, { headers: EVENTS, signal: abort.signal });
    const subscription = await subscribed(served);
    abort.abort();
    await vi.waitFor(() => expect(subscription.closed).toBe(true), WAIT);
    await vi.waitFor(() => expect(served.server.connections.sse).toBe(0), WAIT);
  });

  it('sends heartbeats on a quiet stream', async () => {
    const seen = collected(await stream(await serve({ keepAlive: 20 })));
    await vi.waitFor(() => expect(seen.text).toContain(':\n\n'), WAIT);
  });

  it('ends the stream without complete when the server closes, after the pending results', async () => {
    const served = await serve();
    const seen = collected(await stream(served));
    const subscription = await subscribed(served);
    subscription.next(1);
    await served.server[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(seen.ended).toBe(true), WAIT);
    expect(seen.text).toContain('id: c1.tag');
    expect(seen.text).not.toContain('complete');
    expect(subscription.closed).toBe(true);
  });

  it.each<[string, number, RequestInit & { query?: string }]>([
    ['invalid credentials', 401, { headers: { ...EVENTS, authorization: 'bad' } }],
    ['a mutation by GET', 405, { query: 'mutation { x }' }],
    ['no query', 400, { query: '' }],
    ['a body that is not JSON', 400, { method: 'POST', body: '{' }],
    ['a body above the limit', 413, { method: 'POST', body: JSON.stringify({ query: 'x'.repeat(2_000) }) }],
  ])('refuses %s with status %i', async (_, status, { query = QUERY, ...init }) => {
    const served = await serve({ limits: { bodyBytes: 1_000 } });
    const search = init.method === 'POST' || query === '' ? '' : `?query=${encodeURIComponent(query)}`;
    const headers = { ...EVENTS, 'content-type': 'application/json', ...init.headers };
    const response = await fetch(`${served.server.url}${search}`, { ...init, headers });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: expect.any(String) } }] });
    expect(served.operations.ran).toEqual([]);
    expect(served.errors).toEqual([]);
  });

  it('D8 refuses results for a client that does not read, and calls drained once it has read', async () => {
    const served = await serve({ limits: { highWaterMark: 100_000 } });
    const request = `GET /graphql?query=subscription%7Bn%7D HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n`;
    const socket = tcp(served.server.url, request);
    const subscription = await subscribed(served);
    const sent = await fill(subscription, 'x'.repeat(20_000));
    expect(subscription.drains).toBe(0);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.resume();
    await vi.waitFor(() => expect(subscription.drains).toBe(1), WAIT);
    expect(subscription.next(sent + 1)).toBe(true);
    await vi.waitFor(() => expect(text).toContain(`id: c${sent + 1}.tag`), WAIT);
    expect([...text.matchAll(/id: c(\d+)\.tag/g)].map(([, n]) => Number(n))).toEqual(
      Array.from({ length: sent + 1 }, (_, i) => i + 1),
    );
  });
});
