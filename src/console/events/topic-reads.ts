import { type Offset, offset, type Topic } from '../../core/ids.js';
import { partitionName, type TopicIdPartition } from '../../core/position.js';
import type { LogRecord } from '../../core/record.js';
import type { RecordDecoder } from '../../core/record-decoder.js';
import { recordBytes } from '../../core/size.js';
import type { Bounds, EventLog } from '../../ports/event-log.js';
import { readRetained } from '../../ports/retained.js';
import { Slots } from '../slots.js';

/** The records of a part of a partition. */
export interface Chunk {
  readonly records: readonly LogRecord[];
  /** The offset after the last one that it covers. */
  readonly next: Offset;
  /** The first offset that is still there, if retention has deleted the beginning. */
  readonly skippedTo: Offset | undefined;
}

/** C4: how many reads of the log all tabs of a node have open. */
const MAX_READS = 4;
/** C4: how many bytes of records a tab keeps of all partitions. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
/** What one fetch of Kafka, and one batch of the embedded log, have about. */
const USUAL_BATCH_BYTES = 1024 * 1024;

/** Reads chunks of partitions for all tabs of a node. Tabs that follow the same topic share the reads of what is new. */
export class TopicReads {
  readonly #log: EventLog;
  readonly #decoder: RecordDecoder;
  readonly #slots = new Slots(MAX_READS);
  /** Those that are under way. */
  readonly #open = new Map<string, Promise<Chunk>>();
  readonly #closed: AbortSignal;

  constructor(log: EventLog, decoder: RecordDecoder, closed: AbortSignal) {
    this.#log = log;
    this.#decoder = decoder;
    this.#closed = closed;
  }

  bounds(topic: Topic, signal: AbortSignal): Promise<readonly Bounds[]> {
    return this.#log.bounds(topic, signal);
  }

  /**
   * Reads the first records of `[from, until)`: as many as the log gives at once, or fewer, so that all `lanes` that a tab
   * reads fit into its memory.
   * @throws {TopicRecreated} as `EventLog.read`
   */
  chunk(at: TopicIdPartition, from: Offset, until: Offset, lanes: number): Promise<Chunk> {
    const key = `${partitionName(at)}:${at.topicId ?? ''}:${from}:${until}:${lanes}`;
    const open = this.#open.get(key);
    if (open !== undefined) return open;
    // Not a tab's signal: others may wait for it too. It ends with its one batch.
    const reading = this.#slots.run(() => this.#read(at, from, until, lanes), this.#closed);
    this.#open.set(key, reading);
    const done = (): void => void this.#open.delete(key);
    reading.then(done, done);
    return reading;
  }

  async #read(at: TopicIdPartition, from: Offset, until: Offset, lanes: number): Promise<Chunk> {
    let skippedTo: Offset | undefined;
    const onSkipped = (earliest: Offset): void => {
      skippedTo = earliest;
    };
    for await (const batch of readRetained(this.#log, { ...at, from, until }, this.#closed, onSkipped)) {
      const first = skippedTo ?? from;
      const within = batch.records.filter((record) => record.offset >= first && record.offset < until);
      const records = fitting(within, MAX_KEPT_BYTES / lanes);
      const last = records.length < within.length ? records.at(-1)?.offset : undefined;
      // A registry that does not answer makes records that cannot be decoded. Their bytes are shown.
      await this.#decoder.prepare(at.topic, records, this.#closed)?.catch(() => undefined);
      return { records, next: offset(Math.min(until, (last ?? batch.last) + 1)), skippedTo };
    }
    return { records: [], next: until, skippedTo };
  }
}

/** The first records, at least one, whose bytes are below the limit. Copies them where the rest of the batch is let go. */
export function fitting(records: readonly LogRecord[], maxBytes: number): readonly LogRecord[] {
  if (maxBytes >= USUAL_BATCH_BYTES) return records;
  let bytes = 0;
  const kept: LogRecord[] = [];
  for (const record of records) {
    bytes += recordBytes(record);
    if (kept.length > 0 && bytes > maxBytes) break;
    kept.push(record.value === null ? record : { ...record, value: Buffer.from(record.value) });
  }
  return kept;
}
