import { MillraceError } from '../core/errors.js';
import { type Offset, offset, type Partition, type Topic } from '../core/ids.js';
import type { EventLog } from '../ports/event-log.js';
import type { DeadLetter } from './dead-letter.js';
import { readDeadLetterEntries } from './dead-letter-topic.js';

/** Which records of a topic's dead letters have been redriven, and which are still to be. */
export interface RedriveLedger {
  /** The records that have been redriven, by `DeadLetter.recordId`. */
  readonly redriven: ReadonlySet<string>;
  /** Each selected position (`DeadLetter.originName`), and whether all records there have been redriven. */
  readonly selected: ReadonlyMap<string, { readonly redriven: boolean }>;
  /** The selected records that are to be redriven, by `DeadLetter.recordId`: oldest first, and no more than the limit. */
  readonly chosen: ReadonlySet<string>;
  /** How many selected records had been redriven. */
  readonly before: number;
  /** How many selected records are beyond the limit. */
  readonly beyond: number;
  /** The range of dead letters that are still to be redriven, by partition of the dead-letter topic. */
  readonly pending: ReadonlyMap<Partition, PendingRange>;
  /** How many records are not dead letters of this format. */
  readonly foreign: number;
}

/** The first and the last dead letter that is still to be redriven. */
export interface PendingRange {
  readonly first: Offset;
  readonly last: Offset;
}

interface LedgerLimits {
  /** How many records are redriven. */
  readonly limit?: number | undefined;
  /** How many records of the dead-letter topic are read. */
  readonly maxRecordsRead?: number | undefined;
}

/**
 * Reads a whole dead-letter topic.
 * @param isSelected whether a dead letter is to be redriven
 * @throws {MillraceError} LIMIT_EXCEEDED when the topic has more records than may be read
 */
export async function readRedriveLedger(
  log: EventLog,
  topic: Topic,
  isSelected: (letter: DeadLetter) => boolean,
  signal: AbortSignal,
  { limit = Number.POSITIVE_INFINITY, maxRecordsRead = Number.POSITIVE_INFINITY }: LedgerLimits = {},
): Promise<RedriveLedger> {
  let read = 0;
  const redriven = new Set<string>();
  const records = new Map<string, LettersOfRecord>();
  let foreign = 0;
  for await (const entry of readDeadLetterEntries(log, topic, signal)) {
    read += 1;
    if (read > maxRecordsRead) throw tooManyRecords(topic, maxRecordsRead);
    if (entry.kind === 'REDRIVEN') for (const recordId of entry.recordIds) redriven.add(recordId);
    if (entry.kind === 'FOREIGN') foreign += 1;
    if (entry.kind !== 'DEAD_LETTER' || !isSelected(entry.letter)) continue;
    const { recordId, originName, at } = entry.letter;
    const record = records.get(recordId) ?? { originName, letters: [] };
    record.letters.push({ partition: at.partition, offset: at.offset });
    records.set(recordId, record);
  }
  // Only now: the marker that a record was redriven may be in a partition that is read after its letters.
  const pending = new Map<Partition, PendingRange>();
  const selected = new Map<string, { redriven: boolean }>();
  const chosen = new Set<string>();
  let [before, beyond] = [0, 0];
  for (const [recordId, { originName, letters }] of records) {
    const isRedriven = redriven.has(recordId);
    // A recreated topic may have another record at the same position.
    selected.set(originName, { redriven: isRedriven && selected.get(originName)?.redriven !== false });
    if (isRedriven) {
      before += 1;
      continue;
    }
    if (chosen.size >= limit) {
      beyond += 1;
      continue;
    }
    chosen.add(recordId);
    for (const { partition, offset: at } of letters) {
      const { first, last } = pending.get(partition) ?? { first: at, last: at };
      pending.set(partition, { first: offset(Math.min(first, at)), last: offset(Math.max(last, at)) });
    }
  }
  return { redriven, selected, chosen, before, beyond, pending, foreign };
}

const tooManyRecords = (topic: Topic, max: number): MillraceError =>
  new MillraceError(
    'LIMIT_EXCEEDED',
    `${topic} has more than ${max} records, which is too much to read here. Use \`millrace dead-letters retry\`.`,
  );

/** All dead letters about one record: each node and each field that fails on it writes its own. */
interface LettersOfRecord {
  readonly originName: string;
  readonly letters: { readonly partition: Partition; readonly offset: Offset }[];
}
