import { MillraceError } from '../../core/errors.js';
import { type Offset, offset, type Partition, partition, type TopicId, topicId } from '../../core/ids.js';

/** The next offset of each partition of one topic. */
interface PositionVector {
  /** `undefined`: the log does not report topic ids. */
  readonly topicId: TopicId | undefined;
  readonly next: ReadonlyMap<Partition, Offset>;
}

/** S4: more partitions than a topic that is looked at has. */
export const MAX_PARTITIONS = 2_000;

/**
 * A vector as text: `id~0.17~1.4`. It is neither signed nor secret: whoever has one may read the topic anyway, from any
 * position. Its characters are those of a cursor of the console.
 */
export function vectorText({ topicId: id, next }: PositionVector): string {
  return [id ?? '-', ...[...next].map(([number, at]) => `${number}.${at}`)].join('~');
}

const VECTOR = /^[\w-]+(?:~\d{1,6}\.\d{1,16})*$/;

/** @throws {MillraceError} BAD_REQUEST */
export function parseVector(text: string): PositionVector {
  const [id = '-', ...parts] = text.split('~');
  const next = new Map<Partition, Offset>();
  if (!VECTOR.test(text) || parts.length > MAX_PARTITIONS) throw notAPosition();
  for (const part of parts) {
    const [number, at] = part.split('.').map(Number);
    if (!Number.isSafeInteger(at) || next.has(partition(number ?? 0))) throw notAPosition();
    next.set(partition(number ?? 0), offset(at ?? 0));
  }
  return { topicId: id === '-' ? undefined : topicId(id), next };
}

const notAPosition = (): MillraceError =>
  new MillraceError('BAD_REQUEST', 'This is not a position in a topic. Start again from the newest records.');
