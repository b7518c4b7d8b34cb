import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { RawClient, type Served, serve, tcp, WAIT } from '../serve.js';

/** What curl --http2 and Java's HttpClient send with their first request. */
const H2C =
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n';

const WEBSOCKET =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

const routes = {
  '/healthz': (_: unknown, response: { end(text: string): unknown }) => void response.end('ok'),
};

function post(body: string, headers = H2C, path = '/graphql'): string {
  const length = Buffer.byteLength(body);
  return `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;
}

/** Collects what the server answers to `request`. */
function answers({ server }: Served, request: string): { socket: Socket; text: () => string } {
  const socket = tcp(server.url, request);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.resume();
  return { socket, text: () => text };
}

const bodies = (text: string): string[] => text.match(/\{"data":.*?\}\}/g) ?? [];

describe('upgrades', () => {
  it.each([
    ['h2c, as curl and Java do', H2C],
    ['h2c, with the connection to be closed', H2C.replace('Upgrade,', 'close, Upgrade,')],
    ['another protocol', 'Connection: upgrade\r\nUpgrade: TLS/1.0\r\n'],
    ['several protocols', 'Connection: keep-alive, Upgrade\r\nUpgrade: h2c, foo/2\r\n'],
    ['WebSocket by a POST', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'],
  ])('serves a POST that asks to upgrade to %s', async (_, headers) => {
    const served = await serve();
    const { text } = answers(served, post('{"query":"mutation { x }","variables":{"a":"é"}}', headers));
    await vi.waitFor(() => expect(bodies(text())).toEqual(['{"data":{"ran":"mutation"}}']), WAIT);
    expect(text()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(served.operations.ran.map(({ request }) => request.variables)).toEqual([{ a: 'é' }]);
  });

  it('serves GET requests that ask for h2c, for GraphQL and for routes', async () => {
    const served = await serve({ routes });
    const query = answers(served, `GET /graphql?query=%7Bx%7D HTTP/1.1\r\nHost: x\r\n${H2C}\r\n`);
    await vi.waitFor(() => expect(bodies(query.text())).toEqual(['{"data":{"ran":"query"}}']), WAIT);
    const health = answers(served, `GET /healthz HTTP/1.1\r\nHost: x\r\n${H2C}\r\n`);
    await vi.waitFor(() => expect(health.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*ok$/s), WAIT);
  });

  it('serves a body that arrives after the headers of an ignored upgrade, whole', async () => {
    const served = await serve();
    const filling = 'x'.repeat(500_000);
    const request = post(JSON.stringify({ query: '{ x }', variables: { filling } }));
    const end = request.indexOf('\r\n\r\n') + 14;
    const { socket, text } = answers(served, request.slice(0, end));
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(request.slice(end));
    await vi.waitFor(() => expect(bodies(text())).toHaveLength(1), WAIT);
    expect(served.operations.ran[0]?.request.variables).toEqual({ filling });
  });

  it('serves a chunked body, and the requests after it on the same connection', async () => {
    const served = await serve();
    const body = '{"query":"mutation { x }"}';
    const chunked = `POST /graphql HTTP/1.1\r\nHost: x\r\n${H2C}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const { socket, text } = answers(served, chunked);
    await vi.waitFor(() => expect(bodies(text())).toHaveLength(1), WAIT);
    socket.write(post('{"query":"{ x }"}'));
    await vi.waitFor(() => expect(bodies(text())).toHaveLength(2), WAIT);
    socket.write(post('{"query":"{ x }"}', ''));
    await vi.waitFor(() => expect(bodies(text())).toHaveLength(3), WAIT);
  });

  it('answers pipelined requests in their order when a later one asks to upgrade', async () => {
    const served = await serve();
    let open = (): void => undefined;
    served.operations.gate = new Promise((resolve) => {
      open = resolve;
    });
    const pipelined = post('{"query":"mutation { x }"}', '') + post('{"query":"{ x }"}');
    const { text } = answers(served, pipelined);
    await vi.waitFor(() => expect(served.operations.ran).not.toHaveLength(0), WAIT);
    open();
    const both = ['{"data":{"ran":"mutation"}}', '{"data":{"ran":"query"}}'];
    await vi.waitFor(() => expect(bodies(text())).toEqual(both), WAIT);
  });

  it('S4 leaves no socket open when it refuses an upgrade, even if the client closes nothing', async () => {
    const served = await serve({ access: { origins: [], hosts: ['gateway.test'] } });
    const { hostname, port } = new URL(served.server.url);
    const refused = ['/nowhere', '/graphql'].map((path) => {
      const host = path === '/graphql' ? 'elsewhere.test' : 'gateway.test';
      const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
      onTestFinished(() => void socket.destroy());
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${WEBSOCKET}\r\n`);
      return socket;
    });
    const answered = await Promise.all(
      refused.map(async (socket) => {
        const [data] = await once(socket, 'data');
        await once(socket, 'end');
        return String(data).split('\r\n', 1)[0];
      }),
    );
    expect(answered).toEqual(['HTTP/1.1 404 Not Found', 'HTTP/1.1 403 Forbidden']);
    // A server that stops waits for every socket that is open.
    await served.server[Symbol.asyncDispose]();
    for (const socket of refused) expect(socket.writable).toBe(true);
  });

  it('still upgrades to WebSocket', async () => {
    const { wsUrl } = await serve();
    const client = await RawClient.acknowledged(wsUrl);
    client.subscribe('1', '{ x }');
    await client.sees({ id: '1', type: 'complete' });
  });
});

describe('time-outs of HTTP', () => {
  const timeouts = { idle: 60_000, headers: 200, request: 400 };

  it('closes a connection that sends no whole request in time, and says 408', async () => {
    const served = await serve({ timeouts });
    for (const request of ['', 'POST /graphql HTTP/1.1\r\n', `${post('{"query":"{ x }"}').slice(0, -3)}`]) {
      const { socket, text } = answers(served, request);
      await once(socket, 'close');
      expect(text()).toMatch(request === '' ? /^(HTTP\/1\.1 408 |$)/ : /^HTTP\/1\.1 408 /);
    }
  });

  it('keeps idle connections for longer than usual balancers do, which is 60 s', async () => {
    const served = await serve();
    const { text } = answers(served, post('{"query":"{ x }"}', ''));
    await vi.waitFor(() => expect(bodies(text())).toHaveLength(1), WAIT);
    const [, seconds] = /Keep-Alive: timeout=(\d+)/i.exec(text()) ?? [];
    expect(Number(seconds)).toBeGreaterThan(60);
  });
});
