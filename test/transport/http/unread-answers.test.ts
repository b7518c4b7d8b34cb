import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Metrics } from '../../../src/observe/metrics.js';
import type { Folder } from '../../../src/transport/http/files-route.js';
import { StaticFiles } from '../../../src/transport/http/static-files.js';
import { serve, tcp, WAIT } from '../serve.js';

const GET_FILE = 'GET /console/assets/editor.js HTTP/1.1\r\nHost: x\r\n\r\n';
const GET_QUERY = 'GET /graphql?query=%7Bx%7D HTTP/1.1\r\nHost: x\r\n\r\n';
/** More than the buffers of a loopback connection take. */
const LARGE = { data: { filling: 'x'.repeat(30_000_000) } };

const slowClients = async (metrics: Metrics) => (await metrics.slowClients.get()).values[0]?.value;
const slowBytes = async (metrics: Metrics) => (await metrics.slowBytes.get()).values[0]?.value ?? 0;
const cutOff = async (metrics: Metrics, why: string) =>
  (await metrics.slowDisconnects.get()).values.find(({ labels }) => labels.why === why)?.value;

/** The files of pages, one of them as large as an editor. */
async function largeFiles(): Promise<Folder> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-files-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'assets', 'editor.js'), Buffer.alloc(9_000_000, 'x'));
  return { prefix: '/console/', files: await StaticFiles.open(folder), page: undefined };
}

/** Resolves when the server has cut the connection. */
function isCut(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.resume();
  });
}

describe('answers that nobody reads', () => {
  it('S4 hold no memory when they are files of pages, and count as connections', async () => {
    const metrics = new Metrics();
    const served = await serve({ metrics, limits: { connections: 50 }, folders: [await largeFiles()] });
    await (await fetch(new URL('/console/assets/editor.js', served.server.url))).arrayBuffer();
    const before = process.memoryUsage();
    for (let n = 0; n < 50; n++) tcp(served.server.url, GET_FILE);
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
    const folders = [await largeFiles()];
    const served = await serve({ metrics, limits: { connections: 2, slowTimeout: 200 }, folders });
    served.operations.result = LARGE;
    const sockets = [tcp(served.server.url, GET_QUERY), tcp(served.server.url, GET_FILE)];
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
