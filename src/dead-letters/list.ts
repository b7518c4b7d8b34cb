import type { Topic } from '../core/ids.js';
import type { EventLog } from '../ports/event-log.js';
import type { DeadLetter } from './dead-letter.js';
import { readDeadLetterEntries } from './dead-letter-topic.js';
import { groupIdOf } from './groups.js';

interface ListOptions {
  readonly log: EventLog;
  /** The dead-letter topics. */
  readonly topics: readonly Topic[];
  /** How many lines are returned at the most: the newest ones. */
  readonly limit: number;
  /** Only letters of this group (`groupIdOf`). */
  readonly group?: string | undefined;
  readonly signal: AbortSignal;
}

/** The dead letters about one record that have the same kind of fault. */
export interface DeadLetterLine {
  readonly newest: DeadLetter;
  /** How many dead letters there are: each node that fails on an event writes its own. */
  readonly count: number;
  /** The Subscription fields, services and views that failed on it. */
  readonly fields: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
  readonly views: ReadonlySet<string>;
  readonly redriven: boolean;
}

interface DeadLetterList {
  /** Newest last. */
  readonly lines: readonly DeadLetterLine[];
  /** Whether there are older ones. */
  readonly more: boolean;
  /** How many records are not dead letters that can be read. */
  readonly foreign: number;
}

/** Lists the dead letters in some dead-letter topics. */
export async function listDeadLetters(options: ListOptions): Promise<DeadLetterList> {
  const { limit } = options;
  const all: DeadLetterLine[] = [];
  let more = false;
  let foreign = 0;
  for (const topic of options.topics) {
    const found = await linesOf(options, topic);
    all.push(...found.lines);
    more ||= found.cut;
    foreign += found.foreign;
  }
  all.sort((a, b) => a.newest.timestamp - b.newest.timestamp);
  return { lines: all.slice(-limit), more: more || all.length > limit, foreign };
}

async function linesOf({ log, limit, group, signal }: ListOptions, topic: Topic) {
  // C4: in the order of their newest dead letters, and no more lines than can be shown.
  const lines = new Map<string, Omit<DeadLetterLine, 'redriven'>>();
  const redriven = new Set<string>();
  let cut = false;
  let foreign = 0;
  for await (const entry of readDeadLetterEntries(log, topic, signal)) {
    if (entry.kind === 'FOREIGN') foreign += 1;
    if (entry.kind === 'REDRIVEN') for (const recordId of entry.recordIds) redriven.add(recordId);
    if (entry.kind !== 'DEAD_LETTER') continue;
    const { letter } = entry;
    if (group !== undefined && groupIdOf(letter) !== group) continue;
    const name = `${letter.recordId} ${letter.kind}`;
    const known = lines.get(name);
    lines.delete(name); // A map keeps the order of insertion: the line moves to the end.
    lines.set(name, {
      newest: preview(letter),
      count: (known?.count ?? 0) + 1,
      fields: withName(known?.fields, letter.field),
      services: withName(known?.services, letter.service),
      views: withName(known?.views, letter.view),
    });
    const [oldest] = lines.keys();
    if (lines.size <= limit || oldest === undefined) continue;
    lines.delete(oldest);
    cut = true;
  }
  return {
    lines: [...lines.values()].map((line) => ({ ...line, redriven: redriven.has(line.newest.recordId) })),
    cut,
    foreign,
  };
}

function withName(known: ReadonlySet<string> | undefined, name: string | undefined): ReadonlySet<string> {
  return new Set([...(known ?? []), ...(name === undefined ? [] : [name])]);
}

/** How many bytes of a value are kept: enough for what is shown. */
const PREVIEW_BYTES = 400;

/** The dead letter with a copy of the beginning of its value, so that the batch it came in can be freed. */
function preview(letter: DeadLetter): DeadLetter {
  const { record } = letter;
  const value = record.value === null ? null : Buffer.from(record.value.subarray(0, PREVIEW_BYTES));
  return { ...letter, record: { key: record.key, headers: {}, value } };
}
