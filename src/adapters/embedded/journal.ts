import { randomUUID } from 'node:crypto';
import { bisect } from '../../core/bisect.js';
import { MillraceError } from '../../core/errors.js';
import {
  type Offset,
  offset,
  type Partition,
  partition,
  type Topic,
  type TopicId,
  topic,
  topicId,
} from '../../core/ids.js';
import { partitionOfKey } from '../../core/partitioner.js';
import { type Position, partitionName, type TopicPartition } from '../../core/position.js';
import type { LogBatch, LogRecord, NewRecord } from '../../core/record.js';
import { recordBytes } from '../../core/size.js';
import { type Bounds, OffsetOutOfRange, type TopicDescription } from '../../ports/event-log.js';
import { logRecord, storedRecord } from './stored-record.js';
import type { Tables } from './tables.js';

/** The size of key, headers and value together. Kafka's default limit, so that a project behaves alike on both logs. */
const MAX_RECORD_BYTES = 1024 * 1024;
/** A batch that is read ends at the first limit that it reaches. It has at least one record. */
const MAX_BATCH_RECORDS = 500;
const MAX_BATCH_BYTES = 1024 * 1024;

interface PartitionState {
  /** The offset of the next record to be written. A failed write leaves a hole, as transactions do in Kafka. */
  next: number;
  /** The offset after the last record on disk. */
  end: number;
  /** The timestamp of the newest record. Timestamps never decrease, whatever the clock does: `offsetAt` bisects them. */
  timestamp: number;
  /** Called when a record is on disk. */
  readonly waiters: Set<() => void>;
}

/** The partitions of one store, shared by all clients of its log. Only this process writes them (`lock.ts`). */
export class Journal {
  readonly #topics = new Map<Topic, { id: TopicId; partitions: PartitionState[] }>();
  /** Counts the records without a key: they are distributed round robin. */
  #keyless = 0;
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
    for (const { key, value } of tables.topics.getRange()) this.#open(topic(key), ...value);
  }

  has(name: Topic): boolean {
    return this.#topics.has(name);
  }

  async create(name: Topic, partitions: number): Promise<void> {
    if (this.#topics.has(name)) return;
    const id = randomUUID();
    // Another call may create the topic at the same time. The first write wins, and only its caller opens the topic.
    const isFirst = await this.#tables.topics.ifNoExists(name, () => {
      void this.#tables.topics.put(name, [partitions, id]);
    });
    if (isFirst) this.#open(name, partitions, id);
  }

  describe(name: Topic): TopicDescription | undefined {
    const found = this.#topics.get(name);
    return found && { id: found.id, partitions: found.partitions.length };
  }

  /** How many partitions each topic has. */
  get topics(): ReadonlyMap<Topic, number> {
    return new Map([...this.#topics].map(([name, { partitions }]) => [name, partitions.length]));
  }

  /** @throws {MillraceError} TOPIC_MISSING */
  bounds(name: Topic): Bounds[] {
    return this.#partitionsOf(name).map(({ end }) => ({ earliest: offset(0), end: offset(end) }));
  }

  /**
   * Writes all of `records` and, if given, the progress of a consumer group, in one transaction. Resolves once they are
   * on disk (D1), with the position of each record.
   * @throws {MillraceError} TOPIC_MISSING, EVENT_TOO_LARGE, PUBLISH_FAILED; nothing was written then
   */
  async append(
    records: readonly NewRecord[],
    progress?: TopicPartition & { readonly group: string; readonly next: Offset },
  ): Promise<Position[]> {
    for (const record of records) this.#validate(record);
    const now = Date.now();
    const tables = this.#tables;
    const positions: Position[] = [];
    // Offsets are assigned here and now, in the order of calls. Several calls of a tick share one transaction on disk.
    // Readers see none of these records before `end` moves past them, below.
    const written = tables.records.batch(() => {
      for (const record of records) {
        const at = this.#partitionFor(record);
        const state = this.#stateOf(at);
        state.timestamp = Math.max(now, state.timestamp);
        positions.push({ ...at, offset: offset(state.next) });
        const stored = storedRecord(state.timestamp, record);
        void tables.records.put([at.topic, at.partition, state.next++], stored);
      }
      if (progress !== undefined)
        void tables.progress.put([progress.group, progress.topic, progress.partition], progress.next);
    });
    try {
      await written;
    } catch (cause) {
      throw new MillraceError(
        'PUBLISH_FAILED',
        'The embedded log could not write to disk; nothing was published.',
        { cause },
      );
    }
    // `end` may move to these records at once: lmdb commits in order, so everything before them is on disk too.
    tables.records.resetReadTxn();
    for (const at of positions) {
      const state = this.#stateOf(at);
      state.end = Math.max(state.end, at.offset + 1);
    }
    for (const at of positions) for (const wake of this.#stateOf(at).waiters) wake();
    return positions;
  }

  /**
   * Reads the next records of a partition in `[from, until)`. `undefined` when the partition has no such offset yet.
   * @throws {MillraceError} TOPIC_MISSING
   * @throws {OffsetOutOfRange}
   */
  readBatch(at: TopicPartition, from: Offset, until?: Offset): LogBatch | undefined {
    const { end } = this.#stateOf(at);
    if (from < 0 || from > end) {
      const bounds = { earliest: offset(0), end: offset(end) };
      throw new OffsetOutOfRange({ topic: at.topic, partition: at.partition, offset: from }, bounds);
    }
    const stop = Math.min(until ?? end, end);
    if (from >= stop) return undefined;
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const { key, value } of this.#tables.records.getRange({
      start: [at.topic, at.partition, from],
      end: [at.topic, at.partition, stop],
      limit: MAX_BATCH_RECORDS,
    })) {
      const record = logRecord(key[2], value);
      records.push(record);
      bytes += recordBytes(record);
      if (bytes >= MAX_BATCH_BYTES) break;
    }
    const isFull = records.length === MAX_BATCH_RECORDS || bytes >= MAX_BATCH_BYTES;
    const last = isFull ? records.at(-1)?.offset : undefined;
    return {
      topic: at.topic,
      partition: at.partition,
      records,
      last: last ?? offset(stop - 1),
      end: offset(end),
    };
  }

  /** The offset of the first record at or after `timestamp`; `end` if there is none. */
  offsetAt(at: TopicPartition, timestamp: number): Offset {
    const { end } = this.#stateOf(at);
    const found = bisect(0, end, (from) => {
      const record = this.#firstRecord(at, from, end);
      return record !== undefined && record.timestamp < timestamp;
    });
    return this.#firstRecord(at, found, end)?.offset ?? offset(end);
  }

  /** Resolves once the partition has a record at `from` or later, or `signal` is aborted. */
  async waitFor(at: TopicPartition, from: Offset, signal: AbortSignal): Promise<void> {
    const state = this.#stateOf(at);
    while (state.end <= from && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          state.waiters.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        state.waiters.add(wake);
        signal.addEventListener('abort', wake);
      });
    }
  }

  /** The next offset for a group; the earliest one if the group has not committed yet. */
  progressOf(group: string, at: TopicPartition): Offset {
    return offset(this.#tables.progress.get([group, at.topic, at.partition]) ?? 0);
  }

  /** Restores the state of a topic's partitions from their newest records. */
  #open(name: Topic, partitions: number, id: string): void {
    const states = Array.from({ length: partitions }, (_, p): PartitionState => {
      const [newest] = this.#tables.records.getRange({
        start: [name, p, Number.MAX_SAFE_INTEGER],
        end: [name, p, -1],
        reverse: true,
        limit: 1,
      });
      const next = newest === undefined ? 0 : newest.key[2] + 1;
      return { next, end: next, timestamp: newest?.value[0] ?? 0, waiters: new Set() };
    });
    this.#topics.set(name, { id: topicId(id), partitions: states });
  }

  #validate(record: NewRecord): void {
    this.#partitionsOf(record.topic);
    if (record.partition !== undefined) this.#stateOf({ topic: record.topic, partition: record.partition });
    const size = recordBytes(record);
    if (size <= MAX_RECORD_BYTES) return;
    throw new MillraceError(
      'EVENT_TOO_LARGE',
      `A record for ${record.topic} has ${size} bytes. The embedded log takes at most ${MAX_RECORD_BYTES}.`,
    );
  }

  /** The given partition, or that of the key, or the next one round robin. */
  #partitionFor({ topic: name, key, partitioner, partition: given }: NewRecord): TopicPartition {
    if (given !== undefined) return { topic: name, partition: given };
    const count = this.#partitionsOf(name).length;
    return {
      topic: name,
      partition: key === null ? partition(this.#keyless++ % count) : partitionOfKey(key, count, partitioner),
    };
  }

  /** The first record in `[from, until)`; offsets may have holes. */
  #firstRecord(at: TopicPartition, from: number, until: number): LogRecord | undefined {
    const range = { start: [at.topic, at.partition, from], end: [at.topic, at.partition, until], limit: 1 };
    for (const { key, value } of this.#tables.records.getRange(range)) return logRecord(key[2], value);
    return undefined;
  }

  #partitionsOf(name: Topic): PartitionState[] {
    const found = this.#topics.get(name);
    if (found !== undefined) return found.partitions;
    throw new MillraceError('TOPIC_MISSING', `Topic ${name} does not exist.`);
  }

  #stateOf(at: { topic: Topic; partition: Partition }): PartitionState {
    const found = this.#partitionsOf(at.topic)[at.partition];
    if (found !== undefined) return found;
    throw new MillraceError('TOPIC_MISSING', `${partitionName(at)} does not exist in the embedded log.`);
  }
}
