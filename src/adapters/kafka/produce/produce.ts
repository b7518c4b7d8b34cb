import { backoffMs, pause, withSignal } from '../../../core/async.js';
import { MillraceError } from '../../../core/errors.js';
import { type Offset, offset } from '../../../core/ids.js';
import { partitionName } from '../../../core/position.js';
import type { Connection } from '../wire/connection.js';
import { failureOf, maybePublished, nothingPublished } from '../wire/failures.js';
import type { Broker } from '../wire/internal-types.js';
import type { PartitionBatch } from '../wire/partition-batch.js';
import { encodeProduce } from '../wire/produce-request.js';
import type { ProducerId } from '../wire/producer-id.js';
import { type BatchOutcome, outcomesOf } from './batch-outcome.js';

type SentBatch = readonly [PartitionBatch, BatchOutcome];

/** How long a broker waits for its replicas, and we wait for the broker. */
const ACK_TIMEOUT_MS = 30_000;

/**
 * Writes batches of different partitions, one request per broker, and retries until the broker has written or
 * refused each of them. A retry sends the same records under the same sequence numbers, so nothing is written
 * twice. Only one call at a time of a producer may write to a partition.
 * @returns the offset of the first record of each batch
 * @throws {MillraceError} PUBLISH_FAILED, PUBLISH_UNCERTAIN, EVENT_TOO_LARGE, TOPIC_MISSING
 */
export async function produce(
  connection: Connection,
  producer: ProducerId,
  batches: readonly PartitionBatch[],
  signal: AbortSignal,
): Promise<Offset[]> {
  const bases = new Map<PartitionBatch, Offset>();
  /** Batches that a broker may have written although it has not said so. */
  const undecided = new Set<PartitionBatch>();
  let pending = batches;
  const fail = (error: unknown): MillraceError => {
    // The broker's sequence numbers may be ahead of ours, or it may have forgotten them.
    producer.spoiled = true;
    return asPublishError(error, undecided.size > 0 || bases.size > 0);
  };
  for (let attempt = 0, lastError: unknown; pending.length > 0; attempt++) {
    const sent = new Set<PartitionBatch>();
    let outcomes: readonly SentBatch[];
    try {
      if (attempt > 0) await pause(backoffMs(attempt), signal);
      signal.throwIfAborted();
      const round = sendRound(connection, producer, pending, sent, signal);
      outcomes = await withSignal(round, signal);
    } catch (error) {
      // The deadline passed: what is on a socket may still be written.
      for (const batch of sent) undecided.add(batch);
      throw fail(lastError ?? error);
    }
    let refusal: unknown;
    for (const [batch, outcome] of outcomes) {
      if (outcome.status === 'written') {
        producer.advance(batch, batch.records.length);
        bases.set(batch, outcome.base);
        undecided.delete(batch);
        continue;
      }
      connection.forget(batch.topic);
      if (outcome.status === 'refused') refusal ??= connection.explainTopic(outcome.error, batch.topic);
      else {
        if (outcome.sent) undecided.add(batch);
        lastError = outcome.error;
      }
    }
    if (refusal !== undefined) throw fail(refusal);
    pending = pending.filter((batch) => !bases.has(batch));
  }
  return batches.map((batch) => bases.get(batch) ?? offset(-1));
}

/** Sends each batch to its leader once. Adds to `sent` whatever may have reached a socket, before it does. */
async function sendRound(
  connection: Connection,
  producer: ProducerId,
  batches: readonly PartitionBatch[],
  sent: Set<PartitionBatch>,
  signal: AbortSignal,
): Promise<readonly SentBatch[]> {
  const byLeader = new Map<Broker, PartitionBatch[]>();
  for (const batch of batches) {
    const leader = await connection.leader(batch, signal);
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), batch]);
  }
  const answers = [...byLeader].map(([leader, led]) => sendToLeader(leader, producer, led, sent));
  return (await Promise.all(answers)).flat();
}

async function sendToLeader(
  leader: Broker,
  producer: ProducerId,
  batches: readonly PartitionBatch[],
  sent: Set<PartitionBatch>,
): Promise<readonly SentBatch[]> {
  const retryAll = (error: unknown, mayBeWritten: boolean): readonly SentBatch[] =>
    batches.map((batch) => [batch, { status: 'retry', sent: mayBeWritten, error }] as const);
  try {
    // A step of its own: a failure to connect proves that nothing was sent.
    await leader.connectionPool.getConnection();
  } catch (error) {
    return retryAll(error, false);
  }
  for (const batch of batches) sent.add(batch);
  try {
    const outcomes = await request(leader, producer, batches);
    return batches.map((batch) => [batch, outcomes.get(partitionName(batch)) ?? omitted()] as const);
  } catch (error) {
    // D1: whatever failed, even a reset connection, the broker may have written the batch before it did.
    return retryAll(error, true);
  }
}

const omitted = (): BatchOutcome => ({
  status: 'retry',
  sent: true,
  error: new Error('The broker omitted a partition from its answer'),
});

async function request(
  leader: Broker,
  producer: ProducerId,
  batches: readonly PartitionBatch[],
): Promise<Map<string, BatchOutcome>> {
  const { request: encoded, response } = encodeProduce(producer, batches, ACK_TIMEOUT_MS);
  // kafkajs's own `parse` throws the first partition's error and loses the outcomes of the others.
  const parse = async (data: unknown): Promise<unknown> => data;
  try {
    const answer = await leader.connectionPool.send({
      request: encoded,
      response: { decode: response.decode, parse },
    });
    return outcomesOf(answer);
  } catch (error) {
    if (failureOf(error).name === 'KafkaJSConnectionClosedError') await leader.disconnect();
    throw error;
  }
}

function asPublishError(error: unknown, mayBeWritten: boolean): MillraceError {
  if (error instanceof MillraceError && error.code !== 'LOG_UNAVAILABLE' && !mayBeWritten) return error;
  const { type, message } = failureOf(error);
  if (mayBeWritten) {
    return maybePublished(error);
  }
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') {
    const text = `The records are larger than the topic's max.message.bytes: ${message}`;
    return new MillraceError('EVENT_TOO_LARGE', text, { cause: error });
  }
  return nothingPublished(error);
}
