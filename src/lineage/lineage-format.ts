import { positionName } from '../core/position.js';
import { isoTime, terminalText } from '../core/terminal-text.js';
import { type EventTree, eventTrees, type TracedEvent } from './lineage.js';

/** How long a name may be, in characters. */
const MAX_NAME_CHARS = 60;
const MAX_REASON_CHARS = 200;
/** Deeper events are indented as far as this: a chain of causes may be as long as the log. */
const MAX_INDENT = 20;

/** Events as indented lines: each below its cause, with the milliseconds since the first event of all. */
export function lineageLines(events: readonly TracedEvent[]): readonly string[] {
  const trees = eventTrees(events);
  const start = trees[0]?.event.timestamp ?? 0;
  const rows = trees.flatMap(flattened);
  const cells = rows.map(({ event, depth }) => [
    `+${event.timestamp - start} ms`,
    `${'  '.repeat(Math.min(depth, MAX_INDENT))}${name(event.type) || '(tombstone)'}`,
    positionName(event),
    name(event.key ?? '-'),
    name(event.source),
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...cells.map((row) => row[column]?.length ?? 0)));
  const lines = rows.flatMap(({ event }, index) => {
    const row = cells[index] ?? [];
    const line = row.map((cell, column) =>
      column === 0 ? cell.padStart(widths[0] ?? 0) : cell.padEnd(widths[column] ?? 0),
    );
    return [line.join('  ').trimEnd(), ...event.deadLetters.map(setAsideLine)];
  });
  return trees.length === 0 ? [] : [`from ${isoTime(start)}`, ...lines];
}

const name = (text: string): string => terminalText(text, MAX_NAME_CHARS);

function setAsideLine({ kind, reason, failedIn, at }: TracedEvent['deadLetters'][number]): string {
  const where = failedIn === undefined ? '' : ` in ${name(failedIn)}`;
  return `    stopped${where}: ${name(kind)}: ${terminalText(reason, MAX_REASON_CHARS)} (${positionName(at)})`;
}

/** Each event before its effects. Without recursion: a chain of causes may be as long as the log. */
function flattened(tree: EventTree): { readonly event: TracedEvent; readonly depth: number }[] {
  const rows = [];
  const open = [{ tree, depth: 0 }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    rows.push({ event: at.tree.event, depth: at.depth });
    const depth = at.depth + 1;
    open.push(...at.tree.effects.map((effect) => ({ tree: effect, depth })).reverse());
  }
  return rows;
}
