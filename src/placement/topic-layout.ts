import { z } from 'zod';
import {
  isRecreated,
  type Offset,
  offset,
  type Partition,
  partition,
  type TopicId,
  topicId,
} from '../core/ids.js';
import { isPlaced, type KeyPartitioner, type Partitioner } from '../core/partitioner.js';
import type { Bounds } from '../ports/event-log.js';

/**
 * What is known of where the keys of a topic lie, for one partitioner. A record is misplaced when that partitioner would
 * have put its key into another partition: some producer has another one. Readers of a key then have to look everywhere.
 */
export interface TopicLayout {
  readonly topicId: TopicId | undefined;
  readonly partitions: number;
  /** What the topic was before it grew. Records that were appended then lie where their key belonged then. */
  readonly before: { readonly sizes: readonly number[]; readonly ends: readonly Offset[] } | undefined;
  /** The first misplaced record that was found in each partition. */
  readonly misplaced: Offsets;
  /** Relays have checked everything that they relayed after this offset of each partition. */
  readonly checkedAfter: Offsets;
}

type Offsets = ReadonlyMap<Partition, Offset>;

export function emptyLayout(id: TopicId | undefined, partitions: number): TopicLayout {
  return { topicId: id, partitions, before: undefined, misplaced: new Map(), checkedAfter: new Map() };
}

/** How a topic's records are compared with its layout. */
export interface Placing {
  readonly partitioner: Partitioner;
  readonly partitionOfKey: KeyPartitioner;
}

/** Whether a record lies where its key does not belong. Hot path (bench: relay): one hash for a record in its place. */
export function isMisplaced(
  layout: TopicLayout,
  { partitioner, partitionOfKey }: Placing,
  key: string,
  at: Partition,
  position: Offset,
): boolean {
  if (partitionOfKey(key, layout.partitions, partitioner) === at) return false;
  if (!isPlaced(key, partitioner)) return false;
  const { before } = layout;
  const end = before?.ends[at];
  if (before === undefined || end === undefined || position >= end) return true;
  return !before.sizes.some((size) => at < size && partitionOfKey(key, size, partitioner) === at);
}

/** The layout of the topic as it is now. The same object when nothing has changed. */
export function resized(
  layout: TopicLayout | undefined,
  id: TopicId | undefined,
  bounds: readonly Bounds[],
): TopicLayout {
  if (layout === undefined || isRecreated(layout.topicId, id)) return emptyLayout(id, bounds.length);
  if (bounds.length <= layout.partitions) return layout;
  const sizes = [...(layout.before?.sizes ?? []), layout.partitions];
  const ends = bounds.slice(0, layout.partitions).map(({ end }) => end);
  return { ...layout, partitions: bounds.length, before: { sizes, ends } };
}

/** With a misplaced record that was found. The same object when an earlier one is known. */
export function withMisplaced(layout: TopicLayout, at: Partition, position: Offset): TopicLayout {
  const known = layout.misplaced.get(at);
  if (known !== undefined && known <= position) return layout;
  return { ...layout, misplaced: new Map(layout.misplaced).set(at, position) };
}

/** A relay checks the partition from the offset after `after` on, and may not have checked what was before. */
export function withChecked(layout: TopicLayout, at: Partition, after: Offset): TopicLayout {
  if (layout.checkedAfter.get(at) === after) return layout;
  return { ...layout, checkedAfter: new Map(layout.checkedAfter).set(at, after) };
}

/** What both know. `stored` itself when `known` adds nothing; it wins when they are of different topics. */
export function merged(stored: TopicLayout | undefined, known: TopicLayout): TopicLayout {
  if (stored === undefined) return known;
  if (isRecreated(stored.topicId, known.topicId)) return stored;
  let layout = stored;
  if (known.partitions > stored.partitions)
    layout = { ...layout, partitions: known.partitions, before: known.before };
  for (const [at, position] of known.misplaced) layout = withMisplaced(layout, at, position);
  return layout;
}

const offsetsSchema = z.array(z.tuple([z.number().int(), z.number().int()]));
const layoutSchema = z.object({
  topicId: z.string().optional(),
  partitions: z.number().int().positive(),
  before: z.object({ sizes: z.array(z.number().int()), ends: z.array(z.number().int()) }).optional(),
  misplaced: offsetsSchema,
  checkedAfter: offsetsSchema,
});

export function encodeLayout(layout: TopicLayout): Buffer {
  const { misplaced, checkedAfter } = layout;
  return Buffer.from(
    JSON.stringify({ ...layout, misplaced: [...misplaced], checkedAfter: [...checkedAfter] }),
  );
}

/** @throws when the bytes are not a layout */
export function decodeLayout(bytes: Buffer): TopicLayout {
  const stored = layoutSchema.parse(JSON.parse(bytes.toString()));
  const offsets = (entries: readonly (readonly [number, number])[]): Offsets =>
    new Map(entries.map(([at, position]) => [partition(at), offset(position)]));
  return {
    topicId: stored.topicId === undefined ? undefined : topicId(stored.topicId),
    partitions: stored.partitions,
    before: stored.before && { sizes: stored.before.sizes, ends: stored.before.ends.map(offset) },
    misplaced: offsets(stored.misplaced),
    checkedAfter: offsets(stored.checkedAfter),
  };
}
