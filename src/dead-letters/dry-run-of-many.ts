import type { Topic } from '../core/ids.js';
import type { Position } from '../core/position.js';
import type { EventLog } from '../ports/event-log.js';
import type { DeadLetter } from './dead-letter.js';
import { DeadLetterTail } from './dead-letter-tail.js';
import type { DryRun, DryRunResult, Verdict } from './dry-run.js';
import { reasonPattern } from './reason-pattern.js';

interface TestedLetter extends DryRunResult {
  readonly at: Position;
  readonly originName: string;
}

/** What a dry run found of several letters. */
export interface DryRunSummary {
  readonly counts: Readonly<Record<Verdict, number>>;
  /** Each verdict with what its reasons have in common, most frequent first. */
  readonly reasons: readonly { readonly verdict: Verdict; readonly reason: string; readonly count: number }[];
  /** Each tested record, in the order of the log. */
  readonly letters: readonly TestedLetter[];
  /** How many selected records were put back before. They are not tested. */
  readonly redriven: number;
  /** How many selected records were not tested, because of the limit. */
  readonly notTested: number;
  /** How many offsets before the first record were not read. */
  readonly skipped: number;
}

interface ManyOptions {
  readonly log: Pick<EventLog, 'bounds' | 'read'>;
  readonly dryRun: DryRun;
  /** The dead-letter topics. */
  readonly topics: readonly Topic[];
  readonly isSelected: (letter: DeadLetter) => boolean;
  /** The most records that are tested. */
  readonly limit: number;
  readonly recordsPerTopic: number;
}

const MAX_REASONS = 50;

/** Tests the records of selected dead letters, each once. */
export async function dryRunOfMany(options: ManyOptions, signal: AbortSignal): Promise<DryRunSummary> {
  const { log, dryRun, topics, isSelected, limit, recordsPerTopic } = options;
  const tested = new Map<string, TestedLetter>();
  const beyond = new Set<string>();
  const redriven = new Set<string>();
  let skipped = 0;
  for (const topic of topics) {
    const tail = new DeadLetterTail(log, topic, recordsPerTopic);
    for await (const entry of tail.read(signal)) {
      if (entry.kind === 'REDRIVEN') for (const recordId of entry.recordIds) redriven.add(recordId);
      if (entry.kind !== 'DEAD_LETTER' || !isSelected(entry.letter)) continue;
      const { letter } = entry;
      const { recordId, at, originName } = letter;
      const known = tested.get(recordId);
      // Two fields may have failed on one record: it goes through if it does in both.
      if (known !== undefined && known.verdict === 'FAILS_AGAIN') continue;
      if (known === undefined && tested.size >= limit) {
        beyond.add(recordId);
        continue;
      }
      const result = await dryRun.test(letter, signal);
      if (known === undefined || result.verdict !== 'GOES_THROUGH')
        tested.set(recordId, { ...result, at, originName });
    }
    skipped += tail.skipped;
  }
  const all = [...tested.keys(), ...beyond];
  const letters = [...tested].flatMap(([recordId, one]) => (redriven.has(recordId) ? [] : [one]));
  return {
    ...summaryOf(letters),
    letters,
    redriven: all.filter((recordId) => redriven.has(recordId)).length,
    notTested: [...beyond].filter((recordId) => !redriven.has(recordId)).length,
    skipped,
  };
}

function summaryOf(letters: readonly TestedLetter[]): Pick<DryRunSummary, 'counts' | 'reasons'> {
  const counts = { GOES_THROUGH: 0, FAILS_AGAIN: 0, NOT_TESTED: 0 };
  const reasons = new Map<string, { verdict: Verdict; reason: string; count: number }>();
  for (const { verdict, reason } of letters) {
    counts[verdict] += 1;
    const name = `${verdict} ${reasonPattern(reason)}`;
    const known = reasons.get(name);
    // The first reason stands for all that differ in values only.
    if (known === undefined) reasons.set(name, { verdict, reason, count: 1 });
    else known.count += 1;
  }
  const sorted = [...reasons.values()].sort((a, b) => b.count - a.count);
  return { counts, reasons: sorted.slice(0, MAX_REASONS) };
}
