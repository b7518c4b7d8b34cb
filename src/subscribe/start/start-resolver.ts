import type { CursorCodec, PartitionPosition, StreamPosition } from '../../core/cursor.js';
import type { Partition } from '../../core/ids.js';
import { EventsLost } from '../../hub/events-lost.js';
import type { FollowedPartition } from '../../hub/followed-partition.js';
import type { Hub } from '../../hub/hub.js';
import type { ObservedTopic } from '../../hub/topic-watch.js';
import { cursorScopeOf, type Plan } from '../plan/plan.js';
import type { Resync } from './resync.js';
import { type StartPositions, startAfter, startAt } from './start-positions.js';

export interface StartResolverParts {
  readonly hub: Hub;
  readonly codec: CursorCodec;
  readonly resync: Resync;
}

/** Turns what a request says about its start (`after`, `since`, nothing) into positions. */
export class StartResolver {
  readonly #parts: StartResolverParts;

  constructor(parts: StartResolverParts) {
    this.#parts = parts;
  }

  /**
   * @param key `undefined`: every key
   * @param after the cursor to resume after; it wins over `since`
   * @throws {MillraceError} CURSOR_INVALID; RESYNC_REQUIRED when events after the cursor are gone (D5)
   */
  async starts(
    plan: Plan,
    key: string | undefined,
    { partitions }: ObservedTopic,
    after: string | undefined,
  ): Promise<StartPositions> {
    const { hub, codec } = this.#parts;
    const placement = hub.placementOf(plan.binding.topic, key);
    if (after !== undefined) {
      const cursor = codec.read(after, cursorScopeOf(plan));
      await this.#verify(plan, key, cursor);
      return startAfter(cursor, placement, partitions);
    }
    if (plan.since === undefined) return startAt({ from: 'now' }, placement, partitions);
    return startAt({ from: 'time', timestamp: plan.since }, placement, partitions);
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
