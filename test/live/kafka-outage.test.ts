import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { topic } from '../../src/core/ids.js';
import { record, TEST_TIMEOUT } from '../contract/event-log-tools.js';

/** Appends while Kafka cannot be reached. */
describe('without a Kafka', { timeout: TEST_TIMEOUT }, () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
  });

  async function listen(onSocket: (socket: Socket) => void): Promise<number> {
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      onSocket(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('Not listening');
    return address.port;
  }

  async function closedPort(): Promise<number> {
    const port = await listen(() => {});
    await new Promise((resolve) => servers.pop()?.close(resolve));
    return port;
  }

  const failing = async (port: number): Promise<unknown> => {
    const life = new AbortController();
    await using log = await openKafkaLog(
      { brokers: [`127.0.0.1:${port}`], clientId: 'millrace-test' },
      life.signal,
    );
    const deadline = AbortSignal.timeout(1_500);
    const appending = log.append([record(topic('any'), 'a', 'x')], deadline).catch((error: unknown) => error);
    return await appending;
  };

  it('D1: an append to a closed port fails with PUBLISH_FAILED within its deadline', async () => {
    expect(await failing(await closedPort())).toMatchObject({ code: 'PUBLISH_FAILED' });
  });

  it('D1: an append to a port where nobody answers fails with PUBLISH_FAILED within its deadline', async () => {
    expect(await failing(await listen(() => {}))).toMatchObject({ code: 'PUBLISH_FAILED' });
  });
});
