import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PrivateCluster, privateCluster } from '../../scripts/services/private.mjs';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { topic } from '../../src/core/ids.js';
import { uniqueName } from '../support/services.js';

const RECORDS = 300;
const RECORD_BYTES = 10_000;

const rackOf = (id: number): string => `rack-${id}`;

let cluster: PrivateCluster;
beforeAll(async () => {
  cluster = await privateCluster({
    settings: (id) => ({
      'broker.rack': rackOf(id),
      'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
    }),
  });
}, 150_000);
afterAll(() => cluster?.stop());

/** The sockets that this process opens from now on. */
function openedSockets() {
  const sockets = new Set<Socket>();
  const onSocket = (message: unknown): void => {
    const socket: unknown = typeof message === 'object' && message !== null && Reflect.get(message, 'socket');
    if (socket instanceof Socket) sockets.add(socket);
  };
  subscribe('net.client.socket', onSocket);
  return {
    /** How many bytes came from a port. */
    bytesFrom: (port: number): number =>
      [...sockets].reduce((sum, one) => sum + (one.remotePort === port ? one.bytesRead : 0), 0),
    [Symbol.dispose]: () => unsubscribe('net.client.socket', onSocket),
  };
}

async function leaderOf(name: string): Promise<number> {
  const admin = new Kafka({ brokers: cluster.address.split(','), logLevel: logLevel.NOTHING }).admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    return topics[0]?.partitions[0]?.leader ?? -1;
  } finally {
    await admin.disconnect();
  }
}

it('D3 a group reads from the replica in its own rack, and from the leader when that one is gone', {
  timeout: 180_000,
}, async () => {
  const { signal } = new AbortController();
  const brokers = cluster.address.split(',');
  const name = topic(uniqueName('racks'));
  await using writer = await openKafkaLog({ brokers, clientId: 'writer' }, signal);
  await writer.ensureTopics(
    [{ topic: name, partitions: 1, replicas: 3, config: {} }],
    { create: true },
    signal,
  );
  const leader = await leaderOf(name);
  const follower = leader === 1 ? 2 : 1;
  const portOf = (id: number): number => Number(brokers[id - 1]?.split(':')[1]);

  using sockets = openedSockets();
  await using reader = await openKafkaLog({ brokers, clientId: 'reader', rack: rackOf(follower) }, signal);
  const offsets: number[] = [];
  const member = await reader.join(
    { group: uniqueName('racks'), topics: [name] },
    {
      batch: async (batch) => {
        for (const { offset } of batch.records) offsets.push(offset);
        await batch.commit();
      },
    },
    signal,
  );
  const append = async (): Promise<void> => {
    for (let n = 0; n < RECORDS; n += 30) {
      const records = Array.from({ length: 30 }, () => ({
        topic: name,
        key: 'key',
        headers: {},
        value: Buffer.alloc(RECORD_BYTES, 'x'),
      }));
      await writer.append(records, signal);
    }
  };
  const received = (count: number) =>
    expect.poll(() => offsets.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(count);

  // The leader names the replica with the first answer.
  await writer.append([{ topic: name, key: 'key', headers: {}, value: Buffer.from('first') }], signal);
  await received(1);
  const before = { leader: sockets.bytesFrom(portOf(leader)), follower: sockets.bytesFrom(portOf(follower)) };
  await append();
  await received(1 + RECORDS);
  expect(sockets.bytesFrom(portOf(follower)) - before.follower).toBeGreaterThan(RECORDS * RECORD_BYTES);
  expect(sockets.bytesFrom(portOf(leader)) - before.leader).toBeLessThan(RECORD_BYTES * 10);

  await cluster.kill(follower);
  await append();
  await received(1 + 2 * RECORDS);
  expect(offsets).toEqual(Array.from({ length: 1 + 2 * RECORDS }, (_, n) => n));
  await member[Symbol.asyncDispose]();
});
