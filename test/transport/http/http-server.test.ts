import { once } from 'node:events';
import { GraphQLError } from 'graphql';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { authenticate, RawClient, serve, tcp, WAIT } from '../serve.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { ...JSON_TYPE, ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('GraphQL over HTTP', () => {
  it('runs queries by POST and GET and mutations by POST, with the caller of the headers', async () => {
    const { server, operations, errors } = await serve();
    const traceparent = '00-11111111111111111111111111111111-1111111111111111-01';
    const headers = { traceparent, 'idempotency-key': 'k', authorization: 'user ann' };
    const mutation = await fetch(server.url, post({ query: 'mutation { x }', variables: { a: 1 } }, headers));
    expect(mutation.status).toBe(200);
    expect(await mutation.json()).toEqual({ data: { ran: 'mutation' } });
    expect(operations.ran[0]?.request.variables).toEqual({ a: 1 });
    expect(operations.ran[0]?.caller).toMatchObject({
      identity: { claims: { sub: 'ann' } },
      traceparent,
      idempotencyKey: 'k',
    });
    const query = await fetch(`${server.url}?query={x}&variables={"b":2}`);
    expect(await query.json()).toEqual({ data: { ran: 'query' } });
    expect(operations.ran[1]?.request.variables).toEqual({ b: 2 });
    expect(errors).toEqual([]);
  });

  it('D1 reads integers beyond 2^53 exactly, in the body and in the query string', async () => {
    const { server, operations } = await serve();
    await fetch(server.url, post('{"query":"mutation { x }","variables":{"r":1234567890123456789}}'));
    await fetch(`${server.url}?query={x}&variables={"r":1234567890123456789}`);
    for (const { request } of operations.ran) expect(request.variables).toEqual({ r: 1234567890123456789n });
    expect(operations.ran).toHaveLength(2);
  });

  it('runs a mutation that fails once', async () => {
    const { server, operations } = await serve();
    operations.result = {
      data: null,
      errors: [new GraphQLError('no', { extensions: { code: 'OVERLOADED' } })],
    };
    const response = await fetch(server.url, post({ query: 'mutation { x }' }));
    expect(await response.json()).toEqual({
      data: null,
      errors: [{ message: 'no', extensions: { code: 'OVERLOADED' } }],
    });
    expect(operations.ran).toHaveLength(1);
  });

  it('authenticates a POST that is refused once', async () => {
    const authenticating = vi.fn(authenticate);
    const { server } = await serve({ authenticate: authenticating });
    const body = { query: '{ unknownField }' };
    for (const [n, headers] of [{}, { authorization: 'bad' }].entries()) {
      await fetch(server.url, post(body, headers));
      expect(authenticating).toHaveBeenCalledTimes(n + 1);
    }
  });

  it('aborts the operation of a client that disconnects', async () => {
    const { server, operations } = await serve();
    operations.gate = new Promise(() => undefined);
    const abort = new AbortController();
    const response = fetch(server.url, { ...post({ query: '{ x }' }), signal: abort.signal });
    await vi.waitFor(() => expect(operations.ran).toHaveLength(1), WAIT);
    abort.abort();
    await expect(response).rejects.toThrow();
    await vi.waitFor(() => expect(operations.ran[0]?.caller.signal.aborted).toBe(true), WAIT);
  });

  it('S4 refuses a body without a length once it exceeds the limit, and the client reads why', async () => {
    const { server, errors } = await serve({ limits: { bodyBytes: 1_000 } });
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode('x'.repeat(500)));
      },
    });
    const init = { method: 'POST', headers: JSON_TYPE, body, duplex: 'half' };
    const response = await fetch(server.url, init);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] });
    expect(errors).toEqual([]);
  });

  it('S4 reads the rest of a refused body, so that a client that sends all of it first can read the 413', async () => {
    const { server } = await serve({ limits: { bodyBytes: 1_000 } });
    const length = 30_000_000;
    const head = `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
    const socket = tcp(server.url, head);
    const failed = vi.fn();
    socket.on('error', failed);
    for (let sent = 0; sent < length; sent += 1_000_000) {
      await new Promise<void>((resolve, reject) => {
        socket.write(Buffer.alloc(1_000_000, 'x'), (error) => (error ? reject(error) : resolve()));
      });
    }
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.resume();
    await once(socket, 'end');
    expect(answer).toContain('HTTP/1.1 413');
    expect(answer).toContain('LIMIT_EXCEEDED');
    expect(failed).not.toHaveBeenCalled();
  });

  it('S4 closes the connection of a refused body that never ends', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { server } = await serve({ limits: { bodyBytes: 1_000 } });
    const socket = tcp(
      server.url,
      'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 30000\r\n\r\n',
    );
    socket.resume();
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain('HTTP/1.1 413');
    const ended = once(socket, 'end');
    vi.advanceTimersByTime(5_000);
    await ended;
  });
});

describe('routes', () => {
  it('answers on exact paths by GET and HEAD, and refuses everything else', async () => {
    const { server, errors } = await serve({
      routes: {
        '/healthz': (_, response) => void response.end('ok'),
        '/broken': () => {
          throw new Error('broken');
        },
      },
    });
    const at = (path: string, init?: RequestInit) => fetch(new URL(path, server.url), init);
    expect(await (await at('/healthz?x=1')).text()).toBe('ok');
    expect((await at('/healthz', { method: 'HEAD' })).status).toBe(200);
    expect(await (await at('/healthz/')).text()).toBe('ok');
    expect((await at('/healthz/more')).status).toBe(404);
    const posted = await at('/healthz', { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await at('/nothing')).status).toBe(404);
    expect((await fetch(`${new URL(server.url).origin}//?`)).status).toBe(404);
    expect(errors).toEqual([]);
    expect((await at('/broken')).status).toBe(500);
    expect(errors).toHaveLength(1);
    await expect(RawClient.open(server.url.replace('http', 'ws').replace('/graphql', '/no'))).rejects.toThrow(
      '404',
    );
  });

  it('rejects when the port is in use', async () => {
    const { server } = await serve();
    await expect(serve({ port: server.port })).rejects.toThrow('EADDRINUSE');
  });
});
