import { offset, partition, topic } from '../core/ids.js';
import { type Position, positionName } from '../core/position.js';
import type { EventLog } from '../ports/event-log.js';
import { type DeadLetterEntry, readDeadLetterEntry } from './dead-letter-topic.js';
import { readOriginals } from './originals.js';

/** Reads one record of a dead-letter topic; `undefined` when it is not in the log any more. */
export async function readLetterAt(
  log: EventLog,
  at: Position,
  signal: AbortSignal,
): Promise<Exclude<DeadLetterEntry, { kind: 'REDRIVEN' }> | undefined> {
  const records = await readOriginals(log, at, [at.offset], signal);
  const record = records.get(at.offset);
  const entry = record && readDeadLetterEntry(at, record);
  return entry?.kind === 'REDRIVEN' ? undefined : entry;
}

/** The name of a dead letter: its own position. */
export const letterName = (at: Position): string => positionName(at);

/** The position that a name says; `undefined` for any other text. */
export function letterPosition(name: string): Position | undefined {
  const [, of, number, at] = /^([\w.-]{1,249})\/(\d{1,9})@(\d{1,15})$/.exec(name) ?? [];
  if (of === undefined || number === undefined || at === undefined) return undefined;
  return { topic: topic(of), partition: partition(Number(number)), offset: offset(Number(at)) };
}
