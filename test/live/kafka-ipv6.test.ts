import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { topic as topicOf } from '../../src/core/ids.js';
import { record, soon, TEST_TIMEOUT } from '../contract/event-log-tools.js';
import { kafkaBrokers, uniqueName } from '../support/services.js';

/** A port on ::1 that leads to the broker, which itself listens on an IPv4 address. */
async function ipv6Port(): Promise<{ readonly port: number } & AsyncDisposable> {
  const [broker = ''] = kafkaBrokers();
  const at = broker.lastIndexOf(':');
  const server = createServer((client) => {
    const upstream = connect({ host: broker.slice(0, at), port: Number(broker.slice(at + 1)) });
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  server.listen(0, '::1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // `listening`: the address is one of a TCP server.
    [Symbol.asyncDispose]: async () => {
      server.close();
    },
  };
}

describe('a bootstrap server at an IPv6 address', { timeout: TEST_TIMEOUT }, () => {
  it('D1 is connected to, and appends reach the log', async () => {
    await using proxy = await ipv6Port();
    const life = new AbortController();
    const brokers = [`[::1]:${proxy.port}`];
    await using log = await openKafkaLog({ brokers, clientId: 'millrace-test' }, life.signal);
    const topic = topicOf(uniqueName('ipv6'));
    await log.ensureTopics([{ topic, partitions: 1, replicas: 1, config: {} }], { create: true }, soon());
    const [position] = await log.append([record(topic, 'k', 'v')], soon());
    expect(position?.offset).toBe(0);
  });
});
