import { bytesOfText, isWellFormed } from '../core/byte-text.js';
import { subjectOf } from '../core/envelope/record-key.js';
import { KeyFormatError } from '../core/key-format.js';
import { isoTime, terminalText } from '../core/terminal-text.js';
import type { TopicFormat, TopicFormats } from '../core/topic-format.js';
import type { DeadLetterLine } from './list.js';

/** How long a text in a line may be. */
const MAX_TEXT_CHARS = 80;

/** A line as plain JSON, for programs. (`letters` and `putBack` are the established names.) */
export function lineAsJson(line: DeadLetterLine, formats?: TopicFormats): Record<string, unknown> {
  const { newest, count, fields, services, views, redriven } = line;
  const { origin, at, record, kind, reason, dropped } = newest;
  return {
    topic: origin.topic,
    partition: origin.partition,
    offset: String(origin.offset),
    when: isoTime(newest.timestamp),
    kind,
    fields: [...fields],
    services: [...services],
    views: [...views],
    reason,
    ...keyAsJson(record.key, formats?.get(origin.topic)),
    value: record.value === null ? null : beginningOf(record.value),
    dropped: [...dropped],
    letters: count,
    newest: { topic: at.topic, partition: at.partition, offset: String(at.offset) },
    putBack: redriven,
  };
}

/** A key that is not text, or does not read as its topic declares, is shown as its bytes. */
function keyAsJson(key: string | null, format: TopicFormat | undefined): Record<string, unknown> {
  const text = key === null ? null : keyText(key, format);
  if (key === null || text !== undefined) return { key: text };
  return { key: null, keyBytes: bytesOfText(key).toString('base64') };
}

/** A key as its topic declares it; `undefined`: it does not read so, or is not text. */
export function keyText(key: string, format: TopicFormat | undefined): string | undefined {
  if (format?.key === undefined) return isWellFormed(key) ? key : undefined;
  try {
    return subjectOf(format, key);
  } catch (error) {
    if (error instanceof KeyFormatError) return undefined;
    throw error;
  }
}

const COLUMNS = ['WHEN', 'POSITION', 'KIND', 'IN', 'KEY', 'COUNT', 'REDRIVEN', 'REASON', 'VALUE'] as const;

/** Lines as a table, for people. */
export function asTable(lines: readonly DeadLetterLine[], formats?: TopicFormats): string {
  const rows = [COLUMNS, ...lines.map((line) => rowOf(line, formats))];
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

function rowOf(line: DeadLetterLine, formats: TopicFormats | undefined): readonly string[] {
  const { newest, count, fields, services, views, redriven } = line;
  const { origin, record, originName, kind, reason, dropped } = newest;
  const key = record.key === null ? '-' : printable(keyAsText(record.key, formats?.get(origin.topic)));
  const value = record.value === null ? 'none' : printable(beginningOf(record.value));
  return [
    isoTime(newest.timestamp),
    originName,
    printable(kind),
    printable([...fields, ...services, ...views].join(',')) || '-',
    dropped.has('key') ? '(left out)' : key,
    String(count),
    redriven ? 'yes' : 'no',
    printable(reason),
    dropped.has('value') ? '(left out)' : value,
  ];
}

const keyAsText = (key: string, format: TopicFormat | undefined): string =>
  keyText(key, format) ?? `0x${bytesOfText(key).toString('hex')}`;

function beginningOf(value: Buffer): string {
  return [...value.toString('utf8')].slice(0, MAX_TEXT_CHARS).join('');
}

const printable = (text: string): string => terminalText(text, MAX_TEXT_CHARS);
