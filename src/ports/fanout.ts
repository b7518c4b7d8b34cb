import type { Relayed } from '../core/event.js';
import type { Offset, TopicId } from '../core/ids.js';
import type { TopicIdPartition, TopicPartition } from '../core/position.js';

/** A relay's right to write one partition, until another relay claims it. */
export interface Claim {
  /** Larger than every earlier claim's on this partition, also after a wipe of the fan-out. */
  readonly token: string;
  /** The progress: the last offset that was relayed or has nothing to show. `undefined`: not known. */
  readonly progress: Offset | undefined;
  /** The topic that the progress belongs to, by the last `reset`. `undefined`: not known. */
  readonly topicId: TopicId | undefined;
}

/** What a relay resets a partition to. The next event that it relays follows `progress`. */
export interface ResetPoint {
  readonly topicId: TopicId | undefined;
  readonly progress: Offset;
}

/** How far a partition was relayed. A beat carries this. */
export interface NewestRelayed {
  /** The topic's id, by the last `reset`. */
  readonly topicId: TopicId | undefined;
  /** The offset of the newest relayed event, or else the offset of the last reset. */
  readonly last: Offset;
}

/** What one atomic step relays: everything in a partition that is visible in `(after, through]`. */
export interface RelayChunk {
  readonly after: Offset;
  readonly through: Offset;
  /** In offset order. Offsets of the chunk that have no event here have nothing to show. */
  readonly events: readonly Relayed[];
}

export type RelayOutcome =
  /** `duplicates` counts the events that the fan-out already had, by offset or by the id of an idempotent event. */
  | { readonly status: 'RELAYED'; readonly duplicates: number }
  /** Another relay has claimed the partition, or the fan-out was wiped. Nothing was written. */
  | { readonly status: 'FENCED' }
  /** The progress is `progress`, before the beginning of the chunk. Nothing was written. */
  | { readonly status: 'GAP'; readonly progress: Offset };

/**
 * Receives what is published for a partition, in the order in which the relay wrote it. Each call has the topic's id, by
 * the last `reset`: a recreated topic has the same name and the same offsets.
 */
export interface FanoutListener {
  /**
   * New events. They are contiguous, and the first one follows `prev`: nothing visible is between them, unless the log no
   * longer has it.
   */
  relayed(prev: Offset, events: readonly Relayed[], topicId: TopicId | undefined): void;
  /** The partition was relayed up to `last`. Reveals the loss of the last message (D7). */
  beat({ last, topicId }: NewestRelayed): void;
  /** The layout of the topic has changed (`placement/topic-layout.ts`): read it again. */
  layoutChanged(): void;
  /** The connection was lost and is established again: anything may have been missed. */
  resumed(): void;
}

/**
 * Carries each relayed event once to every node that follows its partition, and keeps a window of the
 * recent ones. It may lose everything at any time, and drop what it publishes: the log is the only source of truth (D6).
 *
 * An implementation MUST pass test/contract/fanout.ts.
 */
export interface Fanout extends AsyncDisposable {
  /** What the fan-out is, for the lines printed at start: `Redis at 127.0.0.1:6379`. */
  readonly description: string;

  /** D9: takes over the right to relay a partition. The relay that had it can write no more. */
  claim(partition: TopicPartition, signal: AbortSignal): Promise<Claim>;

  /**
   * Deletes the window of a partition, and sets its topic and its progress. Needed for the first relay after a wipe, after
   * the topic was recreated, and after retention has passed the progress. FENCED like `relay`.
   */
  reset(partition: TopicPartition, token: string, start: ResetPoint): Promise<'RESET' | 'FENCED'>;

  /**
   * In one atomic step: checks the token, drops events at or below the progress and idempotent events
   * whose id the partition has seen, refuses a gap, adds the rest to the window, publishes them, and
   * moves the progress to `through`. Safe to repeat after an unknown result.
   * @throws {MillraceError} FANOUT_UNAVAILABLE; then the result is unknown
   */
  relay(partition: TopicPartition, token: string, chunk: RelayChunk): Promise<RelayOutcome>;

  /** Publishes a `beat` with the partition's `newest`. Does nothing for a partition that was never reset. */
  beat(partition: TopicPartition): Promise<void>;

  /** Publishes `layoutChanged` to the listeners of a partition. */
  announceLayout(partition: TopicPartition): Promise<void>;

  /**
   * D2: listens to a partition. Resolves once the fan-out has acknowledged the subscription, so everything that is relayed
   * from then on reaches `listener`, unless it is dropped. Disposing stops it.
   */
  follow(partition: TopicPartition, listener: FanoutListener): Promise<AsyncDisposable>;

  /**
   * The visible events in `(after, through]`. `undefined` when the window cannot prove that it has all of them, because
   * they were trimmed or are not relayed yet, or when it belongs to another topic.
   */
  window(
    partition: TopicIdPartition,
    after: Offset,
    through: Offset,
  ): Promise<readonly Relayed[] | undefined>;

  /** How far each partition was relayed. `undefined` where that is not known. */
  newest(partitions: readonly TopicPartition[]): Promise<readonly (NewestRelayed | undefined)[]>;
}
