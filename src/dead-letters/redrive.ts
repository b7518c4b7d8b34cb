import { pause } from '../core/async.js';
import { type Topic, topic as topicNamed } from '../core/ids.js';
import { requireTransactions } from '../ports/transactional-commit.js';
import type { DeadLetter } from './dead-letter.js';
import { type RedriveLedger, readRedriveLedger } from './redrive-ledger.js';
import { RedriveMember, type RedriveOptions } from './redrive-member.js';

export interface RedriveOutcome {
  /** How many records were redriven. */
  readonly redriven: number;
  /** Of `only`: the positions that were redriven by somebody else, before or meanwhile. */
  readonly before: readonly string[];
  /** How many selected records were redriven by somebody else, before or meanwhile. */
  readonly alreadyRedriven: number;
  /** The records that could not be redriven, and why. */
  readonly failed: readonly FailedRedrive[];
  /** How many records of the dead-letter topics are in another format, and were left alone. */
  readonly foreign: number;
  /** How many selected records are left, because of `limit`. */
  readonly beyond: number;
}

interface FailedRedrive {
  readonly position: string;
  readonly reason: string;
}

/**
 * Puts the records of dead letters back into their original topics, each once. One transaction commits the
 * records, a marker in the dead-letter topic that says so, and the group's progress. Ends at the dead letters
 * that there were when it began.
 */
export async function redriveDeadLetters(options: RedriveOptions): Promise<RedriveOutcome> {
  const { log, topics, only, signal, maxRecordsRead } = options;
  const isRequested = (letter: DeadLetter): boolean =>
    (only === undefined || only.has(letter.originName)) && options.isSelected?.(letter) !== false;
  const ledgers = new Map<Topic, RedriveLedger>();
  let { limit } = options;
  for (const topic of topics) {
    const ledger = await readRedriveLedger(log, topic, isRequested, signal, { limit, maxRecordsRead });
    ledgers.set(topic, ledger);
    if (limit !== undefined) limit -= ledger.chosen.size;
  }
  const chosen = new Set([...ledgers.values()].flatMap((ledger) => [...ledger.chosen]));
  // Letters that were written since are about records that were not chosen.
  const isSelected = (letter: DeadLetter): boolean => isRequested(letter) && chosen.has(letter.recordId);
  const member = new RedriveMember(options, isSelected, ledgers);
  if (!member.isFinished) await consume(options, member, ledgers);
  const all = [...ledgers.values()];
  const requested = [...(only ?? [])];
  const met = new Set(member.byOthers.values());
  const before = requested.filter(
    (position) => met.has(position) || all.some(({ selected }) => selected.get(position)?.redriven),
  );
  const unknown = requested.filter(
    (position) => !before.includes(position) && !all.some(({ selected }) => selected.has(position)),
  );
  return {
    redriven: member.redriven,
    before,
    alreadyRedriven: member.byOthers.size + all.reduce((sum, { before: known }) => sum + known, 0),
    failed: [
      ...unknown.map((position) => ({ position, reason: 'there is no dead letter for it' })),
      ...member.failed.values(),
    ],
    foreign: all.reduce((sum, { foreign }) => sum + foreign, 0),
    beyond: all.reduce((sum, { beyond }) => sum + beyond, 0),
  };
}

/** The topic of a position as `positionName` writes it. */
const topicIn = (position: string): Topic => topicNamed(position.slice(0, position.lastIndexOf('/')));

/** How long a member waits for partitions with its letters, at first. */
const STALLED_MS = 10_000;
const MAX_STALLED_MS = 60_000;

/**
 * Is a member of the group until it has finished. Members with different letters share one group, and each partition has one of
 * them: two may hold the partition that the other one needs, or wait for partitions that nobody is given. So a member that gets
 * nothing to do leaves for a while, and the others get its partitions.
 */
async function consume(
  { log, group, signal, stalledMs = STALLED_MS }: RedriveOptions,
  member: RedriveMember,
  ledgers: ReadonlyMap<Topic, RedriveLedger>,
): Promise<void> {
  const topics = [...ledgers].flatMap(([topic, { pending }]) => (pending.size > 0 ? [topic] : []));
  const originals = [...ledgers.values()].flatMap(({ selected }) => [...selected.keys()].map(topicIn));
  // A member that is refused something tries again for ever, as services do. Here somebody waits for a sentence.
  const writes = [...new Set([...originals, ...topics])];
  await log.checkAccess({ reads: topics, writes, commits: [{ group, topics }] }, signal);
  for (let attempt = 0; ; attempt++) {
    // D9: fenced, so that the markers that this member reads are all that a former owner of the partition ever commits.
    const membership = await requireTransactions(log, 'redrives').join(
      { group, topics, fenced: true },
      member,
      signal,
    );
    const left = new AbortController();
    const patience = Math.min(stalledMs * 2 ** attempt, MAX_STALLED_MS);
    try {
      const ended = Promise.race([member.ended(signal, left.signal), membership.ended]).then(() => 'ended');
      if ((await Promise.race([ended, member.stalled(patience, left.signal)])) === 'ended') return;
    } finally {
      left.abort();
      await membership[Symbol.asyncDispose]();
    }
    // At random: two that wait for each other must not come back together.
    await pause(patience * (0.2 + Math.random() / 2), signal);
  }
}
