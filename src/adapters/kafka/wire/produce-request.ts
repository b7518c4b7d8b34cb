import type { Topic } from '../../../core/ids.js';
import { writeBatch } from './batch-writer.js';
import type { ProtocolRequest } from './internal-types.js';
import { createEncoder, produceRequest } from './internals.js';
import type { PartitionBatch } from './partition-batch.js';
import type { ProducerId } from './producer-id.js';

/** All in-sync replicas acknowledge. */
const ACKS = -1;

/**
 * A Produce request that writes `batches` under the producer's next sequence numbers.
 * @param timeoutMs how long the broker waits for its replicas
 * @see https://kafka.apache.org/protocol#The_Messages_Produce version 7
 */
export function encodeProduce(
  producer: ProducerId,
  batches: readonly PartitionBatch[],
  timeoutMs: number,
): ProtocolRequest {
  const { id: producerId, epoch: producerEpoch, transactionalId } = producer;
  // kafkajs frames the request and decodes the answer; only the body is written here.
  const { request, response } = produceRequest({ acks: ACKS, timeout: timeoutMs, topicData: [] });
  const timestamp = Date.now();
  const byTopic = new Map<Topic, PartitionBatch[]>();
  for (const batch of batches) {
    const others = byTopic.get(batch.topic);
    if (others === undefined) byTopic.set(batch.topic, [batch]);
    else others.push(batch);
  }
  const encode = async (): Promise<unknown> => {
    const encoder = createEncoder()
      .writeString(transactionalId ?? null)
      .writeInt16(ACKS)
      .writeInt32(timeoutMs)
      .writeInt32(byTopic.size);
    for (const [topic, ofTopic] of byTopic) {
      encoder.writeString(topic).writeInt32(ofTopic.length);
      for (const batch of ofTopic) {
        const firstSequence = producer.sequence(batch);
        const transactional = transactionalId !== undefined;
        const options = { timestamp, producerId, producerEpoch, firstSequence, transactional };
        encoder.writeInt32(batch.partition).writeBytes(writeBatch(batch.records, options));
      }
    }
    return encoder;
  };
  return { request: { ...(request as object), encode }, response };
}
