import { describe, expect, it } from 'vitest';
import type { Broker, Cluster } from '../../../../src/adapters/kafka/wire/internal-types.js';
import { connectionTo } from '../scripted-broker.js';

describe('Connection', () => {
  it('D1: finds the new coordinator when the known one has left the cluster', async () => {
    const brokers = new Set([1, 2]);
    const broker = (nodeId: number): Broker => {
      if (brokers.has(nodeId)) return { nodeId } as Broker;
      const message = `Broker ${nodeId} not found in the cached metadata`;
      throw Object.assign(new Error(message), { name: 'KafkaJSBrokerNotFound', retriable: true });
    };
    const cluster = {
      connect: async () => {},
      brokerPool: { getNodeIds: () => [...brokers].map(String) },
      findBroker: async ({ nodeId }: { nodeId: number }) => broker(nodeId),
      findGroupCoordinator: async () => broker(Math.min(...brokers)),
    };
    // Asking a coordinator needs nothing else of a cluster.
    const connection = connectionTo(cluster as unknown as Cluster);
    const ask = () =>
      connection.withCoordinator('group', 0, async ({ nodeId }) => nodeId, AbortSignal.timeout(10_000));
    expect(await ask()).toBe(1);
    brokers.delete(1);
    expect(await ask()).toBe(2);
  });

  it('does not retry what fails once it is closed, however far away the deadline of the caller is', async () => {
    let requests = 0;
    const cluster = {
      connect: async () => {},
      disconnect: async () => {},
      brokerPool: { getNodeIds: () => ['1'] },
      findGroupCoordinator: async () => ({ nodeId: 1 }),
      findBroker: async () => ({ nodeId: 1 }),
    };
    // Asking a coordinator needs nothing else of a cluster.
    const connection = connectionTo(cluster as unknown as Cluster);
    const { signal } = new AbortController();
    const asking = connection.withCoordinator(
      'group',
      0,
      async () => {
        if (++requests === 2) await connection[Symbol.asyncDispose]();
        throw Object.assign(new Error('The socket was closed'), { retriable: true });
      },
      signal,
    );
    await expect(asking).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(requests).toBe(2);
  });
});
