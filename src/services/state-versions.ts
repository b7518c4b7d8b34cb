import { z } from 'zod';
import { type Offset, offset, partition, type Topic, type TopicId, topic } from '../core/ids.js';
import type { TopicIdPartition, TopicPartition } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import type { EventLog, TopicSpec } from '../ports/event-log.js';

/** One folding of a service's state: the first, or one that a replay made beside another. */
export interface StateVersion {
  /** `undefined`: the first. */
  readonly id: string | undefined;
  /** Up to where a replay folded each partition, by topic. A service takes the generation up from there on. */
  readonly bases: Readonly<Record<string, Base>>;
}

interface Base {
  /** The id of the topic that was folded; `null` where the log does not tell. */
  readonly life: string | null;
  /** The offset after the last one folded, by partition. */
  readonly next: readonly number[];
}

/** The one before any replay: nothing was folded for it. */
export const FIRST_VERSION: StateVersion = { id: undefined, bases: {} };

const written = z.object({
  id: z.string().min(1),
  bases: z.record(z.string(), z.object({ life: z.string().nullable(), next: z.array(z.number()) })),
});

/** Where the states of one generation for one input topic are, partition by partition as in the input. */
export function changelogTopic(group: string, input: Topic, { id }: StateVersion): Topic {
  return topic(`${group}.state.${input}${id === undefined ? '' : `.${id}`}`);
}

/** The topic that lists the generations: one record makes a rebuilt state the one that counts. */
export const versionsTopic = (group: string): Topic => topic(`${group}.state`);

/** What a group's state needs to be there, for inputs with these numbers of partitions. */
export function stateTopics(
  group: string,
  inputs: ReadonlyMap<Topic, { readonly partitions: number }>,
  generation: StateVersion,
  replicas: number,
): TopicSpec[] {
  const config = { 'cleanup.policy': 'compact' };
  const states = [...inputs].map(([input, { partitions }]) => ({
    topic: changelogTopic(group, input, generation),
    partitions,
    replicas,
    config,
  }));
  return [{ topic: versionsTopic(group), partitions: 1, replicas, config }, ...states];
}

/** RebuildFrom where on a service folds what the generation does not have yet. Of another topic nothing was folded. */
export function baseOffset({ bases }: StateVersion, at: TopicPartition, life: TopicId | undefined): Offset {
  const base = bases[at.topic];
  if (base === undefined) return offset(0);
  if (base.life !== null && life !== undefined && base.life !== life) return offset(0);
  return offset(base.next[at.partition] ?? 0);
}

/** The record that makes a generation count, for all partitions at once. */
export function versionRecord(group: string, generation: StateVersion): NewRecord {
  const value = Buffer.from(JSON.stringify(generation));
  return { topic: versionsTopic(group), key: generation.id ?? null, headers: {}, value };
}

/** The generations of a group, asked of the log. */
export class StateVersions {
  #known: readonly StateVersion[] = [FIRST_VERSION];
  #next = offset(0);

  constructor(
    private readonly log: EventLog,
    private readonly group: string,
  ) {}

  /** The newest generation that a service can take up whose next event in the partition is at `first`. */
  async at(place: TopicIdPartition, first: Offset, signal: AbortSignal): Promise<StateVersion> {
    await this.#update(signal);
    const ready = (one: StateVersion): boolean => baseOffset(one, place, place.topicId) <= first;
    return this.#known.findLast(ready) ?? FIRST_VERSION;
  }

  async #update(signal: AbortSignal): Promise<void> {
    const name = versionsTopic(this.group);
    const [bounds] = await this.log.bounds(name, signal);
    if (bounds === undefined || bounds.end <= this.#next) return;
    const known: StateVersion[] = [FIRST_VERSION];
    const range = { topic: name, partition: partition(0), from: bounds.earliest, until: bounds.end };
    for await (const { records } of this.log.read(range, signal)) {
      for (const { value } of records)
        if (value !== null) known.push(written.parse(JSON.parse(value.toString('utf8'))));
    }
    this.#known = known;
    this.#next = bounds.end;
  }
}
