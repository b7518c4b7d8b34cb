import { type Offset, offset, type Topic } from '../core/ids.js';
import type { TopicIdPartition } from '../core/position.js';
import { RECENT_IDS } from '../core/recent-ids.js';
import type { NewRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';
import type { BatchProcessor, StateChanges, States } from './batch-processor.js';
import { adoptedRecord, applyChanges, changelogRecords, readChangelog } from './changelog.js';
import { foldRange, readExactly } from './fold-range.js';
import type { SetAside } from './set-aside.js';
import { baseOffset, changelogTopic, type StateVersion } from './state-versions.js';

interface RestoreOptions {
  readonly log: EventLog;
  readonly group: string;
  readonly version: StateVersion;
  readonly at: TopicIdPartition;
  /** The service's next event: the restored state includes everything before it. */
  readonly next: Offset;
  readonly processor: BatchProcessor;
  readonly rememberedIds?: number | undefined;
  /** Reads which inputs the service has set aside. */
  readonly setAside: () => Promise<SetAside>;
  readonly signal: AbortSignal;
}

const NONE: SetAside = new Set();

/**
 * The committed states of one partition in one version, all of them in memory. It is restored from the
 * changelog when the partition is assigned, and follows each commit.
 */
export class PartitionState {
  readonly version: StateVersion;
  readonly #changelog: Topic;
  readonly #at: TopicIdPartition;
  readonly #states: Map<string, string>;
  /** Changes made while adopting the version. The next commit writes them; `undefined` once it has. */
  #adoption: StateChanges | undefined;

  private constructor(
    { version, group, at }: RestoreOptions,
    states: Map<string, string>,
    adoption: StateChanges | undefined,
  ) {
    this.version = version;
    this.#changelog = changelogTopic(group, at.topic, version);
    this.#at = at;
    this.#states = states;
    this.#adoption = adoption;
  }

  /**
   * Restores the states from the changelog. A version that this partition has not adopted ends where its
   * rebuild stopped, so the events from there up to `next` are folded first. The service has already
   * handled them once, in the old version; the events that it returns now are discarded.
   *
   * D1: duplicates among those events are recognised by a fresh processor. What the old version had handled
   * says nothing about what this version contains.
   */
  static async restore(options: RestoreOptions): Promise<PartitionState> {
    const { log, group, version, at, next, processor, signal } = options;
    const { rememberedIds = RECENT_IDS } = options;
    const { states, adopted } = await readChangelog(
      log,
      changelogTopic(group, at.topic, version),
      at,
      signal,
    );
    const { earliest } = (await log.bounds(at.topic, signal))[at.partition] ?? { earliest: offset(0) };
    const base = adopted ? next : offset(Math.max(baseOffset(version, at, at.topicId), earliest));
    const fresh = processor.fresh();
    // The newest events before `base` are in the states: remember them before folding what follows.
    const until = offset(Math.min(base, next));
    const from = offset(Math.max(until - rememberedIds, earliest));
    for await (const batch of readExactly(log, { ...at, from, until }, signal))
      await fresh.remember(batch, signal);
    const adoption = new Map<string, string | null>();
    const range = { ...at, from: base, until: next };
    const setAside = base < next ? await options.setAside() : NONE;
    for await (const { changes } of foldRange({ log, processor: fresh, range, states, setAside, signal }))
      for (const [key, value] of changes) adoption.set(key, value);
    processor.merge(fresh);
    return new PartitionState(options, states, adopted ? undefined : adoption);
  }

  get states(): States {
    return this.#states;
  }

  /**
   * The changelog records for `changes`. They must be committed in one transaction with the batch's output
   * and progress; call `committed` afterwards.
   */
  records(changes: StateChanges): NewRecord[] {
    if (this.#adoption === undefined) return changelogRecords(this.#changelog, this.#at, changes);
    const all = new Map([...this.#adoption, ...changes]);
    return [...changelogRecords(this.#changelog, this.#at, all), adoptedRecord(this.#changelog, this.#at)];
  }

  /** The records of `changes` are committed. */
  committed(changes: StateChanges): void {
    this.#adoption = undefined;
    applyChanges(changes, this.#states);
  }
}
