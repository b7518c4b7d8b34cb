import { MillraceError } from '../core/errors.js';
import { type Offset, offset, type Topic, type TopicId, topic } from '../core/ids.js';
import type { PartitionLife } from '../core/position.js';
import type { LogRecord, NewRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';

/** The generation of states that a service begins with; `millrace replay` makes others. */
export const FIRST_GENERATION = '1';

/**
 * The states of a service, for one topic that it follows and one generation. It is compacted, and has as many
 * partitions as the topic: the states of a partition's keys are in the partition of the same number.
 */
export function stateTopic(group: string, generation: string, of: Topic): Topic {
  return topic(`${group}.state.${generation}.${of}`);
}

/** Which topic it is: states of a topic that was deleted say nothing of the one made anew under its name. */
const TOPIC_ID = 'millrace-topic-id';
/** Where a rebuilt generation ends. Keys of states have another prefix. */
const PLACE = 'place';
const KEY = 'key:';

/** Where records about a partition's states go. */
export interface StatePlace {
  readonly group: string;
  readonly generation: string;
  readonly of: PartitionLife;
}

/** @param state JSON; `null`: the key has its initial state again */
export function stateRecord(place: StatePlace, key: string, state: string | null): NewRecord {
  return recordOf(place, `${KEY}${key}`, state);
}

/** Says that a rebuilt generation holds what follows from the events before `next`; `null`: it is in use now. */
export function placeRecord(place: StatePlace, next: Offset | null): NewRecord {
  return recordOf(place, PLACE, next === null ? null : JSON.stringify(next));
}

function recordOf({ group, generation, of }: StatePlace, key: string, value: string | null): NewRecord {
  return {
    topic: stateTopic(group, generation, of.topic),
    key,
    partition: of.partition,
    headers: { [TOPIC_ID]: of.topicId ?? '' },
    value: value === null ? null : Buffer.from(value),
  };
}

export interface Restored {
  /** By key, as JSON: those that differ from the initial one. */
  readonly states: Map<string, string>;
  /** Of a rebuilt generation that nobody has used yet: where it ends. */
  readonly until: Offset | undefined;
}

/**
 * Reads the states of a partition back.
 * @throws {MillraceError} TOPIC_MISSING when the topic has grown beyond its states
 */
export async function restore(log: EventLog, place: StatePlace, signal: AbortSignal): Promise<Restored> {
  const { partition, topicId } = place.of;
  const name = stateTopic(place.group, place.generation, place.of.topic);
  const bounds = (await log.bounds(name, signal))[partition];
  if (bounds === undefined) throw grown(place, name);
  const states = new Map<string, string>();
  let until: Offset | undefined;
  const range = { topic: name, partition, from: bounds.earliest, until: bounds.end };
  for await (const { records } of log.read(range, signal)) {
    for (const record of records) {
      if (!isOf(record, topicId)) continue;
      if (record.key === PLACE) until = placeOf(record);
      const key = record.key?.startsWith(KEY) ? record.key.slice(KEY.length) : undefined;
      if (key === undefined) continue;
      if (record.value === null) states.delete(key);
      else states.set(key, record.value.toString());
    }
  }
  return { states, until };
}

function isOf({ headers }: LogRecord, topicId: TopicId | undefined): boolean {
  return topicId === undefined || headers[TOPIC_ID] === topicId;
}

function placeOf({ value }: LogRecord): Offset | undefined {
  return value === null ? undefined : offset(Number(value.toString()));
}

function grown({ of, group }: StatePlace, name: Topic): MillraceError {
  const text =
    `${of.topic} has more partitions than ${name}: the states of ${group} are where the keys were. ` +
    'A service with states needs a topic that does not grow.';
  return new MillraceError('TOPIC_MISSING', text);
}
