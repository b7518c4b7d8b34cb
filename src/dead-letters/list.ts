import type { Topic } from '../core/ids.js';
import type { EventLog } from '../ports/event-log.js';
import { type DeadLetter, deadLetterTopic } from './dead-letter.js';
import { readDeadLetterEntries } from './dead-letter-topic.js';

export interface ListOptions {
  readonly log: EventLog;
  /** Those whose dead letters are wanted. */
  readonly topics: readonly Topic[];
  /** How many lines at the most: the newest ones. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** The letters about one place that say the same kind of fault. */
export interface Line {
  readonly newest: DeadLetter;
  /** How many there are: each node that fails on an event writes its own. */
  readonly count: number;
  readonly fields: ReadonlySet<string>;
  readonly putBack: boolean;
}

export interface Listing {
  /** The newest last. */
  readonly lines: readonly Line[];
  /** Whether there are older ones. */
  readonly more: boolean;
}

/** What the dead-letter topics say. */
export async function listDeadLetters(options: ListOptions): Promise<Listing> {
  const { limit } = options;
  const all: Line[] = [];
  let more = false;
  for (const topic of options.topics) {
    const { lines, cut } = await linesOf(options, topic);
    all.push(...lines);
    more ||= cut;
  }
  all.sort((a, b) => a.newest.timestamp - b.newest.timestamp);
  return { lines: all.slice(-limit), more: more || all.length > limit };
}

async function linesOf({ log, limit, signal }: ListOptions, topic: Topic) {
  // In the order of their newest letters, and no more of them than can be shown.
  const lines = new Map<string, Omit<Line, 'putBack'>>();
  const putBack = new Set<string>();
  let cut = false;
  for await (const entry of readDeadLetterEntries(log, deadLetterTopic(topic), signal)) {
    if (entry.kind === 'REDRIVEN') for (const recordId of entry.all) putBack.add(recordId);
    if (entry.kind !== 'DEAD_LETTER') continue;
    const { letter } = entry;
    const name = `${letter.recordId} ${letter.kind}`;
    const known = lines.get(name);
    lines.delete(name);
    const fields = new Set([...(known?.fields ?? []), ...(letter.field === undefined ? [] : [letter.field])]);
    lines.set(name, { newest: preview(letter), count: (known?.count ?? 0) + 1, fields });
    const [oldest] = lines.keys();
    if (lines.size <= limit || oldest === undefined) continue;
    lines.delete(oldest);
    cut = true;
  }
  return {
    lines: [...lines.values()].map((line) => ({ ...line, putBack: putBack.has(line.newest.recordId) })),
    cut,
  };
}

/** How many bytes of a value are kept: enough for what is shown. */
const KEPT = 400;

/** With a copy of the beginning of its value, so that what was read with it can go. */
function preview(letter: DeadLetter): DeadLetter {
  const { record } = letter;
  const value = record.value === null ? null : Buffer.from(record.value.subarray(0, KEPT));
  return { ...letter, record: { ...record, headers: {}, value } };
}

/** How long a text in a line may be. */
const SHOWN = 80;

/** A line for programs: an object of plain JSON. */
export function lineAsJson({ newest, count, fields, putBack }: Line): Record<string, unknown> {
  const { origin, at, record, kind, reason, dropped } = newest;
  return {
    topic: origin.topic,
    partition: origin.partition,
    offset: String(origin.offset),
    when: isoOf(newest.timestamp),
    kind,
    fields: [...fields],
    reason,
    key: record.key,
    value: record.value === null ? null : textOf(record.value),
    dropped: [...dropped],
    letters: count,
    newest: { topic: at.topic, partition: at.partition, offset: String(at.offset) },
    putBack,
  };
}

const COLUMNS = ['WHEN', 'WHERE', 'KIND', 'FIELD', 'KEY', 'LETTERS', 'PUT BACK', 'WHY', 'VALUE'] as const;

/** Lines for people: a table. */
export function asTable(lines: readonly Line[]): string {
  const rows = [COLUMNS, ...lines.map(rowOf)];
  const widths = COLUMNS.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function rowOf({ newest, count, fields, putBack }: Line): readonly string[] {
  const { record, place, kind, reason, dropped } = newest;
  const key = record.key === null ? '-' : shown(record.key);
  const value = record.value === null ? 'none' : shown(textOf(record.value));
  return [
    isoOf(newest.timestamp),
    place,
    shown(kind),
    shown([...fields].join(',')) || '-',
    dropped.has('key') ? '(left out)' : key,
    String(count),
    putBack ? 'yes' : 'no',
    shown(reason),
    dropped.has('value') ? '(left out)' : value,
  ];
}

function textOf(value: Buffer): string {
  return [...value.toString('utf8')].slice(0, SHOWN).join('');
}

/** One line, of bounded length, and nothing in it that a terminal obeys: it came from outside. */
function shown(text: string): string {
  const plain = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
  return plain.length > SHOWN ? `${plain.slice(0, SHOWN - 1)}…` : plain;
}

function isoOf(timestamp: number): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString();
}
