import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { CombinedGraphQLErrors, CombinedProtocolErrors } from '@apollo/client/errors';
import { RetryLink } from '@apollo/client/link/retry';
import { map } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { credentialsExpired } from '../../../src/auth/authenticate.js';
import { ANONYMOUS } from '../../../src/core/identity.js';
import { TcpProxy } from '../../faults/support/proxy.js';
import { serveGateway } from '../gateway.js';
import { serve, subscribed, WAIT } from '../serve.js';

const QUERY = gql`subscription { n filling }`;

/** What Apollo Client shows of a subscription over HttpLink. */
function watch(link: ApolloLink, query = QUERY) {
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const shown: { data?: unknown; error?: unknown }[] = [];
  const state = { completed: false };
  const running = client.subscribe({ query, fetchPolicy: 'no-cache' }).subscribe({
    next: ({ data, error }) => void shown.push({ data, error }),
    complete: () => {
      state.completed = true;
    },
  });
  onTestFinished(() => {
    running.unsubscribe();
    client.stop();
  });
  return { shown, state, running };
}

const httpLink = (uri: string) => new HttpLink({ uri, includeExtensions: true });

/** As docs/clients.md says. */
const resuming = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    map((result) => {
      const cursor = result.extensions?.['cursor'];
      if (typeof cursor === 'string') operation.extensions = { ...operation.extensions, after: cursor };
      return result;
    }),
  ),
);

describe("Apollo Client's HttpLink", () => {
  it('shows each result at once, passes over heartbeats, and completes', async () => {
    const served = await serve({ keepAlive: 20 });
    const { shown, state } = watch(httpLink(served.server.url));
    const subscription = await subscribed(served);
    for (const n of [1, 2]) {
      subscription.next(n);
      // Nothing follows it yet.
      await vi.waitFor(() => expect(shown).toHaveLength(n), WAIT);
      expect(shown.at(-1)).toEqual({ data: { n, filling: '' }, error: undefined });
    }
    subscription.sink.complete();
    await vi.waitFor(() => expect(state.completed).toBe(true), WAIT);
    expect(shown).toHaveLength(2);
  });

  it('gets a final error as a GraphQL error, and an error that may pass as a protocol error', async () => {
    const served = await serve();
    const ends: unknown[] = [];
    for (const [index, retry] of [false, true].entries()) {
      const { shown, state } = watch(httpLink(served.server.url));
      (await subscribed(served, index)).sink.error([
        { message: 'no', extensions: { code: 'SLOW_CONSUMER', retry } },
      ]);
      await vi.waitFor(() => expect(state.completed).toBe(true), WAIT);
      ends.push(shown.at(-1)?.error);
    }
    expect(ends[0]).toBeInstanceOf(CombinedGraphQLErrors);
    expect(ends[1]).toBeInstanceOf(CombinedProtocolErrors);
    for (const end of ends)
      expect(end).toMatchObject({ errors: [{ extensions: { code: 'SLOW_CONSUMER' } }] });
  });

  it('ends its subscription by unsubscribing', async () => {
    const served = await serve();
    const { running } = watch(httpLink(served.server.url));
    const subscription = await subscribed(served);
    running.unsubscribe();
    await vi.waitFor(() => expect(subscription.closed).toBe(true), WAIT);
  });

  it('gets results of queries as JSON, and the code of a final refusal', async () => {
    const served = await serve();
    const link = httpLink(served.server.url);
    const client = new ApolloClient({ link, cache: new InMemoryCache() });
    onTestFinished(() => client.stop());
    const { data } = await client.query({ query: gql`{ ran }`, fetchPolicy: 'no-cache' });
    expect(data).toEqual({ ran: 'query' });
    const refused = watch(new HttpLink({ uri: served.server.url, headers: { authorization: 'bad' } }));
    await vi.waitFor(() => expect(refused.shown).toHaveLength(1), WAIT);
    expect(refused.shown[0]?.error).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('D4 D3 resumes after a cut with RetryLink and a link that keeps the cursor, and misses nothing', async () => {
    const gateway = await serveGateway();
    await using proxy = await TcpProxy.open({ target: gateway.server.url });
    const retry = new RetryLink({ delay: () => 20, attempts: () => true });
    const link = ApolloLink.from([retry, resuming, httpLink(`http://${proxy.address}/graphql`)]);
    const { shown } = watch(link, gql`subscription { said { n } }`);
    await expect.poll(gateway.live, WAIT).toBe(1);
    await gateway.say('k', [0]);
    await vi.waitFor(() => expect(shown).toHaveLength(1), WAIT);
    for (const n of [1, 2, 3]) {
      proxy.refuse();
      await expect.poll(gateway.live, WAIT).toBe(0);
      await gateway.say('k', [n]);
      proxy.pass();
      await vi.waitFor(() => expect(shown).toHaveLength(n + 1), WAIT);
    }
    expect(shown).toMatchObject([0, 1, 2, 3].map((n) => ({ data: { said: { n } } })));
  });

  it('D4 comes back with RetryLink when the server closes, and after an error that may pass', async () => {
    const served = await serve();
    const retry = new RetryLink({ delay: () => 20, attempts: () => true });
    const link = ApolloLink.from([retry, resuming, httpLink(served.server.url)]);
    const { shown, state } = watch(link);
    const first = await subscribed(served);
    first.next(1);
    first.sink.error([{ message: 'later', extensions: { code: 'SLOW_CONSUMER', retry: true } }]);
    const second = await subscribed(served, 1);
    expect(second.caller.after).toBe('c1.tag');
    expect([shown.length, state.completed]).toEqual([1, false]);
  });
});

describe('multipart subscriptions', () => {
  it('S2 D4 a refusal that may pass makes RetryLink come back, as a status with GraphQL errors would not', async () => {
    let attempts = 0;
    const served = await serve({
      authenticate: async () => {
        attempts += 1;
        if (attempts < 3) throw credentialsExpired();
        return ANONYMOUS;
      },
    });
    const retry = new RetryLink({ delay: () => 20, attempts: () => true });
    const { shown } = watch(ApolloLink.from([retry, httpLink(served.server.url)]));
    (await subscribed(served)).next(1);
    await vi.waitFor(() => expect(shown).toEqual([{ data: { n: 1, filling: '' }, error: undefined }]), WAIT);
  });

  /** The text of the answer up to where `isEnough`. */
  async function read(
    url: string,
    accept: string,
    query: string,
    isEnough: (text: string) => boolean,
    extensions = {},
  ) {
    const stop = new AbortController();
    const headers = { accept, 'content-type': 'application/json' };
    const body = JSON.stringify({ query, extensions });
    const response = await fetch(url, { method: 'POST', headers, body, signal: stop.signal });
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (isEnough(text)) break;
    }
    stop.abort();
    return { text, status: response.status, type: response.headers.get('content-type') };
  }

  const MULTIPART = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0';
  const JSON_TYPE = 'application/json; charset=utf-8';

  it.each([
    ['multipart/mixed;subscriptionSpec=1.0', MULTIPART],
    ['multipart/mixed; subscriptionSpec="1.0"; boundary="-"', MULTIPART],
    ['Multipart/Mixed;BOUNDARY=x;SubscriptionSpec=1.0,application/json;q=0.9', MULTIPART],
    ['text/event-stream;q=0.5,multipart/mixed;subscriptionSpec=1.0', MULTIPART],
    ['application/json,multipart/mixed;subscriptionSpec=1.0;q=0.1', MULTIPART],
    ['text/event-stream,multipart/mixed;subscriptionSpec=1.0;q=0.5', 'text/event-stream; charset=utf-8'],
    ['multipart/mixed;subscriptionSpec=1.0;q=0,application/json', JSON_TYPE],
    ['multipart/mixed;deferSpec=20220824,application/json', JSON_TYPE],
    ['multipart/mixed,*/*', JSON_TYPE],
    ['multipart/mixed;subscriptionSpec=2.0', JSON_TYPE],
  ])('a subscription with `accept: %s` is answered in %s', async (accept, type) => {
    const served = await serve();
    const answer = await read(served.server.url, accept, 'subscription { n }', () => true);
    expect(answer.type).toBe(type);
    expect(answer.status).toBe(type === JSON_TYPE ? 406 : 200);
  });

  it.each([
    ['multipart/mixed;subscriptionSpec=1.0,application/json;q=0.1', JSON_TYPE],
    ['multipart/mixed;subscriptionSpec=1.0,text/event-stream;q=0.1', 'text/event-stream; charset=utf-8'],
    ['multipart/mixed;subscriptionSpec=1.0', MULTIPART],
  ])('a query with `accept: %s` is answered in %s', async (accept, type) => {
    const served = await serve();
    const answer = await read(served.server.url, accept, '{ x }', () => false);
    expect([answer.type, answer.status]).toEqual([type, 200]);
  });

  it('is refused where TRANSPORTS leaves it out, with what is left', async () => {
    const served = await serve({ transports: ['graphql-ws', 'sse'] });
    const accept = 'multipart/mixed;subscriptionSpec=1.0,application/json';
    const answer = await read(served.server.url, accept, 'subscription { n }', () => false);
    expect(answer.status).toBe(406);
    expect(answer.text).toContain(
      'A subscription needs one of: a WebSocket with the subprotocol graphql-ws, `Accept: text/event-stream`.',
    );
  });

  it('D4 shows positions as results without data to a client that asks for them, and to no other', async () => {
    const gateway = await serveGateway({}, { positionIntervalMs: 10, keepAlive: 20 });
    const query = 'subscription { above(least: 1000) { n } }';
    const accept = 'multipart/mixed;subscriptionSpec=1.0';
    const asks = (extensions: object) =>
      read(gateway.server.url, accept, query, (text) => /cursor|(\{\}.*){3}/s.test(text), extensions);
    const { text } = await asks({ positions: true });
    expect(text).toMatch(
      /\{"payload":\{"data":null,"extensions":\{"position":true,"behind":0,"cursor":"[\w.-]+"\}\}\}\r\n--graphql/,
    );
    expect((await asks({})).text).not.toContain('cursor');
  });
});
