import type { DeadLetterLine } from './list.js';

/** How long a text in a line may be. */
const MAX_TEXT_CHARS = 80;

/** A line as plain JSON, for programs. (`letters` and `putBack` are the established names.) */
export function lineAsJson({ newest, count, fields, redriven }: DeadLetterLine): Record<string, unknown> {
  const { origin, at, record, kind, reason, dropped } = newest;
  return {
    topic: origin.topic,
    partition: origin.partition,
    offset: String(origin.offset),
    when: isoTime(newest.timestamp),
    kind,
    fields: [...fields],
    reason,
    key: record.key,
    value: record.value === null ? null : beginningOf(record.value),
    dropped: [...dropped],
    letters: count,
    newest: { topic: at.topic, partition: at.partition, offset: String(at.offset) },
    putBack: redriven,
  };
}

const COLUMNS = ['WHEN', 'POSITION', 'KIND', 'FIELD', 'KEY', 'COUNT', 'REDRIVEN', 'REASON', 'VALUE'] as const;

/** Lines as a table, for people. */
export function asTable(lines: readonly DeadLetterLine[]): string {
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

function rowOf({ newest, count, fields, redriven }: DeadLetterLine): readonly string[] {
  const { record, originName, kind, reason, dropped } = newest;
  const key = record.key === null ? '-' : printable(record.key);
  const value = record.value === null ? 'none' : printable(beginningOf(record.value));
  return [
    isoTime(newest.timestamp),
    originName,
    printable(kind),
    printable([...fields].join(',')) || '-',
    dropped.has('key') ? '(left out)' : key,
    String(count),
    redriven ? 'yes' : 'no',
    printable(reason),
    dropped.has('value') ? '(left out)' : value,
  ];
}

function beginningOf(value: Buffer): string {
  return [...value.toString('utf8')].slice(0, MAX_TEXT_CHARS).join('');
}

/** One line of bounded length, without control characters: the text is a producer's, and may attack a terminal. */
function printable(text: string): string {
  const plain = text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');
  return plain.length > MAX_TEXT_CHARS ? `${plain.slice(0, MAX_TEXT_CHARS - 1)}…` : plain;
}

function isoTime(timestamp: number): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? String(timestamp) : date.toISOString();
}
