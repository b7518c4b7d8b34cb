import type { Topic } from '../core/ids.js';
import { requireTransactions } from '../ports/transactional-commit.js';
import type { DeadLetter } from './dead-letter.js';
import { type RedriveLedger, readRedriveLedger } from './redrive-ledger.js';
import { RedriveMember, type RedriveOptions } from './redrive-member.js';

interface RedriveOutcome {
  /** How many records were redriven. */
  readonly redriven: number;
  /** Of `only`: the positions that had been redriven before. */
  readonly before: readonly string[];
  /** The records that could not be redriven, and why. */
  readonly failed: readonly FailedRedrive[];
  /** How many records of the dead-letter topics are in another format, and were left alone. */
  readonly foreign: number;
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
  const { log, topics, only, signal } = options;
  const isSelected = (letter: DeadLetter): boolean => only === undefined || only.has(letter.originName);
  const ledgers = new Map<Topic, RedriveLedger>();
  for (const topic of topics) {
    ledgers.set(topic, await readRedriveLedger(log, topic, isSelected, signal));
  }
  const member = new RedriveMember(options, isSelected, ledgers);
  if (!member.isFinished) await consume(options, member, ledgers);
  const all = [...ledgers.values()];
  const requested = [...(only ?? [])];
  const before = requested.filter((position) => all.some(({ selected }) => selected.get(position)?.redriven));
  const unknown = requested.filter(
    (position) => !before.includes(position) && !all.some(({ selected }) => selected.has(position)),
  );
  return {
    redriven: member.redriven,
    before,
    failed: [
      ...unknown.map((position) => ({ position, reason: 'there is no dead letter for it' })),
      ...member.failed.values(),
    ],
    foreign: all.reduce((sum, { foreign }) => sum + foreign, 0),
  };
}

/** Joins the group until the member has finished. */
async function consume(
  { log, group, signal }: RedriveOptions,
  member: RedriveMember,
  ledgers: ReadonlyMap<Topic, RedriveLedger>,
): Promise<void> {
  const topics = [...ledgers].flatMap(([topic, { pending }]) => (pending.size > 0 ? [topic] : []));
  const membership = await requireTransactions(log, 'redrives').join({ group, topics }, member, signal);
  const left = new AbortController();
  try {
    await Promise.race([member.ended(signal, left.signal), membership.ended]);
  } finally {
    left.abort();
    await membership[Symbol.asyncDispose]();
  }
}
