import { assertNever } from '../../../core/errors.js';
import { type Offset, offset } from '../../../core/ids.js';
import { type FetchedPartition, lastCovered } from '../wire/fetch.js';

/**
 * One partition assigned to this member for one generation: a state, and pure steps between states. `Assignment`
 * runs their effects.
 *
 * Two loops meet here. The *runner* asks the handler where to begin, and gives it one batch after the other. The
 * *fetcher* asks for batches from `position` on, for all assignments of a broker in one request, and knows nothing
 * of the runner.
 *
 * | state    | input                              | next                                 | effects              |
 * |----------|------------------------------------|--------------------------------------|----------------------|
 * | starting | the place to begin is known        | running there, epoch + 1             | fetch                |
 * | running  | a batch was fetched                | running after it, with it queued¹    | handle               |
 * | running  | position out of range, some queued | draining                             | recheckTopic, handle |
 * | running  | position out of range, none queued | starting                             | recheckTopic, handle |
 * | running  | the runner takes a batch           | running without it                   | fetch                |
 * | running  | the handler failed                 | running at its batch, epoch + 1      | fetch                |
 * | running  | it failed, and progress has moved  | starting, epoch + 1                  |                      |
 * | draining | the runner takes a batch           | draining, or starting after the last |                      |
 * | draining | the handler failed                 | starting, epoch + 1                  |                      |
 * | starting | the handler failed                 | starting, epoch + 1                  |                      |
 * | any      | the assignment ends                | ended                                | handle               |
 *
 * Every other input leaves the state alone. ¹ A small batch becomes part of the one that is queued before it.
 *
 * The *epoch* tells a late answer from a current one. The interleaving that it guards against (D3):
 *   1. the fetcher asks for offsets from 10 on, and the runner handles the batch 0 to 9;
 *   2. the handler fails, and the position goes back to 0;
 *   3. the answer arrives with 10 to 19. Queued, it would be handled before 0 to 9 is tried again.
 * The answer belongs to the epoch of its request, which is over, and is dropped. An out-of-range answer is dropped
 * in the same way.
 */
export type AssignmentState =
  /** The runner finds out where to begin. Nothing is fetched. */
  | {
      readonly state: 'starting';
      readonly epoch: number;
      /** The log did not have the last position: the next one is checked against the partition's bounds. */
      readonly positionLost: boolean;
    }
  | {
      readonly state: 'running';
      readonly epoch: number;
      /** The next offset to fetch. */
      readonly position: Offset;
      readonly queue: readonly QueuedBatch[];
    }
  /** The log no longer has the position. What was fetched before is handled first; nothing is fetched. */
  | { readonly state: 'draining'; readonly epoch: number; readonly queue: readonly QueuedBatch[] }
  | {
      readonly state: 'ended';
      /** Another member may own the partition: nothing may be committed any more (D9). */
      readonly lost: boolean;
    };

/** A fetched batch whose last offset is known. */
export type QueuedBatch = FetchedPartition & { readonly last: Offset };

/**
 * - `fetch`: wakes the fetcher, there is something to fetch again;
 * - `handle`: wakes the runner;
 * - `recheckTopic`: asks the cluster at once whether the topic was recreated.
 */
type AssignmentEffect = 'fetch' | 'handle' | 'recheckTopic';

export interface AssignmentStep {
  readonly state: AssignmentState;
  readonly effects: readonly AssignmentEffect[];
}

/** What the fetcher asks for, and the epoch that its answer has to carry. */
export interface FetchPosition {
  readonly from: Offset;
  readonly epoch: number;
}

/** Fetched batches that wait for the runner: enough that fetching and handling overlap (C4). */
const MAX_QUEUED_BATCHES = 2;
/** How large a queued batch may become when another one is merged into it. */
const MAX_MERGED_BYTES = 256 * 1024;
/** About what a record takes beside its value: so that records without a value count, too. */
const RECORD_OVERHEAD_BYTES = 100;

export const INITIAL: AssignmentState = { state: 'starting', epoch: 0, positionLost: false };

/** What to fetch now; `undefined` while that is unknown, or the queue is full. */
export function fetchPosition(current: AssignmentState): FetchPosition | undefined {
  if (current.state !== 'running' || current.queue.length >= MAX_QUEUED_BATCHES) return undefined;
  return { from: current.position, epoch: current.epoch };
}

/** The runner knows where to begin. */
export function onStarted(current: AssignmentState, from: Offset): AssignmentStep {
  if (current.state !== 'starting') return unchanged(current);
  return {
    state: { state: 'running', epoch: current.epoch + 1, position: from, queue: [] },
    effects: ['fetch'],
  };
}

/** A fetch that was sent in `epoch` was answered. */
export function onFetched(
  current: AssignmentState,
  fetched: FetchedPartition,
  epoch: number,
): AssignmentStep {
  if (current.state !== 'running' || current.epoch !== epoch) return unchanged(current);
  const last = lastCovered(fetched, current.position);
  if (last === undefined) return unchanged(current);
  const queue = queued(current.queue, { ...fetched, last });
  return { state: { ...current, position: offset(last + 1), queue }, effects: ['handle'] };
}

/**
 * The partition does not have the position that was fetched from in `epoch`: retention has passed it, or the topic
 * was recreated. The handler is asked again where to begin, after the queued batches: what follows does not
 * continue what came before (D5).
 */
export function onOutOfRange(current: AssignmentState, epoch: number): AssignmentStep {
  if (current.state !== 'running' || current.epoch !== epoch) return unchanged(current);
  return { state: drained(epoch, current.queue), effects: ['recheckTopic', 'handle'] };
}

/** The runner is free. @returns also the batch to handle, if one is queued */
export function onTake(
  current: AssignmentState,
): AssignmentStep & { readonly batch: QueuedBatch | undefined } {
  if (current.state === 'starting' || current.state === 'ended') {
    return { ...unchanged(current), batch: undefined };
  }
  const [batch, ...queue] = current.queue;
  if (batch === undefined) return { ...unchanged(current), batch };
  return current.state === 'running'
    ? { state: { ...current, queue }, effects: ['fetch'], batch }
    : { state: drained(current.epoch, queue), effects: [], batch };
}

/**
 * The handler rejected a batch: it is fetched and handled again from `next` on, the first offset of the batch that
 * is not committed, and what was fetched after it is dropped.
 * @param progressMoved a commit of this member succeeded although the member took it for failed, so the batch may
 *   be done already. To hand it out again would make the handler act twice (D1): it is asked where to begin.
 */
export function onHandlerFailed(
  current: AssignmentState,
  next: Offset,
  progressMoved: boolean,
): AssignmentStep {
  switch (current.state) {
    case 'running': {
      const epoch = current.epoch + 1;
      return progressMoved
        ? { state: { state: 'starting', epoch, positionLost: false }, effects: [] }
        : { state: { state: 'running', epoch, position: next, queue: [] }, effects: ['fetch'] };
    }
    case 'draining':
      return { state: drained(current.epoch + 1, []), effects: [] };
    case 'starting':
      return { state: { ...current, epoch: current.epoch + 1 }, effects: [] };
    case 'ended':
      return unchanged(current);
    default:
      return assertNever(current);
  }
}

/** The partition is taken away, or the member leaves. Once `lost`, it stays lost. */
export function onEnded(current: AssignmentState, lost: boolean): AssignmentStep {
  const before = current.state === 'ended' && current.lost;
  return { state: { state: 'ended', lost: lost || before }, effects: ['handle'] };
}

/** The position is lost: starts again after the last queued batch. */
function drained(epoch: number, queue: readonly QueuedBatch[]): AssignmentState {
  return queue.length === 0
    ? { state: 'starting', epoch, positionLost: true }
    : { state: 'draining', epoch, queue };
}

/**
 * Puts a batch at the end of the queue: into the batch that waits there, if both are small. While a handler commits, records
 * come one by one; a queue of batches of one record would make it commit as often.
 */
function queued(queue: readonly QueuedBatch[], batch: QueuedBatch): readonly QueuedBatch[] {
  const waiting = queue.at(-1);
  if (waiting === undefined || !isSmall(waiting, batch)) return [...queue, batch];
  const records = [...waiting.records, ...batch.records];
  return [...queue.slice(0, -1), { ...batch, records }];
}

/** C4: whether the values of both are at most `MAX_MERGED_BYTES` together. */
function isSmall(...batches: readonly QueuedBatch[]): boolean {
  let bytes = 0;
  for (const { records } of batches)
    for (const { value } of records) {
      bytes += RECORD_OVERHEAD_BYTES + (value?.length ?? 0);
      if (bytes > MAX_MERGED_BYTES) return false;
    }
  return true;
}

const unchanged = (state: AssignmentState): AssignmentStep => ({ state, effects: [] });
