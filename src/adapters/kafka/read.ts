import { pause } from '../../core/async.js';
import { isRecreated, type Offset, offset } from '../../core/ids.js';
import type { LogBatch } from '../../core/record.js';
import { OffsetOutOfRange, type Range, TopicRecreated } from '../../ports/event-log.js';
import { boundsOf } from './wire/bounds.js';
import { type Connection, topicMissing } from './wire/connection.js';
import { describeTopics } from './wire/describe.js';
import { failureOf } from './wire/failures.js';
import { type FetchedPartition, fetchFrom, lastCovered } from './wire/fetch.js';

/** The range exists already, so only a replica that lags behind has something to wait for. */
const MAX_WAIT_MS = 100;

/** What a broker answers when it has no topic with the requested id. */
const TOPIC_ID_ERRORS: ReadonlySet<string> = new Set(['UNKNOWN_TOPIC_ID', 'INCONSISTENT_TOPIC_ID']);

/** Reads a range, without a consumer group. Throws as `EventLog.read` does. */
export async function* readRange(
  connection: Connection,
  range: Range,
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<LogBatch, void, undefined> {
  const { topic, partition } = range;
  const bounds = await boundsOf(connection, range, signal);
  if (range.from < bounds.earliest || range.from > bounds.end) {
    // D5: a recreated topic has other offsets, and is the better explanation.
    await assertNotRecreated(connection, range, signal);
    throw new OffsetOutOfRange({ topic, partition, offset: range.from }, bounds);
  }
  const until = range.until ?? bounds.end;
  let next = range.from;
  while (next < until) {
    const fetched = await fetchAt(connection, range, next, maxBytes, signal);
    const last = lastCovered(fetched, next);
    if (last === undefined) {
      // A replica that has just become leader may not know yet that these offsets are stable.
      await pause(MAX_WAIT_MS, signal);
      signal.throwIfAborted();
      continue;
    }
    yield { topic, partition, records: fetched.records, last, end: fetched.end };
    next = offset(last + 1);
  }
}

async function fetchAt(
  connection: Connection,
  range: Range,
  from: Offset,
  maxBytes: number,
  signal: AbortSignal,
): Promise<FetchedPartition> {
  const { topic, partition, topicId } = range;
  try {
    return await connection.withLeader(
      { topic, partition },
      async (leader) => {
        const requested = [{ topic, topicId, partition, from }];
        const [fetched] = await fetchFrom(leader, requested, { maxWaitMs: MAX_WAIT_MS, maxBytes });
        if (fetched === undefined) throw new Error(`The broker left ${topic}/${partition} out of its answer`);
        if (fetched.error !== undefined) throw fetched.error;
        return fetched;
      },
      signal,
    );
  } catch (error) {
    const { type } = failureOf(error);
    if (!TOPIC_ID_ERRORS.has(type) && type !== 'OFFSET_OUT_OF_RANGE') throw error;
    await assertNotRecreated(connection, range, signal);
    // The topic has this id, but the broker does not know it yet. An empty answer makes the caller fetch again.
    if (TOPIC_ID_ERRORS.has(type)) {
      return { topic, partition, records: [], last: undefined, end: from, error: undefined };
    }
    const bounds = await boundsOf(connection, { topic, partition }, signal);
    throw new OffsetOutOfRange({ topic, partition, offset: from }, bounds);
  }
}

/** @throws {TopicRecreated} when the topic has another id than the range; {MillraceError} TOPIC_MISSING */
async function assertNotRecreated(
  connection: Connection,
  { topic, topicId }: Range,
  signal: AbortSignal,
): Promise<void> {
  if (topicId === undefined) return;
  const now = (await describeTopics(connection, [topic], signal)).get(topic);
  if (now === undefined) throw topicMissing(topic);
  if (isRecreated(topicId, now.id)) throw new TopicRecreated(topic);
}
