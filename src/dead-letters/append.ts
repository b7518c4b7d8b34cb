import { Deadline } from '../core/deadline.js';
import { MillraceError } from '../core/errors.js';
import type { NewRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';
import { type RecordPart, withoutParts } from './dead-letter.js';

const APPEND_DEADLINE_MS = 30_000;

/** What to leave out of a dead letter that is too large, step by step. It still contains the position of the record. */
const OMISSIONS: readonly (readonly RecordPart[])[] = [
  ['value'],
  ['value', 'headers'],
  ['value', 'headers', 'key'],
];

/**
 * Appends dead letters. A record that fits into its own topic may be too large together with the headers that
 * a dead letter adds: then parts of the record are left out.
 * @throws what `EventLog.append` throws: some dead letters may have been appended, so retry with all of them
 */
export async function appendDeadLetters(
  log: EventLog,
  letters: readonly NewRecord[],
  stop?: AbortSignal,
): Promise<void> {
  if (await tryAppend(log, letters, stop)) return;
  for (const letter of letters) {
    if (letters.length > 1 && (await tryAppend(log, [letter], stop))) continue;
    await appendWithoutParts(log, letter, stop);
  }
}

/** A dead letter, and after it the same one with ever more of its record left out, for when it is too large. */
export function* shrinking(letter: NewRecord): Generator<NewRecord> {
  yield letter;
  for (const parts of OMISSIONS) yield withoutParts(letter, parts);
}

async function appendWithoutParts(
  log: EventLog,
  letter: NewRecord,
  stop: AbortSignal | undefined,
): Promise<void> {
  for (const smaller of shrinking(letter))
    if (smaller !== letter && (await tryAppend(log, [smaller], stop))) return;
  throw new MillraceError(
    'EVENT_TOO_LARGE',
    `${letter.topic} rejects even a dead letter without the record. Raise the topic's max.message.bytes.`,
  );
}

/** @returns `false` when one of the records is too large; then none was appended */
async function tryAppend(
  log: EventLog,
  letters: readonly NewRecord[],
  stop: AbortSignal | undefined,
): Promise<boolean> {
  using deadline = new Deadline(APPEND_DEADLINE_MS);
  const signal = stop === undefined ? deadline.signal : AbortSignal.any([deadline.signal, stop]);
  try {
    await log.append(letters, signal);
    return true;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'EVENT_TOO_LARGE') return false;
    throw error;
  }
}
