import { millisecondsOf, parseDateTime } from '../core/date-time.js';
import type { Topic } from '../core/ids.js';
import type { Rebuild, RebuildFrom, RebuildProgress } from './rebuild.js';

/** What `millrace replay` needs. */
export interface RebuildCommand {
  /** Every service and view of the project that has a state. */
  readonly rebuilds: readonly Rebuild[];
  /** The service or view, as `name`, `service/name` or `view/name`. */
  readonly group: string;
  /** `start`, a date, or a date and time (RFC 3339). */
  readonly from: string;
  /** Writes a line to standard output. */
  readonly print: (line: string) => void;
  /** The clock, in milliseconds; `Date.now` when left out. */
  readonly now?: () => number;
  readonly signal: AbortSignal;
}

/** A group or time on the command line that does not exist or cannot be parsed. */
export class RebuildError extends Error {
  override readonly name = 'RebuildError';
}

export const REBUILD_HELP = `
Folds a second state from the log, beside the one in use. Events that the service returns meanwhile are
discarded. When the second state has caught up, one atomic step switches to it. Until then nothing changes, also
if this command is stopped.
--from start folds everything that the log has. --from <time> folds only events that the log received then or
later: each key begins with its initial state, and earlier events are in no state.
The embedded log belongs to one process: stop the process that uses it first.`;

/** How often the progress of a topic is printed. */
const PRINT_INTERVAL_MS = 1_000;

/** `millrace replay`. */
export async function rebuild(command: RebuildCommand): Promise<void> {
  const { print, signal } = command;
  const from = parseFrom(command.from);
  const target = findTarget(command);
  const since = from.kind === 'start' ? 'the start of the log' : new Date(from.time).toISOString();
  print(`Rebuilding the state of ${target.kind} ${target.name} from ${since}, beside the one in use`);
  const printer = new ProgressPrinter(command.now ?? Date.now, print);
  const result = await target.run({ from, onProgress: (progress) => printer.update(progress), signal });
  printer.end();
  print(`Switched. ${result}`);
}

function findTarget({ rebuilds, group }: RebuildCommand): Rebuild {
  const matches = rebuilds.filter(({ name, kind }) => name === group || `${kind}/${name}` === group);
  const [first, second] = matches;
  if (second !== undefined)
    throw new RebuildError(`${group} is both a service and a view. Write service/${group} or view/${group}.`);
  if (first !== undefined) return first;
  const names = rebuilds.map(({ kind, name }) => `${name} (${kind})`).join(', ') || 'nothing';
  throw new RebuildError(`No service or view ${group} has a state. The project has: ${names}.`);
}

function parseFrom(text: string): RebuildFrom {
  if (text === 'start') return { kind: 'start' };
  const instant = parseDateTime(completed(text));
  if (instant === undefined)
    throw new RebuildError(`--from must be 'start' or a time such as 2026-01-31T09:30:00Z, not '${text}'.`);
  return { kind: 'time', time: millisecondsOf(instant) };
}

/** As people type times: a date alone means midnight in UTC, and a time without seconds the full minute. */
function completed(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return `${text}T00:00:00Z`;
  return text.replace(/^(.{10}T\d\d:\d\d)(?=Z|[+-])/i, '$1:00');
}

/** Prints progress as lines: at most one a second for each topic, and always its last one. */
class ProgressPrinter {
  readonly #now: () => number;
  readonly #print: (line: string) => void;
  readonly #startedAt: number;
  readonly #printedAt = new Map<Topic, number>();
  /** Progress that is not printed yet. */
  readonly #pending = new Map<Topic, RebuildProgress>();

  constructor(now: () => number, print: (line: string) => void) {
    this.#now = now;
    this.#print = print;
    this.#startedAt = now();
  }

  update(progress: RebuildProgress): void {
    const now = this.#now();
    this.#pending.set(progress.topic, progress);
    if (now - (this.#printedAt.get(progress.topic) ?? this.#startedAt) < PRINT_INTERVAL_MS) return;
    this.#printedAt.set(progress.topic, now);
    this.#pending.delete(progress.topic);
    this.#print(this.#line(progress, now));
  }

  end(): void {
    for (const progress of this.#pending.values()) this.#print(this.#line(progress, this.#now()));
    this.#pending.clear();
  }

  #line({ topic, done, total, events }: RebuildProgress, now: number): string {
    const seconds = (now - this.#startedAt) / 1_000;
    const share = total === 0 ? 100 : Math.floor((done / total) * 100);
    const rate = seconds > 0 ? `${Math.round(events / seconds)} events/s` : '';
    const eta = done > 0 && done < total ? `${Math.ceil((seconds * (total - done)) / done)} s left` : '';
    const parts = [`${topic}  ${done}/${total} offsets (${share} %)`, rate, eta];
    return parts.filter((part) => part !== '').join('  ');
  }
}
