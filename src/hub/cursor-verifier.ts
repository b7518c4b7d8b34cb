import {
  fingerprint,
  type PartitionPosition,
  type Positions,
  type StreamPosition,
  topicFingerprintOf,
} from '../core/cursor.js';
import { Deadline } from '../core/deadline.js';
import { MillraceError } from '../core/errors.js';
import type { Relayed } from '../core/event.js';
import { type Offset, offset, type Partition, type Topic, type TopicId } from '../core/ids.js';
import type { TopicIdPartition } from '../core/position.js';
import { type Bounds, type EventLog, OffsetOutOfRange, TopicRecreated } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import { EventsLost } from './events-lost.js';
import type { FollowedPartitions } from './followed-partitions.js';
import type { SharedReader } from './shared-reader.js';
import type { TopicWatch } from './topic-watch.js';

interface CursorVerifierParts {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly topics: TopicWatch;
  readonly reader: SharedReader;
  readonly followed: Pick<FollowedPartitions, 'get'>;
  readonly signal: AbortSignal;
}

const LOG_TIMEOUT_MS = 5_000;

/** D4, D5: checks that a client's position still exists in the log, before anything is replayed from it. */
export class CursorVerifier {
  readonly #parts: CursorVerifierParts;
  readonly #pendingBounds = new Map<Topic, Promise<readonly Bounds[]>>();

  constructor(parts: CursorVerifierParts) {
    this.#parts = parts;
  }

  /**
   * Checks, in this order: the topic is the cursor's (topic id), no position is ahead of the log, no event after a
   * position is gone, and the event at each position is the one that the cursor saw (fingerprint).
   * @throws {EventsLost} RETENTION, TOPIC_RECREATED
   * @throws {MillraceError} CURSOR_INVALID (AHEAD)
   */
  async verify(topic: Topic, { positions, topicFingerprint }: StreamPosition): Promise<void> {
    const { log, topics, signal } = this.#parts;
    let { id } = await topics.describe(topic);
    // What is remembered of the topic may be older than the cursor, so the log is asked before the cursor is refused.
    if (isOfAnotherTopic(topicFingerprint, id)) id = await this.#currentId(topic);
    if (isOfAnotherTopic(topicFingerprint, id)) throw EventsLost.byRecreation(topic);
    const shared = await this.#bounds(topic);
    const isAhead = [...positions].some(([at, { offset: here }]) => here >= (shared[at]?.end ?? 0));
    if (isAhead && isOfAnotherTopic(topicFingerprint, await this.#currentId(topic)))
      throw EventsLost.byRecreation(topic);
    // A shared answer may be older than the cursor: another node has delivered events since.
    const bounds = isAhead ? await log.bounds(topic, signal) : shared;
    const gone = new Map<Partition, Offset>();
    for (const [partition, reached] of positions) {
      const at = { topic, partition, topicId: id };
      const here = bounds[partition];
      if (here === undefined || reached.offset >= here.end) {
        throw new MillraceError('CURSOR_INVALID', 'The cursor is ahead of the log.', {
          details: { reason: 'AHEAD' },
        });
      }
      if (reached.offset >= here.earliest) await this.#requireSameEvent(at, reached);
      else if (await this.#isGone(at, reached.offset, here.earliest)) gone.set(partition, here.earliest);
    }
    if (gone.size > 0) throw EventsLost.byRetention(topic, gone);
  }

  /**
   * Moves each position that is before the log's earliest event to just before that event (D5). The rest stays.
   * @throws {MillraceError} when the log does not report its bounds within `LOG_TIMEOUT_MS`
   */
  async clampToEarliest(topic: Topic, positions: Positions): Promise<Positions> {
    using deadline = new Deadline(LOG_TIMEOUT_MS);
    const signal = AbortSignal.any([this.#parts.signal, deadline.signal]);
    const bounds = await this.#parts.log.bounds(topic, signal);
    return new Map(
      [...positions].map(([partition, reached]) => {
        const before = offset((bounds[partition]?.earliest ?? 0) - 1);
        return [partition, reached.offset < before ? { offset: before, fingerprint: 0 } : reached];
      }),
    );
  }

  async #currentId(topic: Topic): Promise<TopicId | undefined> {
    const { topics } = this.#parts;
    await topics.refresh(topic);
    return topics.last(topic)?.id;
  }

  /**
   * Whether events in `(after, earliest)` are gone. They are not when those offsets never held a visible event, or
   * when the window still has them: it may reach further back than the log's retention.
   */
  async #isGone(at: TopicIdPartition, after: Offset, earliest: Offset): Promise<boolean> {
    if (after + 1 >= earliest) return false;
    const window = await this.#parts.fanout.window(at, after, offset(earliest - 1)).catch(() => undefined);
    return window === undefined;
  }

  /** One request at a time for each topic: when a node fails, thousands of its clients resume here at once. */
  #bounds(topic: Topic): Promise<readonly Bounds[]> {
    const pending = this.#pendingBounds.get(topic);
    if (pending !== undefined) return pending;
    const request = this.#parts.log
      .bounds(topic, this.#parts.signal)
      .finally(() => this.#pendingBounds.delete(topic));
    this.#pendingBounds.set(topic, request);
    return request;
  }

  /**
   * Compares the event at a position with the cursor's fingerprint. A recreated topic has another id; a log that lost
   * its end and was written again (unclean leader election) has the same id and other events. That shows here.
   */
  async #requireSameEvent(at: TopicIdPartition, reached: PartitionPosition): Promise<void> {
    if (reached.fingerprint === 0) return;
    if (await this.#hasSameEvent(at, reached)) return;
    // The cached blocks may be older than the change. Only the log itself can prove it.
    this.#parts.reader.forget(at);
    if (await this.#hasSameEvent(at, reached)) return;
    throw EventsLost.byOtherEvent(at.topic);
  }

  /** Reads the event as part of what follows it, so that the replay of this client and of others nearby shares the read. */
  async #hasSameEvent(at: TopicIdPartition, reached: PartitionPosition): Promise<boolean> {
    const { followed, reader } = this.#parts;
    const here = followed.get(at)?.reached.offset ?? reached.offset;
    const limit = offset(Math.max(here, reached.offset));
    const read = await reader
      .read(at, offset(reached.offset - 1), limit)
      .catch((error: unknown) => nothingIfGone(at.topic, error));
    const [event] = read.events;
    // A missing event proves nothing: compaction may have removed it, or retention since `bounds` was read.
    if (event?.offset !== reached.offset) return true;
    return fingerprint(event.event.id, event.timestamp) === reached.fingerprint;
  }
}

/** Whether a cursor belongs to another topic id. When either side does not know the id, that proves nothing. */
function isOfAnotherTopic(ofCursor: number, current: TopicId | undefined): boolean {
  return ofCursor !== 0 && current !== undefined && ofCursor !== topicFingerprintOf(current);
}

function nothingIfGone(topic: Topic, error: unknown): { readonly events: readonly Relayed[] } {
  if (error instanceof OffsetOutOfRange) return { events: [] };
  throw error instanceof TopicRecreated ? EventsLost.byRecreation(topic) : error;
}
