import { MillraceError } from '../../core/errors.js';
import {
  isRecreated,
  type Offset,
  offset,
  type Partition,
  partition,
  type Topic,
  type TopicId,
} from '../../core/ids.js';
import type { Bounds, EventLog } from '../../ports/event-log.js';
import { parseVector } from './position-vector.js';

/** `input EventStart`, with one of its fields. */
export interface EventStart {
  readonly newest?: number | null;
  readonly time?: string | null;
  readonly position?: string | null;
  readonly earliest?: boolean | null;
}

/** A topic as it is when somebody begins to read it. */
export interface OpenTopic {
  readonly topic: Topic;
  readonly topicId: TopicId | undefined;
  readonly bounds: readonly Bounds[];
  readonly isRead: (partition: Partition) => boolean;
}

/**
 * Looks a topic up.
 * @param partitions those that are wanted; `undefined`: all
 * @throws {MillraceError} TOPIC_MISSING; BAD_REQUEST for partitions that it does not have
 */
export async function openTopic(
  log: Pick<EventLog, 'describe' | 'bounds'>,
  topic: Topic,
  partitions: readonly number[] | null | undefined,
  signal: AbortSignal,
): Promise<OpenTopic> {
  const description = (await log.describe([topic], signal)).get(topic);
  if (description === undefined)
    throw new MillraceError('TOPIC_MISSING', `The log has no topic ${topic}. Choose another one.`);
  const bounds = await log.bounds(topic, signal);
  const wanted = partitions && new Set(partitions);
  const unknown = partitions?.find((one) => bounds[one] === undefined);
  if (unknown !== undefined)
    throw new MillraceError(
      'BAD_REQUEST',
      `${topic} has no partition ${unknown}: its partitions are 0 to ${bounds.length - 1}.`,
    );
  return { topic, topicId: description.id, bounds, isRead: (one) => wanted?.has(one) ?? true };
}

/** A value for each partition that is read. */
export function eachPartition(
  { bounds, isRead }: OpenTopic,
  at: (bounds: Bounds, partition: Partition) => Offset,
): ReadonlyMap<Partition, Offset> {
  return new Map(
    [...bounds.entries()]
      .map(([index, one]) => [partition(index), one] as const)
      .filter(([number]) => isRead(number))
      .map(([number, one]) => [number, at(one, number)]),
  );
}

/**
 * A position that a client has, within the bounds of now. Partitions that it does not name are new: they begin at their first
 * records.
 * @throws {MillraceError} BAD_REQUEST for what is no position, or one of a topic that was deleted
 */
export function positionIn(open: OpenTopic, text: string): ReadonlyMap<Partition, Offset> {
  const { topicId, next } = parseVector(text);
  if (isRecreated(topicId, open.topicId))
    throw new MillraceError(
      'BAD_REQUEST',
      `The topic ${open.topic} was deleted and recreated since this position. Start again: its positions mean other records now.`,
    );
  return eachPartition(open, ({ earliest, end }, number) => {
    const at = next.get(number) ?? earliest;
    // What retention has deleted is told where it is read.
    return offset(Math.min(at, end));
  });
}
