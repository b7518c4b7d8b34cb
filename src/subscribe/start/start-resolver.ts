import type { CursorCodec, PartitionPosition, StreamPosition } from '../../core/cursor.js';
import { type Offset, offset, type Partition, type Topic } from '../../core/ids.js';
import { type KeyPlacement, partitionsOf } from '../../core/partitioner.js';
import type { TopicPartition } from '../../core/position.js';
import { EventsLost } from '../../hub/events-lost.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import type { Hub } from '../../hub/hub.js';
import type { ObservedTopic } from '../../hub/topic-watch.js';
import { cursorScopeOf, type Plan } from '../plan/plan.js';
import type { Resync } from './resync.js';
import {
  type Elsewhere,
  FROM_THE_BEGINNING,
  type StartPosition,
  type StartPositions,
  startAfter,
  startAt,
  startElsewhere,
  startInAddedPartitions,
  timeOf,
} from './start-positions.js';

export interface StartResolverParts {
  readonly hub: Hub;
  readonly codec: CursorCodec;
  readonly resync: Resync;
}

/** Where a subscription begins, and where it would begin in the partitions that it does not follow. */
export interface Starts {
  readonly starts: StartPositions;
  readonly elsewhere: Elsewhere;
}

/** What a running subscription follows. */
export interface Following {
  readonly plan: Plan;
  /** `undefined`: every key. */
  readonly key: string | undefined;
  readonly membership: { readonly followed: readonly FollowedPartition[] };
  /** Its topic when it last got partitions to follow. */
  readonly topic: ObservedTopic;
  /** How to begin in the partitions that it does not follow. `undefined`: it follows all. */
  readonly elsewhere: Elsewhere | undefined;
}

/** Turns what a request says about its start (`after`, `since`, nothing) into positions. */
export class StartResolver {
  readonly #parts: StartResolverParts;

  constructor(parts: StartResolverParts) {
    this.#parts = parts;
  }

  /**
   * @param key `undefined`: every key
   * @param placement of the key
   * @param after the cursor to resume after; it wins over `since`
   * @throws {MillraceError} CURSOR_INVALID; RESYNC_REQUIRED when events after the cursor are gone (D5)
   */
  async starts(
    plan: Plan,
    key: string | undefined,
    { partitions, ends = [] }: ObservedTopic,
    placement: KeyPlacement | undefined,
    after: string | undefined,
  ): Promise<Starts> {
    const { topic } = plan.binding;
    if (after === undefined) {
      const { since } = plan;
      const start: StartPosition = since === undefined ? { from: 'now' } : { from: 'time', timestamp: since };
      return {
        starts: startAt(start, placement, partitions),
        elsewhere: { partitions, start: start.from === 'time' ? start : { from: 'ends', ends } },
      };
    }
    const cursor = this.#parts.codec.read(after, cursorScopeOf(plan));
    await this.#verify(plan, key, cursor);
    const starts = startAfter(cursor, placement, partitions);
    const elsewhere: Elsewhere = {
      partitions: cursor.partitions,
      start: { from: 'cursor', asOf: cursor.asOf },
    };
    if (placement !== undefined) return { starts, elsewhere };
    // The cursor is of a time when the key's partition was followed only.
    const missing = partitionsOf(undefined, partitions).filter((number) => !starts.has(number));
    const others = missing.length === 0 ? [] : await this.elsewhere(topic, elsewhere, missing);
    return { starts: new Map([...starts, ...others]), elsewhere };
  }

  /** D2, D4: where to begin in partitions that a subscription to one key did not follow, so that it misses nothing. */
  async elsewhere(
    topic: Topic,
    { partitions, start }: Elsewhere,
    numbers: readonly Partition[],
  ): Promise<StartPositions> {
    const checked = await this.#parts.hub.placements.checkedRanges(topic, numbers);
    const entries = numbers.map(async (number): Promise<[Partition, StartPosition]> => {
      const before =
        number < partitions ? await this.#before({ topic, partition: number }, start) : undefined;
      if (before === undefined) return [number, FROM_THE_BEGINNING];
      const from = startElsewhere(before, start.from !== 'cursor', checked.get(number));
      return [number, { from: 'position', position: { offset: from, fingerprint: 0 } }];
    });
    return new Map(await Promise.all(entries));
  }

  /** Where to begin in further partitions that it has to follow: added ones, or all, if its key may be in any of them. */
  async inMore(
    { plan, key, topic, membership, elsewhere }: Following,
    now: ObservedTopic,
  ): Promise<StartPositions> {
    const { topic: name } = plan.binding;
    const placement = this.#parts.hub.placementOf(name, key);
    if (placement !== undefined || elsewhere === undefined)
      return startInAddedPartitions(topic, placement, now.partitions);
    const followed = new Set(membership.followed.map(({ at }) => at.partition));
    const missing = partitionsOf(undefined, now.partitions).filter((number) => !followed.has(number));
    return this.elsewhere(name, elsewhere, missing);
  }

  /** `undefined`: not known, so that all of the partition has to be read. */
  async #before(at: TopicPartition, start: Elsewhere['start']): Promise<Offset | undefined> {
    switch (start.from) {
      case 'ends': {
        const end = start.ends[at.partition];
        return end === undefined ? undefined : offset(end - 1);
      }
      case 'positions':
        return start.positions.get(at.partition)?.offset;
      case 'time':
        return this.#parts.hub.offsetBefore(at, start.timestamp);
      case 'cursor':
        return this.#parts.hub.offsetBefore(at, timeOf(start));
    }
  }

  /**
   * The position in each followed partition.
   *
   * The node's own positions are read last, all in one tick, after every lookup in the log: a subscription that
   * starts now is then exactly at the node's position, and becomes live without a replay.
   */
  async positions(
    followed: readonly FollowedPartition[],
    starts: StartPositions,
  ): Promise<Map<Partition, PartitionPosition>> {
    const positions = new Map<Partition, PartitionPosition>();
    const lookups = followed.map(async ({ at }) => {
      const start = starts.get(at.partition);
      if (start?.from === 'position') positions.set(at.partition, start.position);
      if (start?.from !== 'time') return;
      const before = await this.#parts.hub.offsetBefore(at, start.timestamp);
      positions.set(at.partition, { offset: before, fingerprint: 0 });
    });
    await Promise.all(lookups);
    for (const { at, reached } of followed) {
      if (!positions.has(at.partition)) positions.set(at.partition, reached);
    }
    return positions;
  }

  async #verify(plan: Plan, key: string | undefined, cursor: StreamPosition): Promise<void> {
    const { hub, codec, resync } = this.#parts;
    const { topic } = plan.binding;
    try {
      await hub.verify(topic, cursor);
    } catch (error) {
      if (!(error instanceof EventsLost)) throw error;
      throw await resync.error(error, { topic, key, tag: codec.tag(cursorScopeOf(plan)) }, cursor);
    }
  }
}
