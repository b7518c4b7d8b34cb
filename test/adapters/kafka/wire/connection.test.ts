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
});
