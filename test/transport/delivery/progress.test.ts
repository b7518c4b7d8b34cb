import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { Progress } from '../../../src/transport/delivery/progress.js';

const WAIT = { timeout: 30_000, interval: 20 };

/** Two ends of a connection. */
async function pair(): Promise<{ readonly writer: Socket; readonly reader: Socket }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const writer = connect(address !== null && typeof address === 'object' ? address.port : 0, '127.0.0.1');
  const [reader] = await once(server, 'connection');
  onTestFinished(() => {
    writer.destroy();
    reader.destroy();
    server.close();
  });
  return { writer, reader };
}

it('D8 a part of one large write that is taken is progress, and what is only written is none', async () => {
  const { writer, reader } = await pair();
  const progress = new Progress(writer);
  const size = 30_000_000;
  writer.write(Buffer.alloc(size));
  await expect.poll(() => progress.moved(), WAIT).toBe(false);
  expect(writer.writableLength).toBe(size);
  writer.write(Buffer.alloc(1_000));
  expect(progress.moved()).toBe(false);
  let read = 0;
  reader.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read > 5_000_000) reader.pause();
  });
  reader.resume();
  await expect.poll(() => read > 5_000_000 && progress.moved(), WAIT).toBe(true);
  // The write is not done, and yet it moved.
  expect(writer.writableLength).toBe(size + 1_000);
  await expect.poll(() => progress.moved(), WAIT).toBe(false);
  reader.removeAllListeners('data').on('data', () => undefined);
  reader.resume();
  await expect.poll(() => writer.writableLength, WAIT).toBe(0);
  expect(progress.moved()).toBe(true);
  expect(progress.moved()).toBe(false);
});
