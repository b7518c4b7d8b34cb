import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
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

describe('the port', () => {
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
