import type { Topic } from '../core/ids.js';
import type { TopicIdPartition } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';
import type { StateChanges } from './batch-processor.js';

/** Header of every changelog record: the id of the input topic. Records of another id are skipped (D5). */
const INPUT_TOPIC_ID = 'millrace-life';
/** Key of the record that says: this partition has adopted this version, and its states are up to date. */
const ADOPTED_KEY = 'taken-up';
const STATE_PREFIX = 'key/';

/** What the changelog of one partition contains. */
interface RestoredStates {
  readonly states: Map<string, string>;
  /** Whether the partition has adopted this version: then the states include everything up to its progress. */
  readonly adopted: boolean;
}

/** Changelog records for state changes. They go to the partition of their input, whatever their key. */
export function changelogRecords(topic: Topic, at: TopicIdPartition, changes: StateChanges): NewRecord[] {
  return [...changes].map(([key, value]) => ({
    topic,
    partition: at.partition,
    key: `${STATE_PREFIX}${key}`,
    headers: headersFor(at),
    value: value === null ? null : Buffer.from(value),
  }));
}

/** The record that marks the version as adopted by one partition. */
export function adoptedRecord(topic: Topic, at: TopicIdPartition): NewRecord {
  const { partition } = at;
  return { topic, partition, key: ADOPTED_KEY, headers: headersFor(at), value: Buffer.from('{}') };
}

/**
 * Reads the states of one partition back.
 * @throws {Error} when the changelog and its input have different numbers of partitions
 */
export async function readChangelog(
  log: EventLog,
  topic: Topic,
  at: TopicIdPartition,
  signal: AbortSignal,
): Promise<RestoredStates> {
  await checkCopartitioned(log, topic, at, signal);
  const bounds = (await log.bounds(topic, signal))[at.partition];
  const states = new Map<string, string>();
  let adopted = false;
  if (bounds === undefined) return { states, adopted };
  const range = { topic, partition: at.partition, from: bounds.earliest, until: bounds.end };
  for await (const { records } of log.read(range, signal)) {
    for (const { key, headers, value } of records) {
      if ((headers[INPUT_TOPIC_ID] ?? '') !== (at.topicId ?? '')) continue;
      if (key === ADOPTED_KEY) adopted = true;
      else if (key?.startsWith(STATE_PREFIX))
        applyChanges(new Map([[key.slice(STATE_PREFIX.length), value?.toString('utf8') ?? null]]), states);
    }
  }
  return { states, adopted };
}

/** Applies changes to states in place. */
export function applyChanges(changes: StateChanges, states: Map<string, string>): void {
  for (const [key, value] of changes) {
    if (value === null) states.delete(key);
    else states.set(key, value);
  }
}

/** An input that gained partitions has moved keys between them: their states are in the wrong place. */
async function checkCopartitioned(log: EventLog, topic: Topic, at: TopicIdPartition, signal: AbortSignal) {
  const described = await log.describe([topic, at.topic], signal);
  const [states, inputs] = [described.get(topic)?.partitions, described.get(at.topic)?.partitions];
  if (states === inputs) return;
  throw new Error(
    `${at.topic} has ${inputs ?? 'no'} partitions, but its changelog ${topic} has ${states ?? 'none'}. Rebuild the state with millrace replay.`,
  );
}

const headersFor = ({ topicId }: TopicIdPartition) => ({ [INPUT_TOPIC_ID]: topicId ?? '' });
