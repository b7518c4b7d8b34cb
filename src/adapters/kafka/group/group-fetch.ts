import { backoffMs, pause, withSignal } from '../../../core/async.js';
import { MillraceError } from '../../../core/errors.js';
import { partitionName } from '../../../core/position.js';
import type { OnProblem } from '../../../ports/problem.js';
import type { Connection } from '../wire/connection.js';
import { failureOf } from '../wire/failures.js';
import { fetchFrom, type Wanted } from '../wire/fetch.js';
import type { Broker } from '../wire/internals.js';
import type { Assignment } from './assignment.js';

/** How long a broker holds a fetch for a first record. New records are answered at once, whatever this is. */
const MAX_WAIT = 250;
/** The same while a partition is left out of the fetch because enough of it waits to be handled. */
const SHORT_WAIT = 25;

interface Options {
  readonly maxBytes: number;
  readonly onProblem: OnProblem;
  /** The topics may no longer be what they were. */
  doubt(): void;
}

interface Want extends Wanted {
  readonly assignment: Assignment;
  readonly epoch: number;
}

/**
 * Fetches for all assignments until `signal` is aborted: at most one request at a time for each broker, for
 * all the partitions that it leads and that have room. A partition in hand holds back no other.
 */
export async function fetchAssigned(
  connection: Connection,
  assignments: readonly Assignment[],
  options: Options,
  signal: AbortSignal,
): Promise<void> {
  const busy = new Map<number, Promise<void>>();
  let wake = (): void => {};
  const stop = (): void => wake();
  signal.addEventListener('abort', stop);
  for (const assignment of assignments) assignment.wake = () => wake();
  try {
    for (let attempt = 0; !signal.aborted; ) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      try {
        for (const { leader, wants, all } of await wantsByLeader(connection, assignments, signal)) {
          if (busy.has(leader.nodeId)) continue;
          const maxWait = all ? MAX_WAIT : SHORT_WAIT;
          const fetching = fetchOnce(connection, leader, wants, maxWait, options, signal).finally(() => {
            busy.delete(leader.nodeId);
            wake();
          });
          busy.set(leader.nodeId, fetching);
        }
        attempt = 0;
      } catch (cause) {
        if (signal.aborted) break;
        const message = `The leaders of the partitions are not known: ${failureOf(cause).message}`;
        options.onProblem({ kind: 'fetch', message, cause });
        await pause(backoffMs(attempt++, 5_000), signal);
        continue;
      }
      await woken;
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function wantsByLeader(
  connection: Connection,
  assignments: readonly Assignment[],
  signal: AbortSignal,
): Promise<{ leader: Broker; wants: Want[]; all: boolean }[]> {
  const byLeader = new Map<Broker, { leader: Broker; wants: Want[]; all: boolean }>();
  for (const assignment of assignments) {
    if (assignment.missing) continue;
    const leader = await leaderOf(connection, assignment, signal);
    if (leader === undefined) continue;
    const entry = byLeader.get(leader) ?? { leader, wants: [], all: true };
    byLeader.set(leader, entry);
    const wanted = assignment.wanted();
    if (wanted === undefined) entry.all = false;
    else entry.wants.push({ ...assignment.at, ...wanted, assignment });
  }
  return [...byLeader.values()].filter(({ wants }) => wants.length > 0);
}

/** A topic that was deleted holds back no other. */
async function leaderOf(
  connection: Connection,
  assignment: Assignment,
  signal: AbortSignal,
): Promise<Broker | undefined> {
  try {
    return await connection.leader(assignment.at, signal);
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'TOPIC_MISSING') throw error;
    assignment.suspend();
    return undefined;
  }
}

/** Never rejects: what fails is reported, and tried again after a pause. */
async function fetchOnce(
  connection: Connection,
  leader: Broker,
  wants: readonly Want[],
  maxWait: number,
  { maxBytes, onProblem, doubt }: Options,
  signal: AbortSignal,
): Promise<void> {
  const byName = new Map(wants.map((want) => [partitionName(want), want]));
  try {
    const fetched = await withSignal(fetchFrom(leader, wants, { maxWait, maxBytes }), signal);
    let failed: { name: string; error: Error } | undefined;
    for (const one of fetched) {
      const want = byName.get(partitionName(one));
      if (want === undefined) continue;
      if (one.error === undefined) want.assignment.take(one, want.epoch);
      else if (failureOf(one.error).type === 'OFFSET_OUT_OF_RANGE') want.assignment.outOfRange(want.epoch);
      else {
        connection.forget(one.topic);
        doubt();
        failed = { name: partitionName(one), error: one.error };
      }
    }
    if (failed === undefined) return;
    const message = `${failed.name} cannot be fetched: ${failed.error.message}`;
    onProblem({ kind: 'fetch', message, cause: failed.error });
  } catch (cause) {
    if (signal.aborted) return;
    for (const { topic } of wants) connection.forget(topic);
    onProblem({ kind: 'fetch', message: `A fetch failed: ${failureOf(cause).message}`, cause });
  }
  await pause(200, signal);
}
