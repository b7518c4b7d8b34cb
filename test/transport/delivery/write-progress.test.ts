import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { WriteProgress } from '../../../src/transport/delivery/write-progress.js';

const WAIT = { timeout: 30_000, interval: 20 };

/** The two ends of a TCP connection. */
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

it('D8 counts a partly accepted write as progress, and a write that is not accepted as none', async () => {
  const { writer, reader } = await pair();
  const progress = new WriteProgress(writer);
  const size = 30_000_000;
  writer.write(Buffer.alloc(size));
  await expect.poll(() => progress.advanced(), WAIT).toBe(false);
  expect(writer.writableLength).toBe(size);
  writer.write(Buffer.alloc(1_000));
  expect(progress.advanced()).toBe(false);
  let read = 0;
  reader.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (read > 5_000_000) reader.pause();
  });
  reader.resume();
  await expect.poll(() => read > 5_000_000 && progress.advanced(), WAIT).toBe(true);
  // The write is not done, and yet it advanced.
  expect(writer.writableLength).toBe(size + 1_000);
  await expect.poll(() => progress.advanced(), WAIT).toBe(false);
  reader.removeAllListeners('data').on('data', () => undefined);
  reader.resume();
  await expect.poll(() => writer.writableLength, WAIT).toBe(0);
  expect(progress.advanced()).toBe(true);
  expect(progress.advanced()).toBe(false);
});
