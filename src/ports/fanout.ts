import type { Relayed } from '../core/event.js';
import type { Offset, TopicId } from '../core/ids.js';
import type { TopicIdPartition, TopicPartition } from '../core/position.js';

/** A relay's right to write one partition, until somebody else claims it. */
export interface Claim {
  /** Larger than every earlier claim's on this partition, also after a wipe of the fan-out. */
  readonly token: string;
  /** Up to where the partition has been relayed or passed over; `undefined`: the fan-out does not know. */
  readonly passed: Offset | undefined;
  /** The topic that `passed` is of, as the last `reset` said; `undefined`: not known. */
  readonly topicId: TopicId | undefined;
}

/** Where a relay begins with a partition. */
export interface Start {
  readonly topicId: TopicId | undefined;
  readonly passed: Offset;
}

/** How far a partition was relayed. */
export interface Newest {
  /** As the last `reset` said. */
  readonly topicId: TopicId | undefined;
  /** The newest event relayed, or else where the partition was last reset. */
  readonly last: Offset;
}

/** A stretch of one partition: everything visible in `(after, through]`. */
export interface Stretch {
  readonly after: Offset;
  readonly through: Offset;
  /** In offset order. Fewer than the stretch is long where offsets have nothing to show. */
  readonly events: readonly Relayed[];
}

export type RelayOutcome =
  /** `duplicates` of the events were there already, by offset or by the id of an idempotent event. */
  | { readonly status: 'RELAYED'; readonly duplicates: number }
  /** Another relay has claimed the partition (or the fan-out was wiped): nothing was written. */
  | { readonly status: 'FENCED' }
  /** The fan-out stands at `passed`, before the stretch begins: nothing was written. */
  | { readonly status: 'GAP'; readonly passed: Offset };

/**
 * What a node that follows a partition hears. Called in the order in which the relay wrote. Each call says
 * which topic it is of, by the id of the last `reset`: a topic that was deleted and made anew has the same
 * name and the same offsets.
 */
export interface FanoutListener {
  /**
   * `events` follow each other without a gap, and the first follows `prev`: nothing visible is between
   * `prev` and it, unless it is no longer in the log.
   */
  relayed(prev: Offset, events: readonly Relayed[], topicId: TopicId | undefined): void;
  /** The partition was relayed so far. Shows a loss that nothing follows. */
  beat({ last, topicId }: Newest): void;
  /** The connection was lost and is back: anything may have been missed. */
  resumed(): void;
}

/**
 * Carries each relayed event once to every node that follows its partition, and keeps a window of the
 * recent ones. Disposable: all of it may be lost at any time, and what it publishes may be dropped.
 *
 * Whoever implements it MUST pass test/contract/fanout.ts.
 */
export interface Fanout extends AsyncDisposable {
  /** What it is, for the start-up lines: `Redis at 127.0.0.1:6379`. */
  readonly description: string;

  /** Takes the right to relay a partition from whoever had it. */
  claim(partition: TopicPartition, signal: AbortSignal): Promise<Claim>;

  /**
   * Forgets the window and the progress of a partition and sets its topic and its progress: the first
   * relay after a wipe, after the topic was recreated, or after retention passed the progress. What is
   * relayed next follows `passed`. FENCED like `relay`.
   */
  reset(partition: TopicPartition, token: string, start: Start): Promise<'RESET' | 'FENCED'>;

  /**
   * In one atomic step: checks the token, drops events at or below the progress and idempotent events
   * whose id the partition has seen, refuses a gap, adds the rest to the window, publishes them, and
   * moves the progress to `through`. Safe to repeat after an unknown result.
   * @throws {MillraceError} FANOUT_UNAVAILABLE; whether it was done is unknown
   */
  relay(partition: TopicPartition, token: string, stretch: Stretch): Promise<RelayOutcome>;

  /** Publishes `beat` with what `newest` answers. Does nothing for a partition that was never reset. */
  beat(partition: TopicPartition): Promise<void>;

  /**
   * Listens to a partition. Resolves only when the fan-out has acknowledged it: whatever is relayed after
   * that is heard (or dropped, but never merely late to be subscribed). Disposing stops it.
   */
  follow(partition: TopicPartition, listener: FanoutListener): Promise<AsyncDisposable>;

  /**
   * The visible events in `(after, through]`, or `undefined` when the window cannot prove that it has all
   * of them (they were trimmed, or not yet relayed), or is one of another topic.
   */
  window(
    partition: TopicIdPartition,
    after: Offset,
    through: Offset,
  ): Promise<readonly Relayed[] | undefined>;

  /** For each partition how far it was relayed; `undefined` where that is not known. */
  newest(partitions: readonly TopicPartition[]): Promise<readonly (Newest | undefined)[]>;
}
