import { Deadline } from '../core/deadline.js';
import { offset, partition, type Topic, topic } from '../core/ids.js';
import { type Position, positionName } from '../core/position.js';
import { oneLine } from '../core/terminal-text.js';
import type { TopicFormats } from '../core/topic-format.js';
import type { EventLog } from '../ports/event-log.js';
import type { LetterSelection } from './letter-finder.js';
import { listDeadLetters } from './list.js';
import { asTable, lineAsJson } from './list-format.js';
import type { DeadLetterOffice } from './office.js';
import { deadLetterTopic, readableDeadLetterTopics } from './topic-name.js';

/** What the commands `millrace dead-letters …` need. */
export interface DeadLettersCommand {
  readonly log: EventLog;
  /** The topics of the schema and of the services. */
  readonly known: readonly Topic[];
  /** How the keys of each topic read. */
  readonly formats: TopicFormats;
  readonly office: DeadLetterOffice;
  /** What the names of dead-letter topics end with. Those of the default and of Spring Kafka are read, too. */
  readonly suffix: string;
  /** The topics on the command line; none: all known topics. */
  readonly named: readonly string[];
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
  /** Writes a line to standard error. */
  readonly printError: (line: string) => void;
  readonly signal: AbortSignal;
}

/** A topic or position on the command line that does not exist or cannot be parsed. */
export class DeadLettersError extends Error {
  override readonly name = 'DeadLettersError';
}

export const REDRIVE_HELP = `
A record goes back to the end of its topic, with key, value and headers as they were. Every consumer of the
topic receives it, including those that received it the first time. Nobody received it when it is not a valid
event (kinds no-cloudevent, specversion, content-type, data, key, structured, envelope, type). For the kinds filter and execution, everybody
received it except the subscribers of the field that failed. For the kinds service and view, everybody
received it except that service or view. Services act on it again. An event with an
idempotency key (header ce_idempotent) is skipped by every consumer that still remembers it; the fan-out
remembers it for 24 hours. Each record goes back once, however many dead letters it has and however often this
command is run.`;

/** How long the log may take for its first answer. */
const CONNECT_DEADLINE_MS = 60_000;

/** `millrace dead-letters list`. */
export async function list(
  command: DeadLettersCommand,
  {
    json,
    limit,
    group,
  }: { readonly json: boolean; readonly limit: number; readonly group?: string | undefined },
): Promise<void> {
  const { log, formats, print, printError, signal } = command;
  const topics = await topicsOf(command);
  const { lines, more, foreign } = await listDeadLetters({ log, topics, limit, group, signal });
  if (json) for (const line of lines) print(oneLine(JSON.stringify(lineAsJson(line, formats))));
  else if (lines.length > 0) print(asTable(lines, formats));
  else print('There are no dead letters.');
  if (foreign > 0) printError(unreadable(foreign));
  if (more) printError(`There are older ones than these ${lines.length}; list more of them with --limit.`);
}

/** Which records a command is about: those at some positions, those of a group, or all. */
export interface Selected {
  readonly at: readonly string[];
  readonly group?: string | undefined;
}

/** `millrace dead-letters retry`. @returns whether every selected record is redriven */
export async function retry(
  command: DeadLettersCommand,
  { json, ...selected }: Selected & { readonly json: boolean },
): Promise<boolean> {
  const { office, print, printError, signal } = command;
  const selection = await selectionOf(command, selected);
  const say = (position: string, result: string, more: Record<string, unknown>, text: string): void => {
    if (json) print(oneLine(JSON.stringify({ position, result, ...more })));
    else if (result === 'failed') printError(text);
    else print(text);
  };
  let idempotentEvents = 0;
  const onRedriven = (from: string, at: Position | undefined, idempotent: boolean): void => {
    if (idempotent) idempotentEvents += 1;
    const to = at && positionName(at);
    say(from, 'redriven', { to }, `${from} was redriven${to === undefined ? '' : ` to ${to}`}`);
  };
  const outcome = await office.redrive(selection, { onRedriven }, signal);
  for (const position of outcome.before) say(position, 'before', {}, `${position} had been redriven before`);
  for (const { position, reason } of outcome.failed)
    say(position, 'failed', { reason }, `${position} was not redriven: ${reason}`);
  if (outcome.foreign > 0) printError(unreadable(outcome.foreign));
  if (idempotentEvents > 0)
    printError(
      `${count(idempotentEvents, 'event')} with an idempotency key: consumers that remember the key skip them.`,
    );
  if (!json && outcome.redriven > 0) print(`Redriven: ${outcome.redriven}.`);
  else if (!json && outcome.failed.length === 0) print('There is nothing to redrive.');
  return outcome.failed.length === 0;
}

/** The selection of a command. @throws {DeadLettersError} */
export async function selectionOf(
  command: DeadLettersCommand,
  { at, group }: Selected,
): Promise<LetterSelection> {
  if (at.length > 0 && group !== undefined)
    throw new DeadLettersError('Give either --at or --group, not both.');
  const topics = await topicsOf(command);
  if (group !== undefined) return { kind: 'GROUP', id: group, topics };
  if (at.length === 0) return { kind: 'ALL', topics };
  return { kind: 'ORIGINS', names: at.map((text) => positionName(parsePosition(text, command))), topics };
}

/** The dead-letter topics of the topics on the command line. Topics of the schema need not have any yet. */
export async function topicsOf(command: DeadLettersCommand): Promise<readonly Topic[]> {
  const { log, known, named, suffix, signal } = command;
  const asked = named.length === 0 ? known : [...new Set(named)].map(topic);
  const candidates = new Map(asked.map((one) => [one, deadLetterTopicsFor(one, command)]));
  using deadline = new Deadline(CONNECT_DEADLINE_MS);
  const all = [...new Set([...candidates.values()].flat())];
  const found = await log.describe(all, AbortSignal.any([signal, deadline.signal]));
  for (const [one, topics] of candidates) {
    if (topics.some((name) => found.has(name)) || known.includes(one)) continue;
    const message = `The log has no topic ${deadLetterTopic(one, suffix)}. Topics of this project: ${nameAll(known)}.`;
    throw new DeadLettersError(message);
  }
  return all.filter((name) => found.has(name));
}

/** A topic is given by its own name, or by the name of one of its dead-letter topics. */
function deadLetterTopicsFor(given: Topic, { known, suffix }: DeadLettersCommand): readonly Topic[] {
  const isDeadLetterTopic = known.some((one) => readableDeadLetterTopics(one, suffix).includes(given));
  return isDeadLetterTopic ? [given] : readableDeadLetterTopics(given, suffix);
}

/** The topic that is meant by its own name, or by the name of one of its dead-letter topics. */
function topicNamed(name: string, { known, suffix }: DeadLettersCommand): Topic {
  const given = topic(name);
  return known.find((one) => readableDeadLetterTopics(one, suffix).includes(given)) ?? given;
}

export const unreadable = (records: number): string =>
  `Skipped ${count(records, 'record')} that are no dead letters of Millrace, Spring Kafka or Kafka Connect.`;

/** Parses `[topic/]partition@offset`. Without a topic there must be only one to choose from. */
export function parsePosition(text: string, command: DeadLettersCommand): Position {
  const { named, known } = command;
  const [, of, number, at] = /^(?:([\w.-]+)\/)?(\d{1,9})@(\d{1,16})$/.exec(text) ?? [];
  if (number === undefined || at === undefined) {
    throw new DeadLettersError(
      `${text} is not a position. Write --at partition@offset or --at topic/partition@offset.`,
    );
  }
  const [only, more] = named.length > 0 ? named.map((name) => topicNamed(name, command)) : known;
  const from = of === undefined ? only : topic(of);
  if (from === undefined || (of === undefined && more !== undefined)) {
    throw new DeadLettersError(
      `--at ${text} could be in several topics. Name one, as in --at ${only ?? 'topic'}/${text}.`,
    );
  }
  return { topic: from, partition: partition(Number(number)), offset: offset(Number(at)) };
}

function nameAll(topics: readonly Topic[]): string {
  return topics.join(', ') || 'none';
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
