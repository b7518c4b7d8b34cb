import { type Offset, offset, type Topic } from '../core/ids.js';
import type { TopicIdPartition } from '../core/position.js';
import type { LogBatch, NewRecord } from '../core/record.js';
import type { EventLog, Range } from '../ports/event-log.js';
import { type BatchProcessor, type Changes, DEFAULT_REMEMBERED_IDS, type States } from './batch-processor.js';
import { baseOffset, changelogTopic, type StateVersion } from './state-versions.js';

/** Of a state record: to which topic the input belonged. What is of another topic is passed over. */
const LIFE = 'millrace-life';
/** The key of the record that says: the states here are as far as the group's progress. */
const ADOPTED_KEY = 'taken-up';
const changelogKey = (key: string): string => `key/${key}`;

export interface RestoreOptions {
  readonly log: EventLog;
  readonly group: string;
  readonly generation: StateVersion;
  readonly at: TopicIdPartition;
  /** The service's next event: everything before it is in the state. */
  readonly first: Offset;
  readonly processor: BatchProcessor;
  readonly rememberedIds?: number | undefined;
  readonly signal: AbortSignal;
}

/** The states of one partition in one generation, as far as they are committed. All of them are in memory. */
export class PartitionState {
  readonly generation: StateVersion;
  readonly #topic: Topic;
  readonly #at: TopicIdPartition;
  readonly #states: Map<string, string>;
  /** What was folded while it was loaded, and goes with the next commit. `undefined`: it has gone. */
  #folded: Changes | undefined;

  private constructor(
    { generation, group, at }: RestoreOptions,
    states: Map<string, string>,
    folded: Changes | undefined,
  ) {
    this.generation = generation;
    this.#topic = changelogTopic(group, at.topic, generation);
    this.#at = at;
    this.#states = states;
    this.#folded = folded;
  }

  /**
   * Reads the states back. A generation that this partition has not taken up ends at its base: what the
   * service has handled since is folded first, and what the service says to that is discarded. To fold is
   * to handle again: what was handled on another state says nothing of what is in this one (D1).
   */
  static async load(options: RestoreOptions): Promise<PartitionState> {
    const { log, generation, at, first, processor, rememberedIds = DEFAULT_REMEMBERED_IDS, signal } = options;
    const { states, adopted } = await readStates(options);
    const { earliest } = (await log.bounds(at.topic, signal))[at.partition] ?? { earliest: offset(0) };
    const base = adopted ? first : offset(Math.max(baseOffset(generation, at, at.topicId), earliest));
    const until = offset(Math.min(base, first));
    const known = offset(Math.max(until - rememberedIds, earliest));
    const anew = processor.anew();
    for await (const batch of within(log, { ...at, from: known, until }, signal)) anew.recall(batch);
    const folded = new Map<string, string | null>();
    const range = { ...at, from: base, until: first };
    for await (const batch of fold({ log, processor: anew, range, states, signal }))
      for (const [key, value] of batch.changes) folded.set(key, value);
    processor.adopt(anew);
    return new PartitionState(options, states, adopted ? undefined : folded);
  }

  get states(): States {
    return this.#states;
  }

  /** What has to be committed, in one step with outputs and progress, to make `changes` count. */
  records(changes: Changes): NewRecord[] {
    const all = this.#folded === undefined ? changes : new Map([...this.#folded, ...changes]);
    const records = changelogRecords(this.#topic, this.#at, all);
    return this.#folded === undefined ? records : [...records, adopted(this.#topic, this.#at)];
  }

  committed(changes: Changes): void {
    this.#folded = undefined;
    apply(changes, this.#states);
  }
}

/** The records of states in a partition of a state topic: whatever the key, beside their input. */
export function changelogRecords(topic: Topic, at: TopicIdPartition, changes: Changes): NewRecord[] {
  return [...changes].map(([key, value]) => ({
    topic,
    partition: at.partition,
    key: changelogKey(key),
    headers: headersOf(at),
    value: value === null ? null : Buffer.from(value),
  }));
}

export function apply(changes: Changes, states: Map<string, string>): void {
  for (const [key, value] of changes) {
    if (value === null) states.delete(key);
    else states.set(key, value);
  }
}

/** Lets the service handle a range again, into `states`. What it says is discarded. */
export async function* fold({
  log,
  processor,
  range,
  states,
  signal,
}: {
  readonly log: EventLog;
  readonly processor: BatchProcessor;
  readonly range: Range & { readonly until: Offset };
  readonly states: Map<string, string>;
  readonly signal: AbortSignal;
}): AsyncIterable<{ readonly changes: Changes; readonly last: Offset; readonly events: number }> {
  for await (const batch of within(log, range, signal)) {
    const { changes, repeatable, said } = await processor.run(batch, states, signal);
    apply(changes, states);
    processor.settle(repeatable);
    yield { changes, last: batch.last, events: said.length };
  }
}

/** A range of the log, and none of what its last batch has beyond. */
async function* within(
  log: EventLog,
  range: Range & { readonly until: Offset },
  signal: AbortSignal,
): AsyncIterable<LogBatch> {
  if (range.from >= range.until) return;
  for await (const batch of log.read(range, signal)) {
    const records = batch.records.filter((one) => one.offset >= range.from && one.offset < range.until);
    yield { ...batch, records, last: offset(Math.min(batch.last, range.until - 1)) };
  }
}

async function readStates({ log, group, generation, at, signal }: RestoreOptions) {
  const topic = changelogTopic(group, at.topic, generation);
  await checkPartitions(log, topic, at, signal);
  const bounds = (await log.bounds(topic, signal))[at.partition];
  const states = new Map<string, string>();
  let adopted = false;
  if (bounds === undefined) return { states, adopted };
  const range = { topic, partition: at.partition, from: bounds.earliest, until: bounds.end };
  for await (const { records } of log.read(range, signal)) {
    for (const { key, headers, value } of records) {
      if ((headers[LIFE] ?? '') !== (at.topicId ?? '')) continue;
      if (key === ADOPTED_KEY) adopted = true;
      else if (key?.startsWith('key/'))
        apply(new Map([[key.slice(4), value === null ? null : value.toString('utf8')]]), states);
    }
  }
  return { states, adopted };
}

/** A topic that has grown has moved its keys to other partitions: their states are not where they look. */
async function checkPartitions(log: EventLog, topic: Topic, at: TopicIdPartition, signal: AbortSignal) {
  const there = await log.describe([topic, at.topic], signal);
  const [states, inputs] = [there.get(topic)?.partitions, there.get(at.topic)?.partitions];
  if (states === inputs) return;
  throw new Error(
    `${at.topic} has ${inputs ?? 'no'} partitions and ${topic}, with the states of its keys, ${states ?? 'none'}: build the state anew with millrace replay`,
  );
}

const headersOf = ({ topicId }: TopicIdPartition) => ({ [LIFE]: topicId ?? '' });

function adopted(topic: Topic, at: TopicIdPartition): NewRecord {
  const { partition } = at;
  return { topic, partition, key: ADOPTED_KEY, headers: headersOf(at), value: Buffer.from('{}') };
}
