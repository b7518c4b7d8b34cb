import { withSignal } from '../../core/async.js';
import { type Offset, offset, type Partition, partition, type Topic, type TopicId } from '../../core/ids.js';
import type { LogRecord } from '../../core/record.js';
import { recordBytes } from '../../core/size.js';
import type { Bounds } from '../../ports/event-log.js';
import type { CpuShare } from './cpu-share.js';
import { type EventRow, rowOf } from './row.js';
import type { Selection } from './selection.js';
import { fitting, type TopicReads } from './topic-reads.js';

interface BackwardsOptions {
  readonly topic: Topic;
  readonly topicId: TopicId | undefined;
  readonly bounds: readonly Bounds[];
  /** The offset after the newest record that is looked at, of each partition. */
  readonly before: ReadonlyMap<Partition, Offset>;
  /** How many rows are wanted. */
  readonly limit: number;
  readonly selection: Selection;
  readonly reads: TopicReads;
  readonly cpu: CpuShare;
  readonly signal: AbortSignal;
}

interface Backwards {
  /** Oldest first. */
  readonly rows: readonly EventRow[];
  /** The position before all that was looked at. */
  readonly from: ReadonlyMap<Partition, Offset>;
  readonly read: number;
  readonly failed: number;
  readonly isAtStart: boolean;
}

/** S4: how many offsets one call reads, all partitions together. */
const MAX_OFFSETS = 20_000;
/** C4: how many bytes of records one call keeps, all partitions together. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;
/** The fewest offsets that are read of a partition at once. */
const MIN_SPAN = 16;

/** One partition that is read backwards. */
interface BackLane {
  readonly partition: Partition;
  readonly earliest: Offset;
  /** The offset of the oldest record that was handled, or where it began. */
  at: Offset;
  /** The first offset that was read. */
  low: Offset;
  /** Not yet handled, in the order of offsets. */
  records: LogRecord[];
}

/**
 * The newest matching records before a position: of the last records of all partitions the one with the latest time is next,
 * as `Lanes` merges them forwards. Stops at a bound, and says where.
 */
export async function readBackwards(options: BackwardsOptions): Promise<Backwards> {
  const { before, bounds, limit, selection, topic, cpu, signal } = options;
  const lanes = [...before].map(([number, at]): BackLane => {
    const earliest = bounds[number]?.earliest ?? offset(0);
    return { partition: number, earliest, at, low: at, records: [] };
  });
  const rows: EventRow[] = [];
  let [read, failed, left] = [0, 0, MAX_OFFSETS];
  let span = Math.max(MIN_SPAN, Math.ceil((2 * limit) / Math.max(1, lanes.length)));
  for (;;) {
    const hungry = lanes.filter((lane) => lane.records.length === 0 && lane.low > lane.earliest);
    if (hungry.length > 0) {
      const each = Math.min(span, Math.floor(left / hungry.length));
      if (each === 0) break;
      left -= each * hungry.length;
      await Promise.all(hungry.map((lane) => load(lane, each, lanes.length, options)));
      span *= 2;
      continue;
    }
    await cpu.run((isTickOver) => {
      do {
        const lane = latest(lanes);
        const record = lane?.records.pop();
        if (lane === undefined || record === undefined) return true;
        const at = { topic, partition: lane.partition };
        const selected = selection.select(record, at);
        lane.at = record.offset;
        read += 1;
        if (selected.is === 'FAILED') failed += 1;
        if (selected.is === 'SHOWN') rows.push(rowOf(record, lane.partition, selected.decoded));
        if (lane.records.length === 0) lane.at = lane.low;
        if (rows.length >= limit || (lane.records.length === 0 && lane.low > lane.earliest)) return true;
      } while (!isTickOver());
      return false;
    }, signal);
    const isDone = lanes.every(({ records, low, earliest }) => records.length === 0 && low <= earliest);
    if (rows.length >= limit || isDone) break;
  }
  return {
    rows: rows.reverse(),
    from: new Map(lanes.map((lane) => [lane.partition, lane.at])),
    read,
    failed,
    isAtStart: lanes.every(({ at, earliest }) => at <= earliest),
  };
}

/** Reads the span before what was read of a partition. Keeps the newest records of it that fit. */
async function load(
  lane: BackLane,
  span: number,
  lanes: number,
  { topic, topicId, reads, signal }: BackwardsOptions,
): Promise<void> {
  const at = { topic, topicId, partition: partition(lane.partition) };
  const until = lane.low;
  const maxBytes = MAX_KEPT_BYTES / lanes;
  let low = offset(Math.max(lane.earliest, until - span));
  const kept: LogRecord[] = [];
  let bytes = 0;
  for (let from = low; from < until; ) {
    const chunk = await withSignal(reads.chunk(at, from, until, lanes), signal);
    if (chunk.skippedTo !== undefined) low = offset(Math.max(low, chunk.skippedTo));
    for (const record of chunk.records) bytes += recordBytes(record);
    kept.push(...fitting(chunk.records, maxBytes));
    while (bytes > maxBytes && kept.length > 1) {
      const dropped = kept.shift();
      if (dropped === undefined) break;
      bytes -= recordBytes(dropped);
      low = offset(dropped.offset + 1);
    }
    from = chunk.next;
  }
  lane.low = low;
  lane.records = kept;
  // Nothing is there: holes, which transactions and compaction leave.
  if (kept.length === 0) lane.at = low;
}

function latest(lanes: readonly BackLane[]): BackLane | undefined {
  let found: BackLane | undefined;
  let time = Number.NEGATIVE_INFINITY;
  for (const lane of lanes) {
    const record = lane.records.at(-1);
    if (record !== undefined && (found === undefined || record.timestamp >= time)) {
      found = lane;
      time = record.timestamp;
    }
  }
  return found;
}
