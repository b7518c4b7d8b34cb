import { isoTime, oneLine, terminalText } from '../core/terminal-text.js';
import { type DeadLettersCommand, topicsOf } from './command.js';
import type { DeadLetterGroup } from './groups.js';

const COLUMNS = ['GROUP', 'TOPIC', 'KIND', 'IN', 'RECORDS', 'REDRIVEN', 'FIRST', 'LAST', 'REASON'] as const;
const MAX_TEXT_CHARS = 100;

/** `millrace dead-letters groups`. */
export async function groups(
  command: DeadLettersCommand,
  { json, records }: { readonly json: boolean; readonly records: number },
): Promise<void> {
  const { office, print, printError, signal } = command;
  const found = await office.groups(await topicsOf(command), records, signal);
  if (json) for (const group of found.groups) print(oneLine(JSON.stringify(asJson(group))));
  else if (found.groups.length > 0) print(asTable([COLUMNS, ...found.groups.map(rowOf)]));
  else print('There are no dead letters.');
  if (found.skipped > 0)
    printError(`${found.skipped} older records were not read; read more of each topic with --records.`);
}

function asJson({ firstAt, lastAt, redriven, ...group }: DeadLetterGroup): Record<string, unknown> {
  return { ...group, putBack: redriven, first: isoTime(firstAt), last: isoTime(lastAt) };
}

function rowOf(group: DeadLetterGroup): readonly string[] {
  const { id, topic, kind, field, service, view, records, redriven, firstAt, lastAt, reason } = group;
  const times = [firstAt, lastAt].map(isoTime);
  const cells = [
    id,
    topic,
    kind,
    field ?? service ?? view ?? group.group ?? '-',
    String(records),
    String(redriven),
  ];
  return [...cells, ...times, reason].map((text) => terminalText(text, MAX_TEXT_CHARS));
}

/** Cells in columns. */
export function asTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '));
  return lines.map((line) => line.trimEnd()).join('\n');
}
