import type { Topic } from '../../../core/ids.js';
import { writeBatch } from './batch-writer.js';
import { createEncoder, type ProtocolRequest, produceRequest } from './internals.js';
import type { Portion } from './portions.js';
import type { ProducerId } from './producer-id.js';

/** From all in-sync replicas. */
const ACKS = -1;

/**
 * Writes portions under the producer's sequence numbers.
 * @param timeout how long the broker waits for its replicas, in milliseconds
 * @see https://kafka.apache.org/protocol#The_Messages_Produce version 7
 */
export function requestOf(
  producer: ProducerId,
  portions: readonly Portion[],
  timeout: number,
): ProtocolRequest {
  const { id: producerId, epoch: producerEpoch, transactionalId } = producer;
  const { request, response } = produceRequest({ acks: ACKS, timeout, topicData: [] });
  const timestamp = Date.now();
  const byTopic = new Map<Topic, Portion[]>();
  for (const portion of portions) {
    const others = byTopic.get(portion.topic);
    if (others === undefined) byTopic.set(portion.topic, [portion]);
    else others.push(portion);
  }
  const encode = async (): Promise<unknown> => {
    const encoder = createEncoder()
      .writeString(transactionalId ?? null)
      .writeInt16(ACKS)
      .writeInt32(timeout)
      .writeInt32(byTopic.size);
    for (const [topic, mine] of byTopic) {
      encoder.writeString(topic).writeInt32(mine.length);
      for (const portion of mine) {
        const firstSequence = producer.sequence(portion);
        const transactional = transactionalId !== undefined;
        const options = { timestamp, producerId, producerEpoch, firstSequence, transactional };
        encoder.writeInt32(portion.partition).writeBytes(writeBatch(portion.records, options));
      }
    }
    return encoder;
  };
  return { request: { ...(request as object), encode }, response };
}
