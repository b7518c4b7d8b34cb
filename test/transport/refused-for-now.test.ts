import { EventSource } from 'eventsource';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type Authenticate, credentialsExpired } from '../../src/auth/authenticate.js';
import { MillraceError } from '../../src/core/errors.js';
import { ANONYMOUS } from '../../src/core/identity.js';
import { CLOSE_CODES } from '../../src/transport/websocket/close-codes.js';
import { shown } from './fake-operations.js';
import { RawClient, type Served, serve, subscribed, WAIT } from './serve.js';

const QUERY = 'subscription { n }';

/** Refuses as long as the test says so. */
function refusing(error: () => Error): { readonly authenticate: Authenticate; refuses: boolean } {
  const state = {
    refuses: true,
    authenticate: async () => {
      if (state.refuses) throw error();
      return ANONYMOUS;
    },
  };
  return state;
}

const unavailable = () => new MillraceError('AUTH_UNAVAILABLE', 'later', { details: { retryAfter: 7 } });

function eventSource({ server }: Served) {
  const source = new EventSource(`${server.url}?query=${encodeURIComponent(QUERY)}`);
  onTestFinished(() => source.close());
  const events: unknown[] = [];
  source.addEventListener('next', ({ data }) => events.push(JSON.parse(data)));
  return { source, events };
}

const codes = (events: readonly unknown[]) =>
  events.map((event) => (event as { errors?: { extensions: unknown }[] }).errors?.[0]?.extensions);

describe('a stream that is refused for now', () => {
  it.each<[string, () => Error, object]>([
    [
      'the credentials cannot be verified',
      unavailable,
      { code: 'AUTH_UNAVAILABLE', retry: true, retryAfter: 7 },
    ],
    [
      'the credentials have expired',
      credentialsExpired,
      { code: 'UNAUTHENTICATED', retry: true, reason: 'EXPIRED' },
    ],
  ])('S2 the eventsource client comes back when %s', async (_, error, extensions) => {
    const caller = refusing(error);
    const served = await serve({ authenticate: caller.authenticate });
    const { source, events } = eventSource(served);
    await vi.waitFor(() => expect(codes(events)).toEqual([extensions]), WAIT);
    caller.refuses = false;
    (await subscribed(served)).next(1);
    await vi.waitFor(() => expect(events.at(-1)).toEqual(shown(1)), WAIT);
    expect(source.readyState).toBe(EventSource.OPEN);
  });

  it('S4 the eventsource client comes back when all connections were in use', async () => {
    const served = await serve({ limits: { connections: 1 } });
    const first = await RawClient.open(served.wsUrl);
    const { events } = eventSource(served);
    await vi.waitFor(() => expect(codes(events)).toEqual([{ code: 'OVERLOADED', retry: true }]), WAIT);
    first.socket.close();
    (await subscribed(served)).next(1);
    await vi.waitFor(() => expect(events.at(-1)).toEqual(shown(1)), WAIT);
  });

  it('the eventsource client gives up on credentials that are invalid for good', async () => {
    const caller = refusing(() => new MillraceError('UNAUTHENTICATED', 'no'));
    const { source } = eventSource(await serve({ authenticate: caller.authenticate }));
    await vi.waitFor(() => expect(source.readyState).toBe(EventSource.CLOSED), WAIT);
  });

  it('a fetch client reads the error from the stream of a GET, and status, delay and error of a POST', async () => {
    const { server } = await serve({ authenticate: refusing(unavailable).authenticate });
    const headers = { accept: 'text/event-stream', 'content-type': 'application/json' };
    const get = await fetch(`${server.url}?query=${encodeURIComponent(QUERY)}`, { headers });
    expect(get.status).toBe(200);
    expect(await get.text()).toMatch(
      /^retry: \d{4}\nevent: next\ndata: \{"errors":\[\{.*"AUTH_UNAVAILABLE".*\}\]\}\n\nevent: complete\ndata:\n\n$/,
    );
    const post = await fetch(server.url, { method: 'POST', headers, body: JSON.stringify({ query: QUERY }) });
    expect([post.status, post.headers.get('retry-after')]).toEqual([503, '7']);
    expect(await post.json()).toMatchObject({
      errors: [{ extensions: { code: 'AUTH_UNAVAILABLE', retry: true } }],
    });
  });

  it('the graphql-sse client retries by itself, and learns the error when it may not', async () => {
    const caller = refusing(unavailable);
    const served = await serve({ authenticate: caller.authenticate });
    const impatient = createSseClient({ url: served.server.url, retryAttempts: 0 });
    const thrown: unknown = await impatient
      .iterate({ query: QUERY })
      .next()
      .catch((error: unknown) => error);
    const { response } = thrown as { response: Response };
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'AUTH_UNAVAILABLE' } }] });
    const patient = createSseClient({
      url: served.server.url,
      retry: async () => {
        caller.refuses = false;
      },
    });
    onTestFinished(() => patient.dispose());
    const first = patient.iterate({ query: QUERY }).next();
    (await subscribed(served)).next(1);
    expect((await first).value).toEqual(shown(1));
  });
});

describe('the graphql-ws client', () => {
  /** Which of our close codes the client takes for a reason to connect again. */
  async function reconnectsAfter(code: number, reason: string): Promise<boolean> {
    let connections = 0;
    const server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      handleProtocols: () => 'graphql-transport-ws',
    });
    onTestFinished(() => {
      for (const socket of server.clients) socket.terminate();
      server.close();
    });
    await new Promise((resolve) => server.once('listening', resolve));
    server.on('connection', (socket) => {
      connections += 1;
      const closes = connections === 1;
      socket.on('message', (data) => {
        const { type, id }: { type: string; id?: string } = JSON.parse(String(data));
        if (type === 'subscribe') socket.send(JSON.stringify({ type: 'complete', id }));
        else socket.send('{"type":"connection_ack"}', () => closes && socket.close(code, reason));
      });
    });
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('unreachable');
    const client = createWsClient({
      url: `ws://127.0.0.1:${address.port}`,
      webSocketImpl: WebSocket,
      retryAttempts: 1,
      retryWait: () => Promise.resolve(),
    });
    onTestFinished(() => client.dispose());
    await client
      .iterate({ query: QUERY })
      .next()
      .catch(() => undefined);
    return connections > 1;
  }

  const ASKS_AGAIN = ['FORBIDDEN', 'CREDENTIALS_REVOKED'];

  // TERMINATED answers a message of the other subprotocol.
  it.each(Object.entries(CLOSE_CODES).filter(([name]) => name !== 'TERMINATED'))(
    'reconnects after %s as docs/protocol.md says',
    async (name, { code, reason, retry }) => {
      // The client asks for its connection parameters again, which may be better then.
      expect(await reconnectsAfter(code, reason)).toBe(ASKS_AGAIN.includes(name) || retry);
    },
  );

  it('takes 1011 for final, which is why it is never sent', async () => {
    expect(Object.values(CLOSE_CODES).map(({ code }) => Number(code))).not.toContain(1011);
    expect(await reconnectsAfter(1011, 'Internal error')).toBe(false);
  });

  function client({ wsUrl }: Served, onRetry: () => void) {
    const created = createWsClient({
      url: wsUrl,
      webSocketImpl: WebSocket,
      retryWait: async () => onRetry(),
    });
    onTestFinished(() => created.dispose());
    return created;
  }

  it.each<[string, () => Error]>([
    ['cannot be verified', unavailable],
    ['have expired', credentialsExpired],
    ['fail to be verified unexpectedly', () => new Error('db')],
  ])('S2 comes back when the credentials %s', async (_, error) => {
    const caller = refusing(error);
    const served = await serve({ authenticate: caller.authenticate });
    const results = client(served, () => {
      caller.refuses = false;
    }).iterate({ query: QUERY });
    const first = results.next();
    (await subscribed(served)).next(1);
    expect((await first).value).toEqual(shown(1));
  });

  it('S4 comes back when all connections were in use', async () => {
    const served = await serve({ limits: { connections: 1 } });
    const other = await RawClient.open(served.wsUrl);
    const results = client(served, () => other.socket.terminate()).iterate({ query: QUERY });
    const first = results.next();
    (await subscribed(served)).next(1);
    expect((await first).value).toEqual(shown(1));
  });
});
