import type { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { Metrics } from '../../../src/observe/metrics.js';
import { serve, tcp, WAIT } from '../serve.js';

const GET_PAGE = 'GET /graphql HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n';
const GET_QUERY = 'GET /graphql?query=%7Bx%7D HTTP/1.1\r\nHost: x\r\n\r\n';
/** More than the buffers of a loopback connection take. */
const LARGE = { data: { filling: 'x'.repeat(30_000_000) } };

const slowClients = async (metrics: Metrics) => (await metrics.slowClients.get()).values[0]?.value;
const slowBytes = async (metrics: Metrics) => (await metrics.slowBytes.get()).values[0]?.value ?? 0;
const cutOff = async (metrics: Metrics, why: string) =>
  (await metrics.slowDisconnects.get()).values.find(({ labels }) => labels.why === why)?.value;

/** Resolves when the server has cut the connection. */
function isCut(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.resume();
  });
}

describe('answers that nobody reads', () => {
  it('S4 hold no memory when they are the page of GraphiQL, and count as connections', async () => {
    const metrics = new Metrics();
    const served = await serve({ metrics, limits: { connections: 50 } });
    await fetch(served.server.url, { headers: { accept: 'text/html' } });
    const before = process.memoryUsage();
    for (let n = 0; n < 50; n++) tcp(served.server.url, GET_PAGE);
    await vi.waitFor(async () => expect(await slowClients(metrics)).toBe(50), WAIT);
    const { rss, arrayBuffers } = process.memoryUsage();
    // One copy for each would be 450 MB. The kernel holds what is in its buffers.
    expect(arrayBuffers - before.arrayBuffers + Math.max(0, rss - before.rss)).toBeLessThan(200_000_000);
    expect(await slowBytes(metrics)).toBe(0);
    const refused = await fetch(`${served.server.url}?query={x}`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({
      errors: [{ extensions: { code: 'OVERLOADED', retry: true } }],
    });
  });

  it('S4 are cut off after the time-out of slow clients, and free their connections', async () => {
    const metrics = new Metrics();
    const served = await serve({ metrics, limits: { connections: 2, slowTimeout: 200 } });
    served.operations.result = LARGE;
    const sockets = [tcp(served.server.url, GET_QUERY), tcp(served.server.url, GET_PAGE)];
    await vi.waitFor(async () => expect(await cutOff(metrics, 'timeout')).toBe(2), WAIT);
    await Promise.all(sockets.map(isCut));
    served.operations.result = undefined;
    await vi.waitFor(
      async () => expect((await fetch(`${served.server.url}?query={x}`)).status).toBe(200),
      WAIT,
    );
    expect(await slowClients(metrics)).toBe(0);
  });

  it('S4 are bounded in bytes together: the longest unread are cut off, and the newest is not', async () => {
    const metrics = new Metrics();
    const served = await serve({ metrics, limits: { unreadBytes: 60_000_000 } });
    served.operations.result = LARGE;
    const sockets: Socket[] = [];
    for (let n = 0; n < 5; n++) {
      sockets.push(tcp(served.server.url, GET_QUERY));
      await vi.waitFor(() => expect(served.operations.ran).toHaveLength(n + 1), WAIT);
    }
    const [first, second, ...others] = sockets;
    await vi.waitFor(async () => expect(await cutOff(metrics, 'bytes')).toBeGreaterThanOrEqual(2), WAIT);
    if (first === undefined || second === undefined) throw new Error('unreachable');
    await Promise.all([isCut(first), isCut(second)]);
    expect(await slowBytes(metrics)).toBeLessThanOrEqual(60_000_000);
    let received = 0;
    const last = others.at(-1);
    last?.on('data', (chunk) => {
      received += chunk.length;
    });
    last?.resume();
    await vi.waitFor(() => expect(received).toBeGreaterThan(30_000_000), WAIT);
  });

  it('a client that reads slowly, but reads, gets all of a large answer', async () => {
    const metrics = new Metrics();
    const served = await serve({ metrics, limits: { slowTimeout: 400 } });
    served.operations.result = LARGE;
    const socket = tcp(served.server.url, GET_QUERY);
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
      socket.pause();
      setImmediate(() => socket.resume());
    });
    socket.resume();
    await vi.waitFor(() => expect(received).toBeGreaterThan(30_000_000), WAIT);
    expect(await slowClients(metrics)).toBe(0);
  });
});

describe('the page of GraphiQL', () => {
  const page = async (headers: Record<string, string> = {}) => {
    const { server } = await serve();
    return { server, answer: await fetch(server.url, { headers: { accept: 'text/html', ...headers } }) };
  };

  it('is served with a policy that lets only its own scripts run', async () => {
    const { answer } = await page();
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src( 'sha256-[\w+/]{43}=')+; /);
    expect(policy).toContain(
      "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe|https?:|\*/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
  });

  it('S4 is not compressed for a client whose list of encodings is too long to be read', async () => {
    const long = 'gzip, '.padEnd(1_100, 'x;');
    const { answer } = await page({ 'accept-encoding': long });
    expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, null]);
    await answer.body?.cancel();
  });

  it('is compressed for clients that accept it, and not sent again while it is the same', async () => {
    const { server, answer } = await page({ 'accept-encoding': 'gzip' });
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(Number(answer.headers.get('content-length'))).toBeLessThan(3_000_000);
    expect(await answer.text()).toContain('<html');
    const etag = answer.headers.get('etag') ?? '';
    const again = await fetch(server.url, { headers: { accept: 'text/html', 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const plain = await fetch(server.url, {
      headers: { accept: 'text/html', 'accept-encoding': 'identity' },
    });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(plain.headers.get('etag')).toBe(etag);
  });
});
