import { createClient } from 'graphql-sse';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { StreamTokens } from '../../../src/transport/sse/stream-tokens.js';
import { shown } from '../fake-operations.js';
import { serveGateway } from '../gateway.js';
import { type Served, serve, subscribed, WAIT } from '../serve.js';

const QUERY = 'subscription { n }';

type Node = Pick<Served, 'server'>;

function connect({ server }: Node, options: object = {}) {
  const client = createClient({
    url: server.url,
    singleConnection: true,
    retry: () => new Promise((resolve) => setTimeout(resolve, 20)),
    ...options,
  });
  onTestFinished(() => client.dispose());
  return client;
}

/** One request of the mode by hand. */
async function ask(
  { server }: Node,
  method: string,
  token?: string,
  more: RequestInit & { search?: string } = {},
) {
  const headers = {
    ...(token !== undefined && { 'x-graphql-event-stream-token': token }),
    ...(method === 'POST' && { 'content-type': 'application/json' }),
    ...(method === 'GET' && { accept: 'text/event-stream' }),
    ...more.headers,
  };
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const init = { ...more, method, headers, signal: stop.signal };
  return fetch(`${server.url}${more.search ?? ''}`, init);
}

const reserved = async (node: Node, headers = {}): Promise<string> =>
  (await ask(node, 'PUT', undefined, { headers })).text();

const start = (operationId: unknown, query = QUERY) => ({
  body: JSON.stringify({ query, extensions: { operationId } }),
});

describe("graphql-sse's client in single connection mode", () => {
  it('runs subscriptions, queries and mutations on one stream, and stops one of them alone', async () => {
    const served = await serve();
    const client = connect(served);
    const [first, second] = [client.iterate({ query: QUERY }), client.iterate({ query: QUERY })];
    const results = [first.next(), second.next()];
    const [one, two] = [await subscribed(served), await subscribed(served, 1)];
    expect(served.server.connections.sse).toBe(1);
    one.next(1);
    two.next(2);
    expect((await Promise.all(results)).map(({ value }) => value)).toEqual([shown(1), shown(2)]);
    const answer = client.iterate({ query: 'mutation { x }' });
    expect((await answer.next()).value).toEqual({ data: { ran: 'mutation' } });
    expect((await answer.next()).done).toBe(true);
    await first.return?.();
    await vi.waitFor(() => expect(one.closed).toBe(true), WAIT);
    const last = second.next();
    two.next(3);
    expect((await last).value).toEqual(shown(3));
    two.sink.complete();
    expect((await second.next()).done).toBe(true);
    expect(served.errors).toEqual([]);
  });

  it('gets the errors of an operation as its result, and other operations continue', async () => {
    const served = await serve({ limits: { operationsPerConnection: 1 } });
    const client = connect(served);
    const running = client.iterate({ query: QUERY });
    const result = running.next();
    const subscription = await subscribed(served);
    const invalid = client.iterate({ query: 'subscription { unknownField }' });
    const tooMany = await client.iterate({ query: QUERY }).next();
    expect(tooMany.value).toMatchObject({ errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] });
    expect((await invalid.next()).value).toMatchObject({
      errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }],
    });
    subscription.next(1);
    expect((await result).value).toEqual(shown(1));
  });

  it('D4 comes back when the node closes, and is served by another one', async () => {
    const nodes = [await serve(), await serve()] as const;
    let [node] = nodes;
    const client = connect(node, { url: () => node.server.url, retryAttempts: 1_000 });
    const results = client.iterate({ query: QUERY });
    const first = results.next();
    (await subscribed(node)).next(1);
    expect((await first).value).toEqual(shown(1));
    const closing = node.server[Symbol.asyncDispose]();
    [, node] = nodes;
    await closing;
    const second = results.next();
    (await subscribed(node)).next(2);
    expect((await second).value).toEqual(shown(2));
  });

  it('S2 comes back with new credentials when the former ones expire', async () => {
    const served = await serve();
    let expiry: number | undefined = Date.now() + 1_000;
    const client = connect(served, {
      headers: () => ({ authorization: `user ann${expiry === undefined ? '' : ` ${expiry}`}` }),
      retryAttempts: 1_000,
    });
    const results = client.iterate({ query: QUERY });
    const first = results.next();
    const before = await subscribed(served);
    expiry = undefined;
    const after = await subscribed(served, 1);
    expect(before.closed).toBe(true);
    after.next(1);
    expect((await first).value).toEqual(shown(1));
  });

  it('resumes after a cursor that its operation has in `extensions`, and passes over positions', async () => {
    const gateway = await serveGateway({}, { positionIntervalMs: 10, keepAlive: 20 });
    await gateway.say('k', [1, 2, 3]);
    const client = connect(gateway);
    const all = client.iterate({ query: 'subscription { said(since: "2020-01-01T00:00:00Z") { n } }' });
    const { value } = await all.next();
    const after = value?.extensions?.['cursor'];
    const rest = client.iterate({ query: 'subscription { said { n } }', extensions: { after } });
    expect((await rest.next()).value).toMatchObject({ data: { said: { n: 2 } } });
    expect((await rest.next()).value).toMatchObject({ data: { said: { n: 3 } } });
  });
});

describe('single connection mode of GraphQL over SSE', () => {
  it('answers 201, 200, 202 and 200, and 409 to a second stream and to an id that is in use', async () => {
    const served = await serve();
    const put = await ask(served, 'PUT');
    expect([put.status, put.headers.get('content-type')]).toEqual([201, 'text/plain; charset=utf-8']);
    const token = await put.text();
    expect((await ask(served, 'GET', token)).status).toBe(200);
    const statuses = [
      await ask(served, 'GET', token),
      await ask(served, 'POST', token, start('1')),
      await ask(served, 'POST', token, start('1')),
      await ask(served, 'DELETE', token, { search: '?operationId=1' }),
      // It ended meanwhile.
      await ask(served, 'DELETE', token, { search: '?operationId=1' }),
      await ask(served, 'POST', token, start('1')),
    ].map(({ status }) => status);
    expect(statuses).toEqual([409, 202, 409, 200, 200, 202]);
  });

  it('takes the token from the query string, which is all that an EventSource can send', async () => {
    const served = await serve();
    const token = await reserved(served);
    const stream = await ask(served, 'GET', undefined, { search: `?token=${token}` });
    expect(stream.status).toBe(200);
    const reading = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await ask(served, 'POST', token, start('1'))).status).toBe(202);
    const subscription = await subscribed(served);
    subscription.sink.position?.('c7', '.tag', 3);
    subscription.next(8);
    let text = '';
    while (!text.includes('event: next')) text += (await reading?.read())?.value;
    expect(text).toBe(
      ': {"position":{"id":"1","cursor":"c7.tag","behind":3}}\n\n' +
        `event: next\ndata: ${JSON.stringify({ id: '1', payload: shown(8) })}\n\n`,
    );
  });

  it('S3 refuses the token of another subject, of another node and of nobody, and starts nothing', async () => {
    const [served, other] = [await serve(), await serve()];
    const ann = { authorization: 'user ann' };
    const token = await reserved(served, ann);
    expect((await ask(served, 'GET', token, { headers: ann })).status).toBe(200);
    const refused = [
      await ask(served, 'POST', token, { ...start('1'), headers: { authorization: 'user bob' } }),
      await ask(served, 'DELETE', token, { search: '?operationId=1' }),
      await ask(served, 'POST', `${token}x`, { ...start('1'), headers: ann }),
      await ask(other, 'POST', token, { ...start('1'), headers: ann }),
      await ask(other, 'GET', 'nonsense'),
    ];
    const texts = await Promise.all(refused.map((response) => response.text()));
    expect(refused.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(texts[0]).toContain('belongs to another subject');
    expect(texts[3]).toContain('sends all requests of a client to one node');
    expect(served.operations.subscriptions).toEqual([]);
  });

  it.each<[string, number, string, object]>([
    ['an operation without an id', 400, 'POST', start(undefined)],
    ['an operation with an id that is not text', 400, 'POST', start(1)],
    ['an operation with an id above 256 characters', 400, 'POST', start('x'.repeat(257))],
    ['an operation without a query', 400, 'POST', start('1', '')],
    ['a body that is not JSON', 400, 'POST', { body: '{' }],
    ['a form', 415, 'POST', { ...start('1'), headers: { 'content-type': 'text/plain' } }],
    ['a stop without an id', 400, 'DELETE', {}],
    ['invalid credentials', 401, 'PUT', { headers: { authorization: 'bad' } }],
  ])('refuses %s with %i', async (_, status, method, more) => {
    const served = await serve();
    const token = await reserved(served);
    await ask(served, 'GET', token);
    const response = await ask(served, method, token, more);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: expect.any(String) } }] });
    expect(served.operations.subscriptions).toEqual([]);
  });

  it('refuses an operation before its stream is open with 404, and DELETE without a token with 400', async () => {
    const served = await serve();
    expect((await ask(served, 'POST', await reserved(served), start('1'))).status).toBe(404);
    expect((await ask(served, 'DELETE')).status).toBe(400);
  });

  it('S4 a reservation without a stream costs the node no connection', async () => {
    const served = await serve({ limits: { connections: 1 } });
    for (let n = 0; n < 20; n++) expect(await reserved(served)).not.toBe('');
    const token = await reserved(served);
    expect((await ask(served, 'GET', token)).status).toBe(200);
    expect((await ask(served, 'PUT')).status).toBe(503);
  });

  it('S4 starts nothing whose result, or error, would wait for a client that does not read', async () => {
    const served = await serve({ limits: { highWaterMark: 1_000 } });
    const token = await reserved(served);
    await ask(served, 'GET', token);
    await ask(served, 'POST', token, start('1'));
    const subscription = await subscribed(served);
    await vi.waitFor(() => {
      for (let n = 0; n < 100; n++) if (!subscription.next(n, 'x'.repeat(100_000))) return;
      throw new Error('not full yet');
    }, WAIT);
    for (const query of ['mutation { x }', 'query {', QUERY]) {
      const refused = await ask(served, 'POST', token, start('2', query));
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    }
    expect(served.operations.ran).toEqual([]);
    expect(served.operations.subscriptions).toHaveLength(1);
  });

  it('is 405 and not offered where TRANSPORTS leaves it out, and alone where it leaves out `sse`', async () => {
    const without = await serve({ transports: ['sse'] });
    const put = await ask(without, 'PUT');
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST']);
    const alone = await serve({ transports: ['sse-single'] });
    const token = await reserved(alone);
    expect((await ask(alone, 'GET', token)).status).toBe(200);
    expect((await ask(alone, 'GET', undefined, { search: `?query=${QUERY}` })).status).toBe(406);
  });
});

describe('the tokens of event streams', () => {
  const identity = (sub?: unknown) => ({ claims: sub === undefined ? {} : { sub }, expiresAt: undefined });

  it('S4 a reservation expires after a minute, unless its stream is open', () => {
    let now = 0;
    const tokens = new StreamTokens(() => now);
    const token = tokens.issue(identity('ann'));
    expect(tokens.faultOf(token, identity('ann'), false)).toBeUndefined();
    now = 60_001;
    expect(tokens.faultOf(token, identity('ann'), false)).toBe('expired');
    expect(tokens.faultOf(token, identity('ann'), true)).toBeUndefined();
  });

  it('S3 are valid for one subject of one node, and cannot be changed', () => {
    const tokens = new StreamTokens();
    const token = tokens.issue(identity());
    expect(tokens.faultOf(token, identity('undefined'), false)).toBe('invalid');
    expect(new StreamTokens().faultOf(token, identity(), false)).toBe('other-node');
    const [node, until, random, proof] = token.split('.');
    for (const changed of [`${node}.zzzzzzzzz.${random}.${proof}`, `${node}.${until}.${random}`, `${node}`])
      expect(tokens.faultOf(changed, identity(), false)).toBe('invalid');
    expect(tokens.issue(identity())).not.toBe(token);
  });
});
