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
import type { StoredRecord, Tables } from './tables.js';

/** Key, headers and value together, in bytes: what Kafka takes by default. */
export const MAX_RECORD_BYTES = 1024 * 1024;
/** A batch that is read ends at whichever comes first; it has one record at least. */
const BATCH_RECORDS = 500;
const BATCH_BYTES = 1024 * 1024;

interface PartitionState {
  /** The offset that the next record gets. A write that fails leaves a hole, as Kafka's transactions do. */
  next: number;
  /** The offset after the last record on the disk. */
  end: number;
  /** Of the newest record: timestamps never go back, whatever the clock does, so that they can be searched. */
  timestamp: number;
  readonly waiting: Set<() => void>;
}

/** The partitions of one store: shared by all clients of its log. This process alone writes them. */
export class Journal {
  private readonly topics = new Map<Topic, { id: TopicId; partitions: PartitionState[] }>();
  private turn = 0;

  constructor(private readonly tables: Tables) {
    for (const { key, value } of tables.topics.getRange()) this.open(topic(key), ...value);
  }

  has(name: Topic): boolean {
    return this.topics.has(name);
  }

  async create(name: Topic, partitions: number): Promise<void> {
    if (this.topics.has(name)) return;
    const id = randomUUID();
    // Another caller may be as quick: the first one's is kept.
    const first = await this.tables.topics.ifNoExists(name, () => {
      void this.tables.topics.put(name, [partitions, id]);
    });
    if (first) this.open(name, partitions, id);
  }

  describe(name: Topic): TopicDescription | undefined {
    const found = this.topics.get(name);
    return found && { id: found.id, partitions: found.partitions.length };
  }

  /** @throws {MillraceError} TOPIC_MISSING */
  bounds(name: Topic): Bounds[] {
    return this.partitionsOf(name).map(({ end }) => ({ earliest: offset(0), end: offset(end) }));
  }

  /**
   * Writes all of `records` and, for a consumer group, its progress, in one transaction.
   * Resolves when they are on the disk.
   * @throws {MillraceError} TOPIC_MISSING, EVENT_TOO_LARGE, PUBLISH_FAILED; nothing was written
   */
  async append(
    records: readonly NewRecord[],
    progress?: TopicPartition & { readonly group: string; readonly next: Offset },
  ): Promise<Position[]> {
    for (const record of records) this.check(record);
    const now = Date.now();
    const { tables } = this;
    const positions: Position[] = [];
    const written = tables.records.batch(() => {
      for (const record of records) {
        const at = this.place(record);
        const state = this.stateOf(at);
        state.timestamp = Math.max(now, state.timestamp);
        const stored: StoredRecord = [state.timestamp, record.key, { ...record.headers }, record.value];
        positions.push({ ...at, offset: offset(state.next) });
        void tables.records.put([at.topic, at.partition, state.next++], stored);
      }
      if (progress !== undefined)
        void tables.progress.put([progress.group, progress.topic, progress.partition], progress.next);
    });
    try {
      await written;
    } catch (cause) {
      throw new MillraceError('PUBLISH_FAILED', 'The embedded log could not write to its disk', { cause });
    }
    // Transactions are committed in order, so everything before these records is on the disk too.
    tables.records.resetReadTxn();
    for (const at of positions) {
      const state = this.stateOf(at);
      state.end = Math.max(state.end, at.offset + 1);
    }
    for (const at of positions) for (const wake of this.stateOf(at).waiting) wake();
    return positions;
  }

  /**
   * The next records of a partition from `from` on and before `until`, or nothing when there is no such offset.
   * @throws {MillraceError} TOPIC_MISSING
   * @throws {OffsetOutOfRange}
   */
  batch(at: TopicPartition, from: Offset, until?: Offset): LogBatch | undefined {
    const { end } = this.stateOf(at);
    if (from < 0 || from > end) {
      const bounds = { earliest: offset(0), end: offset(end) };
      throw new OffsetOutOfRange({ topic: at.topic, partition: at.partition, offset: from }, bounds);
    }
    const stop = Math.min(until ?? end, end);
    if (from >= stop) return undefined;
    const records: LogRecord[] = [];
    let bytes = 0;
    for (const { key, value } of this.tables.records.getRange({
      start: [at.topic, at.partition, from],
      end: [at.topic, at.partition, stop],
      limit: BATCH_RECORDS,
    })) {
      const record = logRecord(key[2], value);
      records.push(record);
      bytes += recordBytes(record);
      if (bytes >= BATCH_BYTES) break;
    }
    const full = records.length === BATCH_RECORDS || bytes >= BATCH_BYTES;
    const last = full ? records.at(-1)?.offset : undefined;
    return {
      topic: at.topic,
      partition: at.partition,
      records,
      last: last ?? offset(stop - 1),
      end: offset(end),
    };
  }

  /** The first offset at or after `timestamp`, or else the end. A binary search. */
  offsetAt(at: TopicPartition, timestamp: number): Offset {
    const { end } = this.stateOf(at);
    const found = bisect(0, end, (from) => {
      const record = this.first(at, from, end);
      return record !== undefined && record.timestamp < timestamp;
    });
    return this.first(at, found, end)?.offset ?? offset(end);
  }

  /** Resolves once the partition has `from`, or the signal is aborted. */
  async arrival(at: TopicPartition, from: Offset, signal: AbortSignal): Promise<void> {
    const state = this.stateOf(at);
    while (state.end <= from && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          state.waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        state.waiting.add(wake);
        signal.addEventListener('abort', wake);
      });
    }
  }

  /** Where a group stands, or else the earliest offset. */
  progressOf(group: string, at: TopicPartition): Offset {
    return offset(this.tables.progress.get([group, at.topic, at.partition]) ?? 0);
  }

  private open(name: Topic, partitions: number, id: string): void {
    const states = Array.from({ length: partitions }, (_, p): PartitionState => {
      const [newest] = this.tables.records.getRange({
        start: [name, p, Number.MAX_SAFE_INTEGER],
        end: [name, p, -1],
        reverse: true,
        limit: 1,
      });
      const next = newest === undefined ? 0 : newest.key[2] + 1;
      return { next, end: next, timestamp: newest?.value[0] ?? 0, waiting: new Set() };
    });
    this.topics.set(name, { id: topicId(id), partitions: states });
  }

  private check(record: NewRecord): void {
    this.partitionsOf(record.topic);
    if (record.partition !== undefined) this.stateOf({ topic: record.topic, partition: record.partition });
    const size = recordBytes(record);
    if (size <= MAX_RECORD_BYTES) return;
    throw new MillraceError(
      'EVENT_TOO_LARGE',
      `A record for ${record.topic} has ${size} bytes; the embedded log takes ${MAX_RECORD_BYTES}`,
    );
  }

  private place({ topic: name, key, partition: given }: NewRecord): TopicPartition {
    if (given !== undefined) return { topic: name, partition: given };
    const count = this.partitionsOf(name).length;
    return {
      topic: name,
      partition: key === null ? partition(this.turn++ % count) : partitionOfKey(key, count),
    };
  }

  private first(at: TopicPartition, from: number, until: number): LogRecord | undefined {
    const range = { start: [at.topic, at.partition, from], end: [at.topic, at.partition, until], limit: 1 };
    for (const { key, value } of this.tables.records.getRange(range)) return logRecord(key[2], value);
    return undefined;
  }

  private partitionsOf(name: Topic): PartitionState[] {
    const found = this.topics.get(name);
    if (found !== undefined) return found.partitions;
    throw new MillraceError('TOPIC_MISSING', `Topic ${name} does not exist.`);
  }

  private stateOf(at: { topic: Topic; partition: Partition }): PartitionState {
    const found = this.partitionsOf(at.topic)[at.partition];
    if (found !== undefined) return found;
    throw new MillraceError('TOPIC_MISSING', `The embedded log has no partition ${partitionName(at)}`);
  }
}

const logRecord = (at: number, [timestamp, key, headers, value]: StoredRecord): LogRecord => ({
  offset: offset(at),
  timestamp,
  key,
  headers,
  value,
});
