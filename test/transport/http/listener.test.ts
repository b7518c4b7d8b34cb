import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Access } from '../../../src/transport/http/access.js';
import { openListener } from '../../../src/transport/http/listener.js';
import { WAIT } from '../serve.js';

async function opened(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function answerOn(socket: Socket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [chunk] = await once(socket, 'data');
  return String(chunk);
}

/** Connects in a thread of its own, and counts the connections that the system has made. */
const CONNECT = `
  const { workerData } = require('node:worker_threads');
  const made = new Int32Array(workerData.shared);
  for (let i = 0; i < workerData.count; i++)
    require('node:net').connect(workerData.port, '127.0.0.1').on('error', () => undefined).on('connect', () => {
      Atomics.add(made, 0, 1);
      Atomics.notify(made, 0);
    });
`;

describe('the port', () => {
  it.runIf(process.platform === 'linux')(
    'keeps a thousand connections that come at once waiting while the node is busy, and refuses none of them',
    async () => {
      const most = Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
      const count = Math.min(1_000, most);
      const listener = await openListener({
        host: '127.0.0.1',
        port: 0,
        access: new Access({ origins: [], hosts: undefined }),
        report: () => undefined,
        handle: (_, response) => void response.end('ok'),
      });
      onTestFinished(() => listener.close(async () => undefined, 0));
      const shared = new SharedArrayBuffer(4);
      const made = new Int32Array(shared);
      const clients = new Worker(CONNECT, { eval: true, workerData: { shared, count, port: listener.port } });
      onTestFinished(async () => void (await clients.terminate()));
      // This thread accepts nothing meanwhile: what the system has no room for is not made.
      for (let is = 0; is < count; is = Atomics.load(made, 0)) {
        if (Atomics.wait(made, 0, is, 10_000) === 'timed-out') break;
      }
      expect(Atomics.load(made, 0)).toBe(count);
    },
    30_000,
  );

  it('S4 closes connections beyond its limit at once, idle ones counted, and takes new ones when others have left', async () => {
    const onDrop = vi.fn();
    const listener = await openListener({
      host: '127.0.0.1',
      port: 0,
      access: new Access({ origins: [], hosts: undefined }),
      report: () => undefined,
      maxConnections: 2,
      onDrop,
      handle: (_, response) => void response.end('ok'),
    });
    onTestFinished(() => listener.close(async () => undefined, 0));
    const [idle, busy] = [await opened(listener.port), await opened(listener.port)];
    expect(await answerOn(busy)).toMatch(/^HTTP\/1\.1 200 /);
    const dropped = await opened(listener.port);
    await once(dropped, 'close');
    expect(onDrop).toHaveBeenCalledTimes(1);
    expect(await answerOn(busy)).toMatch(/^HTTP\/1\.1 200 /);
    idle.destroy();
    await vi.waitFor(async () => {
      const next = await opened(listener.port);
      const answer = await Promise.race([answerOn(next), once(next, 'close').then(() => 'closed')]);
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    }, WAIT);
  });
});
