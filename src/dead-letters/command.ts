import { Deadline } from '../core/deadline.js';
import { offset, partition, type Topic, topic } from '../core/ids.js';
import { type Position, placeName } from '../core/position.js';
import type { EventLog } from '../ports/event-log.js';
import { deadLetterTopic } from './dead-letter.js';
import { asTable, lineAsJson, listDeadLetters } from './list.js';
import { redriveDeadLetters } from './redrive.js';

/** What `millrace dead-letters` works with. */
export interface DeadLettersCommand {
  readonly log: EventLog;
  /** The topics of the schema and of the services. */
  readonly known: readonly Topic[];
  /** Those that were named; none: all that are known. */
  readonly named: readonly string[];
  /** Takes a line for standard output. */
  readonly say: (line: string) => void;
  /** Takes a line for standard error. */
  readonly complain: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Something that was asked for and is not there, or cannot be meant. */
export class DeadLettersError extends Error {
  override readonly name = 'DeadLettersError';
}

export const REDRIVE_HELP = `
A letter goes back to the end of its topic, with key, value and headers as they were, and everybody who
follows the topic gets it: also those who got the first one. That was nobody when it is no event (kinds
no-cloudevent, specversion, content-type, data); of the kinds filter and execution it was everybody but the
subscribers of the field that failed. Services act on it again. An event with an idempotency key (header
ce_idempotent) is passed over by all that still remember it, which the fan-out does for 24 hours.
Each place goes back once, however many letters are recordId it and however often this is run.`;

/** How long the log may take for its first answer. */
const FIRST_ANSWER = 60_000;

/** `millrace dead-letters list`. */
export async function list(
  command: DeadLettersCommand,
  { json, limit }: { readonly json: boolean; readonly limit: number },
): Promise<void> {
  const { log, say, complain, signal } = command;
  const topics = await topicsOf(command);
  const { lines, more } = await listDeadLetters({ log, topics, limit, signal });
  if (json) for (const line of lines) say(JSON.stringify(lineAsJson(line)));
  else if (lines.length > 0) say(asTable(lines));
  else say('There are no dead letters.');
  if (more) complain(`There are older ones than these ${lines.length}; --limit shows more.`);
}

/** `millrace dead-letters retry`. @returns whether everything that was to be put back was */
export async function retry(
  command: DeadLettersCommand,
  { group, at }: { readonly group: string; readonly at: readonly string[] },
): Promise<boolean> {
  const { log, say, complain, signal } = command;
  const topics = await topicsOf(command);
  const only = at.length === 0 ? undefined : new Set(at.map((place) => placeName(placeOf(place, command))));
  let repeated = 0;
  const onRedriven = (from: string, to: Position | undefined, idempotent: boolean): void => {
    if (idempotent) repeated += 1;
    say(`${from} is put back${to === undefined ? '' : ` as ${placeName(to)}`}`);
  };
  const outcome = await redriveDeadLetters({ log, topics, only, group, onRedriven, signal });
  for (const place of outcome.before) say(`${place} was put back before`);
  for (const { place, reason } of outcome.failed) complain(`${place} is not put back: ${reason}`);
  if (outcome.foreign > 0)
    complain(`Left alone: ${count(outcome.foreign, 'record')} that no Millrace has written.`);
  if (repeated > 0)
    complain(`${count(repeated, 'event')} with an idempotency key: passed over by all that remember it.`);
  if (outcome.putBack > 0) say(`Put back: ${outcome.putBack}.`);
  else if (outcome.failed.length === 0) say('There is nothing to put back.');
  return outcome.failed.length === 0;
}

/** The topics whose dead letters are meant. Those of the schema need not be there yet. */
async function topicsOf({ log, known, named, signal }: DeadLettersCommand): Promise<readonly Topic[]> {
  const wanted = named.length === 0 ? known : [...new Set(named)].map((name) => topicNamed(name, known));
  using deadline = new Deadline(FIRST_ANSWER);
  const found = await log.describe(wanted.map(deadLetterTopic), AbortSignal.any([signal, deadline.signal]));
  const stray =
    named.length === 0
      ? undefined
      : wanted.find((one) => !found.has(deadLetterTopic(one)) && !known.includes(one));
  if (stray !== undefined) {
    const message = `The log has no topic ${deadLetterTopic(stray)}. Topics here: ${nameAll(known)}.`;
    throw new DeadLettersError(message);
  }
  return wanted.filter((one) => found.has(deadLetterTopic(one)));
}

/** A topic by its own name, or by that of its dead letters. */
function topicNamed(name: string, known: readonly Topic[]): Topic {
  return known.find((one) => one === name || deadLetterTopic(one) === name) ?? topic(name);
}

function placeOf(text: string, { named, known }: DeadLettersCommand): Position {
  const [, of, number, at] = /^(?:([\w.-]+)\/)?(\d{1,9})@(\d{1,16})$/.exec(text) ?? [];
  if (number === undefined || at === undefined) {
    throw new DeadLettersError(`${text} is no place; write --at partition@offset or topic/partition@offset.`);
  }
  const [only, more] = named.length > 0 ? named.map((name) => topicNamed(name, known)) : known;
  const from = of === undefined ? only : topic(of);
  if (from === undefined || (of === undefined && more !== undefined)) {
    throw new DeadLettersError(
      `--at ${text} is of one topic: name it, as in --at ${only ?? 'topic'}/${text}.`,
    );
  }
  return { topic: from, partition: partition(Number(number)), offset: offset(Number(at)) };
}

function nameAll(topics: readonly Topic[]): string {
  return topics.join(', ') || 'none';
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
