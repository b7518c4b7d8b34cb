import type { Offset, Topic } from '../core/ids.js';
import type { Position } from '../core/position.js';

/**
 * Which protocol a group's members speak. `CLASSIC`: the members assign partitions. `CONSUMER`: the broker does (KIP-848).
 * `STREAMS`: Kafka Streams, assigned by the broker (KIP-1071). `SHARE`: a queue, whose members share partitions (KIP-932).
 */
export type GroupProtocol = 'CLASSIC' | 'CONSUMER' | 'STREAMS' | 'SHARE';

/** A consumer group as the log describes it at the moment, whichever program it belongs to. */
export interface ListedGroup {
  readonly name: string;
  /** `undefined` when the log does not say. */
  readonly protocol: GroupProtocol | undefined;
  /** In the log's own words: `Stable`, `Empty`. */
  readonly state: string;
  /** How many members it has; `undefined` when the log does not say. */
  readonly members: number | undefined;
  /** What the members call themselves, distinct and sorted, at most `MAX_CLIENTS`. */
  readonly clients: readonly string[];
  /** Of the topics that were asked for: those that its members subscribe to, and those in which it has progress. */
  readonly topics: readonly Topic[];
  /** The next offset to be read of each partition in which it has progress. */
  readonly progress: readonly Position[];
}

export const MAX_CLIENTS = 8;

export interface GroupListing {
  /** Those that use one of the topics, sorted by name. */
  readonly groups: readonly ListedGroup[];
  /** How many groups the log has beyond the limit: nothing is known of these. */
  readonly leftOut: number;
  /** What is missing in `groups`, and why: one sentence each, for the operator. */
  readonly gaps: readonly string[];
}

/**
 * What pages for operators ask of a log. Reads only, joins nothing and changes nothing. Each call is a few requests per
 * broker, however many topics and groups there are.
 */
export interface LogInspection {
  /**
   * The consumer groups that use any of `topics`, of this program and of others. What a missing right or a broker that is away
   * hides is named in `gaps`; everything else is in the answer.
   * @param limit how many groups are looked at, those with members first
   * @throws {MillraceError} LOG_UNAVAILABLE when no broker answers
   */
  groups(topics: readonly Topic[], limit: number, signal: AbortSignal): Promise<GroupListing>;

  /**
   * The `end` of each partition, as `Bounds` defines it. Topics that do not exist, or that this process may not describe, are
   * missing in the answer; so are topics of which a partition has no leader at the moment.
   * @throws {MillraceError} LOG_UNAVAILABLE
   */
  ends(topics: readonly Topic[], signal: AbortSignal): Promise<ReadonlyMap<Topic, readonly Offset[]>>;

  /**
   * How many partitions each topic has that this process may describe, the log's internal topics included.
   * @throws {MillraceError} LOG_UNAVAILABLE, also for brokers that cannot say (Kafka before 2.8)
   */
  topics(signal: AbortSignal): Promise<ReadonlyMap<Topic, number>>;
}
