import { Deadline } from '../core/deadline.js';
import { MillraceError } from '../core/errors.js';
import type { NewRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';
import { type RecordPart, withoutParts } from './dead-letter.js';

const APPEND_DEADLINE = 30_000;

/** What is left out of a letter that is too large, one after the other: it still says where to find the rest. */
const LEAVE_OUT: readonly (readonly RecordPart[])[] = [
  ['value'],
  ['value', 'headers'],
  ['value', 'headers', 'key'],
];

/**
 * Appends dead letters. A record's own topic took it, but not with what a letter says beside: one that is
 * too large goes without parts of it.
 * @throws what `EventLog.append` throws: some of the letters may be there, and all are to be given again
 */
export async function appendDeadLetters(
  log: EventLog,
  letters: readonly NewRecord[],
  stop?: AbortSignal,
): Promise<void> {
  if (await taken(log, letters, stop)) return;
  for (const letter of letters) {
    if (letters.length > 1 && (await taken(log, [letter], stop))) continue;
    await appendParts(log, letter, stop);
  }
}

async function appendParts(log: EventLog, letter: NewRecord, stop: AbortSignal | undefined): Promise<void> {
  for (const parts of LEAVE_OUT) if (await taken(log, [withoutParts(letter, parts)], stop)) return;
  throw new MillraceError('EVENT_TOO_LARGE', `${letter.topic} does not take the smallest of dead letters.`);
}

/** @returns `false` when one of them is too large, and none was appended */
async function taken(
  log: EventLog,
  letters: readonly NewRecord[],
  stop: AbortSignal | undefined,
): Promise<boolean> {
  using deadline = new Deadline(APPEND_DEADLINE);
  const signal = stop === undefined ? deadline.signal : AbortSignal.any([deadline.signal, stop]);
  try {
    await log.append(letters, signal);
    return true;
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'EVENT_TOO_LARGE') return false;
    throw error;
  }
}
