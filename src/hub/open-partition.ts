import { retry } from '../core/async.js';
import type { RelayedMessage } from '../core/chain.js';
import { MillraceError } from '../core/errors.js';
import { carries } from '../core/event-metadata.js';
import { isRecreated, type Offset, offset, type TopicId } from '../core/ids.js';
import { partitionName, type TopicIdPartition } from '../core/position.js';
import { FollowedPartition, type FollowedPartitionParts } from './followed-partition.js';

/**
 * Starts to follow a partition. The order keeps D2: first subscribe, wait for the acknowledgement, and only then read
 * where the log ends. An event appended after the call is then above that end, and its message either arrives or
 * leaves a detectable gap. In the other order, an event appended between the two steps would be neither above the end nor
 * received:
 *
 *     read end = 5 → somebody appends 5 → relay publishes 5 → subscribe → the node waits at 4 and never learns of 5
 *
 * Retries until it succeeds or `signal` is aborted.
 * @throws {MillraceError} TOPIC_MISSING when the partition does not exist
 */
export async function openPartition(
  at: TopicIdPartition,
  parts: FollowedPartitionParts,
  signal: AbortSignal,
): Promise<FollowedPartition> {
  /** Messages that arrive before the end of the log is known. */
  const buffered: RelayedMessage[] = [];
  let partition: FollowedPartition | undefined;
  const onFailure = (error: unknown): void => {
    parts.metrics.problems.inc({ kind: 'follow' });
    parts.warnings.report('follow', error, 'following a partition failed; retrying', {
      partition: partitionName(at),
    });
  };
  const needed = parts.formats.get(at.topic)?.carried;
  // D2: a relay with another version of the schema does not send all that fields here read. Its events count as lost, so
  // they are read from the log, which has the records themselves.
  const onIncomplete = (last: Offset | undefined, id: TopicId | undefined): void => {
    parts.metrics.problems.inc({ kind: 'metadata' });
    parts.warnings.report('metadata', undefined, INCOMPLETE, { partition: partitionName(at) });
    if (last !== undefined) partition?.onBeat({ topicId: id, last });
  };
  const subscription = await retry(
    () =>
      parts.fanout.follow(at, {
        relayed: (prev, events, topicId) => {
          if (isRecreated(at.topicId, topicId)) parts.recheckTopic(at);
          else if (needed !== undefined && !events.every(({ event }) => carries(event.metadata, needed)))
            onIncomplete(events.at(-1)?.offset, topicId);
          else if (partition === undefined) buffered.push({ prev, events });
          else partition.onMessage({ prev, events });
        },
        beat: (newest) => partition?.onBeat(newest),
        layoutChanged: () => parts.onLayoutChanged(at.topic),
        resumed: () => partition?.onResumed(),
      }),
    { signal, onFailure },
  );
  try {
    const end = await endOf(at, parts, signal, onFailure);
    partition = new FollowedPartition(at, offset(end - 1), subscription, parts);
    for (const message of buffered) partition.onMessage(message);
    return partition;
  } catch (error) {
    await subscription[Symbol.asyncDispose]();
    throw error;
  }
}

const INCOMPLETE =
  'the relay does not send the headers and extensions that fields of this schema read, so events are read from the log; restart relays with this schema';

async function endOf(
  at: TopicIdPartition,
  { log }: FollowedPartitionParts,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<Offset> {
  const bounds = await retry(() => log.bounds(at.topic, signal), {
    signal,
    onFailure: (error) => {
      // Gives up: retrying does not create a missing topic.
      if (error instanceof MillraceError && error.code === 'TOPIC_MISSING') throw error;
      onFailure(error);
    },
  });
  const here = bounds[at.partition];
  if (here === undefined) throw new MillraceError('TOPIC_MISSING', `${partitionName(at)} does not exist.`);
  return here.end;
}
