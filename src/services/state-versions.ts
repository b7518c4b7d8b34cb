import { z } from 'zod';
import { withSignal } from '../core/async.js';
import { type Offset, offset, partition, type Topic, type TopicId, topic } from '../core/ids.js';
import type { TopicIdPartition, TopicPartition } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import type { EventLog, TopicSpec } from '../ports/event-log.js';

/**
 * One version of a service's state, with changelog topics of its own. The first version has grown with the
 * service; `millrace replay` builds another one beside it and then makes it current.
 */
export interface StateVersion {
  /** `undefined`: the first version. */
  readonly id: string | undefined;
  /**
   * How far the rebuild folded each input topic. The member that owns a partition folds the events from there up to the
   * service's own progress when it adopts the version.
   */
  readonly bases: Readonly<Record<string, RebuiltTopic>>;
}

/** How far a rebuild folded one input topic. */
export interface RebuiltTopic {
  /** The id of the topic; `null` if the log does not report ids. (`life` is its stored name.) */
  readonly life: string | null;
  /** The offset after the last folded event, by partition. */
  readonly next: readonly number[];
}

/** The version that exists without any rebuild: it begins with the first event of each topic. */
export const FIRST_VERSION: StateVersion = { id: undefined, bases: {} };

const storedVersion = z.object({
  id: z.string().min(1),
  bases: z.record(z.string(), z.object({ life: z.string().nullable(), next: z.array(z.number()) })),
});

/** The changelog of one input topic: compacted, and co-partitioned with its input. */
export function changelogTopic(group: string, input: Topic, { id }: StateVersion): Topic {
  return topic(`${group}.state.${input}${id === undefined ? '' : `.${id}`}`);
}

/** The topic that lists the versions. Its last record names the current one, for all partitions at once. */
const versionsTopic = (group: string): Topic => topic(`${group}.state`);

/** The topics that one version of a group's state needs, for inputs with these numbers of partitions. */
export function stateTopicSpecs(
  group: string,
  inputs: ReadonlyMap<Topic, { readonly partitions: number }>,
  version: StateVersion,
  replicas: number,
): TopicSpec[] {
  const config = { 'cleanup.policy': 'compact' };
  const changelogs = [...inputs].map(([input, { partitions }]) => ({
    topic: changelogTopic(group, input, version),
    partitions,
    replicas,
    config,
  }));
  return [{ topic: versionsTopic(group), partitions: 1, replicas, config }, ...changelogs];
}

/**
 * The first offset that the version does not contain yet. It is 0 for a topic that was recreated after the
 * rebuild: none of its events were folded.
 */
export function baseOffset({ bases }: StateVersion, at: TopicPartition, id: TopicId | undefined): Offset {
  const base = bases[at.topic];
  if (base === undefined) return offset(0);
  if (base.life !== null && id !== undefined && base.life !== id) return offset(0);
  return offset(base.next[at.partition] ?? 0);
}

/** The record that makes a version current. */
export function versionRecord(group: string, version: StateVersion): NewRecord {
  const value = Buffer.from(JSON.stringify(version));
  return { topic: versionsTopic(group), key: version.id ?? null, headers: {}, value };
}

/** How long a read of the versions may take. The batches that wait for it are retried. */
const REFRESH_TIMEOUT_MS = 15_000;

/** Reads the versions of a group's state from the log. */
export class StateVersions {
  readonly #log: Pick<EventLog, 'bounds' | 'read'>;
  readonly #topic: Topic;
  /** Oldest first. */
  #versions: readonly StateVersion[] = [FIRST_VERSION];
  /** The end of the versions topic when `#versions` was read. */
  #end = offset(0);
  /** Settles when the refresh under way has ended. */
  #refreshing: Promise<unknown> = Promise.resolve();
  /** The refresh after it, for all who have asked since it began. */
  #next: Promise<void> | undefined;

  constructor(log: Pick<EventLog, 'bounds' | 'read'>, group: string) {
    this.#log = log;
    this.#topic = versionsTopic(group);
  }

  /**
   * The newest version that the partition can adopt when the service's next event is at `next`. A version that
   * has folded further than that is not usable yet: it would apply those events twice.
   */
  async adoptable(at: TopicIdPartition, next: Offset, signal: AbortSignal): Promise<StateVersion> {
    await withSignal(this.#refreshed(), signal);
    const isReached = (version: StateVersion): boolean => baseOffset(version, at, at.topicId) <= next;
    return this.#versions.findLast(isReached) ?? FIRST_VERSION;
  }

  /**
   * One refresh at a time for all partitions. A caller never shares the one that is under way: it may have read the log
   * before the version was switched, and the caller's batch may come from after that.
   */
  #refreshed(): Promise<void> {
    this.#next ??= this.#refreshing.then(() => {
      this.#next = undefined;
      const refresh = this.#refresh(AbortSignal.timeout(REFRESH_TIMEOUT_MS));
      this.#refreshing = refresh.catch(() => {}); // Its callers have the failure.
      return refresh;
    });
    return this.#next;
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const [bounds] = await this.#log.bounds(this.#topic, signal);
    if (bounds === undefined || bounds.end <= this.#end) return;
    const versions: StateVersion[] = [FIRST_VERSION];
    const range = { topic: this.#topic, partition: partition(0), from: bounds.earliest, until: bounds.end };
    for await (const { records } of this.#log.read(range, signal)) {
      for (const { value } of records)
        if (value !== null) versions.push(storedVersion.parse(JSON.parse(value.toString('utf8'))));
    }
    this.#versions = versions;
    this.#end = bounds.end;
  }
}
