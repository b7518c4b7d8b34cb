import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import {
  type Offset,
  offset,
  type Partition,
  partition,
  type Topic,
  type TopicId,
  topic,
} from '../../src/core/ids.js';
import { partitionOfKey } from '../../src/core/partitioner.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../../src/core/position.js';
import type { LogBatch, LogRecord, NewRecord } from '../../src/core/record.js';
import type { GroupHandler } from '../../src/ports/consumer-groups.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { TransactionalBatch } from '../../src/ports/transactional-commit.js';

/** What an adapter provides: a log, further clients of the same log, and a way to close them. */
export interface EventLogHarness {
  readonly log: EventLog;
  /** Another client of the same log; the harness's `close` need not dispose it, the suite does. */
  open(): Promise<EventLog>;
  close(): Promise<void>;
}

export const P0 = partition(0);

/** Upper bounds, not expectations: a real log on a busy machine may take seconds. */
export const TEST_TIMEOUT = 120_000;
export const POLL = { timeout: 60_000, interval: 20 } as const;

/** A signal for a call that should answer: a call that hangs fails before the test times out. */
export const soon = (): AbortSignal => AbortSignal.timeout(90_000);

export const uniqueTopic = (label: string): Topic => topic(`contract.${label}.${randomUUID()}`);
export const uniqueGroup = (): string => `contract.${randomUUID()}`;

export async function newTopic(log: EventLog, label: string, partitions: number): Promise<Topic> {
  const name = uniqueTopic(label);
  await log.ensureTopics([{ topic: name, partitions, replicas: 1, config: {} }], { create: true }, soon());
  return name;
}

export function record(to: Topic, key: string | null, value: string): NewRecord {
  return { topic: to, key, headers: {}, value: Buffer.from(value) };
}

/** `count` records with the values `0`, `1`, … and as many keys. */
export function numbered(to: Topic, count: number): NewRecord[] {
  return Array.from({ length: count }, (_, i) => record(to, `key-${i}`, String(i)));
}

/** A key whose records are in `partition`. */
export function keyOf(partition: Partition, partitions: number): string {
  for (let i = 0; ; i++) if (partitionOfKey(`p${i}`, partitions) === partition) return `p${i}`;
}

/** Waits until `recorder` has handled at least `count` records. */
export const handledAll = (recorder: Recorder, count: number): Promise<void> =>
  expect.poll(() => recorder.handled.length, POLL).toBeGreaterThanOrEqual(count);

export const text = ({ value }: LogRecord): string | null => value?.toString() ?? null;

export async function readBatches(
  log: EventLog,
  at: TopicPartition,
  from: number,
  until?: number,
): Promise<LogBatch[]> {
  const range = { ...at, from: offset(from), ...(until === undefined ? {} : { until: offset(until) }) };
  const batches: LogBatch[] = [];
  for await (const batch of log.read(range, soon())) batches.push(batch);
  return batches;
}

/** The records of a partition from `from` on. */
export async function readRecords(log: EventLog, at: TopicPartition, from = 0): Promise<LogRecord[]> {
  return (await readBatches(log, at, from)).flatMap(({ records }) => [...records]);
}

/** A handler that records its calls and its partitions. Commits each batch by default. */
export class Recorder implements GroupHandler<TransactionalBatch> {
  /** The partitions this member has now. */
  readonly owned = new Set<string>();
  /** Every call, in order: `assigned t/0`, `batch t/0`. */
  readonly calls: string[] = [];
  /** The topic ids of all calls of `assigned`. */
  readonly topicIds: (TopicId | undefined)[] = [];
  /** The records of the batches whose handling succeeded. */
  readonly handled: { at: string; offset: Offset; value: string | null }[] = [];

  constructor(
    private readonly handle: (batch: TransactionalBatch) => Promise<unknown> = (batch) => batch.commit(),
    private readonly begin: (at: TopicPartition) => Offset | undefined = () => undefined,
  ) {}

  async assigned(at: TopicIdPartition, signal: AbortSignal): Promise<Offset | undefined> {
    const name = partitionName(at);
    this.calls.push(`assigned ${name}`);
    this.topicIds.push(at.topicId);
    this.owned.add(name);
    signal.addEventListener('abort', () => this.owned.delete(name), { once: true });
    return this.begin(at);
  }

  async batch(batch: TransactionalBatch): Promise<void> {
    const at = partitionName(batch);
    this.calls.push(`batch ${at}`);
    await this.handle(batch);
    for (const one of batch.records) this.handled.push({ at, offset: one.offset, value: text(one) });
  }

  /** The values handled, of one partition or of all, in the order of handling. */
  values(at?: string): (string | null)[] {
    return this.handled.filter((one) => at === undefined || one.at === at).map(({ value }) => value);
  }
}

/** `0`, `1`, … as the values of `numbered` are, in the order of a plain sort. */
export const numbersTo = (count: number, from = 0): string[] =>
  Array.from({ length: count - from }, (_, i) => String(i + from)).sort();
