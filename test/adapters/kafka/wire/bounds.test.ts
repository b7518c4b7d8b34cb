import { describe, expect, it } from 'vitest';
import { allBounds } from '../../../../src/adapters/kafka/wire/bounds.js';
import type { Broker, Cluster } from '../../../../src/adapters/kafka/wire/internal-types.js';
import { topic } from '../../../../src/core/ids.js';
import { connectionTo } from '../scripted-broker.js';

const TOPIC = topic('orders');
const signal = AbortSignal.timeout(10_000);

/** What a broker is asked: `2:-1:0,2` is broker 2, for the ends of partitions 0 and 2. */
type Asked = string;

/** A cluster whose partition `n` begins at `n` and ends at `10 + n`, and whose brokers refuse what they do not lead. */
function clusterOf(leaders: number[]) {
  const asked: Asked[] = [];
  const broker = (nodeId: number): Broker =>
    ({
      nodeId,
      listOffsets: async ({ topics }: Parameters<Broker['listOffsets']>[0]) => {
        const partitions = topics[0]?.partitions ?? [];
        const [timestamp] = partitions.map((one) => one.timestamp);
        asked.push(`${nodeId}:${timestamp}:${partitions.map((one) => one.partition)}`);
        if (partitions.some(({ partition }) => leaders[partition] !== nodeId))
          throw Object.assign(new Error('not the leader'), {
            type: 'NOT_LEADER_FOR_PARTITION',
            retriable: true,
          });
        return {
          responses: [
            {
              topic: TOPIC,
              // Brokers may answer in any order.
              partitions: partitions.toReversed().map(({ partition }) => ({
                partition,
                offset: String(timestamp === -2 ? partition : 10 + partition),
              })),
            },
          ],
        };
      },
      // Bounds need nothing else of a broker.
    }) as unknown as Broker;
  const cluster = {
    connect: async () => {},
    findBroker: async ({ nodeId }: { nodeId: number }) => broker(nodeId),
    brokerPool: {
      getNodeIds: () => ['1', '2'],
      refreshMetadata: async () => {},
      get metadata() {
        const partitionMetadata = leaders.map((leader, partitionId) => ({ partitionId, leader }));
        return { topicMetadata: [{ topic: TOPIC, partitionMetadata }] };
      },
    },
  };
  // Nor of a cluster.
  return { asked, connection: connectionTo(cluster as unknown as Cluster) };
}

const EXPECTED = [0, 1, 2, 3].map((n) => ({ earliest: n, end: 10 + n }));

describe('the bounds of a topic', () => {
  it('asks each broker twice, however many partitions it leads, and for the beginnings first', async () => {
    const { asked, connection } = clusterOf([1, 2, 1, 2]);
    expect(await allBounds(connection, TOPIC, signal)).toEqual(EXPECTED);
    expect(asked.sort()).toEqual(['1:-1:0,2', '1:-2:0,2', '2:-1:1,3', '2:-2:1,3']);
  });

  it('asks the new leaders once a partition has moved away from the broker of its neighbours', async () => {
    const leaders = [1, 2, 1, 2];
    const { asked, connection } = clusterOf(leaders);
    await allBounds(connection, TOPIC, signal);
    leaders[2] = 2;
    asked.length = 0;
    expect(await allBounds(connection, TOPIC, signal)).toEqual(EXPECTED);
    expect(asked).toContain('2:-1:1,2,3');
  });
});
