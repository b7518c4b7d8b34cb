import { pause } from '../../core/async.js';
import { isRecreated, type Offset, offset } from '../../core/ids.js';
import type { LogBatch } from '../../core/record.js';
import { OffsetOutOfRange, type Range, TopicRecreated } from '../../ports/event-log.js';
import { boundsOf } from './wire/bounds.js';
import { type Connection, missing } from './wire/connection.js';
import { describeTopics } from './wire/describe.js';
import { failureOf } from './wire/failures.js';
import { type Fetched, fetchFrom } from './wire/fetch.js';

/** What is asked for is there already, so the broker has nothing to wait for; only a lagging one does. */
const MAX_WAIT = 100;

/** Reads a range, without a consumer group. */
export async function* readRange(
  connection: Connection,
  range: Range,
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<LogBatch, void, undefined> {
  const { topic, partition } = range;
  const bounds = await boundsOf(connection, range, signal);
  if (range.from < bounds.earliest || range.from > bounds.end) {
    await sameTopic(connection, range, signal);
    throw new OffsetOutOfRange({ topic, partition, offset: range.from }, bounds);
  }
  const until = range.until ?? bounds.end;
  let next = range.from;
  while (next < until) {
    const fetched = await fetchAt(connection, range, next, maxBytes, signal);
    const last = reached(fetched, next);
    if (last === undefined) {
      // A replica that has just become leader may not know yet that these offsets are stable.
      await pause(MAX_WAIT, signal);
      signal.throwIfAborted();
      continue;
    }
    yield { topic, partition, records: fetched.records, last, end: fetched.end };
    next = offset(last + 1);
  }
}

/**
 * How far an answer reaches. Without any batch there is nothing between `next` and the last stable offset:
 * compaction removed it, or it was never more than the holes of transactions.
 */
export function reached(fetched: Fetched, next: Offset): Offset | undefined {
  if (fetched.last !== undefined) return fetched.last;
  return fetched.end > next ? offset(fetched.end - 1) : undefined;
}

async function fetchAt(
  connection: Connection,
  range: Range,
  from: Offset,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Fetched> {
  const { topic, partition, topicId } = range;
  try {
    return await connection.ask(
      { topic, partition },
      async (leader) => {
        const wanted = [{ topic, topicId, partition, from }];
        const [fetched] = await fetchFrom(leader, wanted, { maxWait: MAX_WAIT, maxBytes });
        if (fetched === undefined) throw new Error(`No answer for ${topic}/${partition}`);
        if (fetched.error !== undefined) throw fetched.error;
        return fetched;
      },
      signal,
    );
  } catch (error) {
    const { type } = failureOf(error);
    if (!ANOTHER_TOPIC.has(type) && type !== 'OFFSET_OUT_OF_RANGE') throw error;
    await sameTopic(connection, range, signal);
    // The broker has not heard of the topic yet: nothing came, and the caller asks again.
    if (ANOTHER_TOPIC.has(type)) {
      return { topic, partition, records: [], last: undefined, end: from, error: undefined };
    }
    const bounds = await boundsOf(connection, { topic, partition }, signal);
    throw new OffsetOutOfRange({ topic, partition, offset: from }, bounds);
  }
}

/** What a broker answers that does not have the topic with the id that was asked for. */
export const ANOTHER_TOPIC: ReadonlySet<string> = new Set(['UNKNOWN_TOPIC_ID', 'INCONSISTENT_TOPIC_ID']);

/** @throws {TopicRecreated} when the topic is no longer the one that the range is of; {MillraceError} TOPIC_MISSING */
async function sameTopic(
  connection: Connection,
  { topic, topicId }: Range,
  signal: AbortSignal,
): Promise<void> {
  if (topicId === undefined) return;
  const now = (await describeTopics(connection, [topic], signal)).get(topic);
  if (now === undefined) throw missing(topic);
  if (isRecreated(now.id, topicId)) throw new TopicRecreated(topic);
}
