import type { Topic } from '../core/ids.js';
import type { Rebuild, RebuildFrom, RebuildProgress } from './rebuild.js';

/** What `millrace replay` works with. */
export interface RebuildCommand {
  /** Everything of the project that can be built anew. */
  readonly rebuilds: readonly Rebuild[];
  /** Of which service or view. */
  readonly group: string;
  /** `start`, or a date and time. */
  readonly from: string;
  /** Takes a line for standard output. */
  readonly say: (line: string) => void;
  readonly now?: () => number;
  readonly signal: AbortSignal;
}

/** Something that was asked for and is not there, or cannot be meant. */
export class RebuildError extends Error {
  override readonly name = 'RebuildError';
}

export const REBUILD_HELP = `
A second state is folded from the log, beside the one in use; what a service says meanwhile is discarded.
When it has caught up, one record switches to it: until then, and if this is ended before, nothing changes.
--from start folds all that the log has. --from <time> folds only events that the log got then or later: each
key begins with what it has before its first event, and what happened before that time is in no state.
With the embedded log, stop the process that has it first: it belongs to one process.`;

/** Between two lines of one topic. */
const EVERY = 1_000;

/** `millrace replay`. */
export async function replay(command: RebuildCommand): Promise<void> {
  const { say, signal } = command;
  const from = fromOf(command.from);
  const chosen = chosenOf(command);
  const since = from.kind === 'start' ? 'the start of the log' : new Date(from.time).toISOString();
  say(`${chosen.kind} ${chosen.name}: its state is folded from ${since} on, beside the one in use`);
  const lines = new Lines(command.now ?? Date.now, say);
  const result = await chosen.run({ from, onProgress: (progress) => lines.tell(progress), signal });
  lines.end();
  say(`Switched. ${result}`);
}

function chosenOf({ rebuilds, group }: RebuildCommand): Rebuild {
  const found = rebuilds.filter(({ name, kind }) => name === group || `${kind}/${name}` === group);
  const [first, second] = found;
  if (second !== undefined)
    throw new RebuildError(`${group} is a service and a view: say service/${group} or view/${group}.`);
  if (first !== undefined) return first;
  const names = rebuilds.map(({ kind, name }) => `${name} (${kind})`).join(', ') || 'nothing';
  throw new RebuildError(`There is no ${group} with a state; the project has: ${names}.`);
}

/** RFC 3339, or a date alone: midnight in UTC. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

function fromOf(text: string): RebuildFrom {
  if (text === 'start') return { kind: 'start' };
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new RebuildError(`--from is 'start' or a time such as 2026-01-31T09:30:00Z, not '${text}'.`);
  return { kind: 'time', time };
}

/** Progress as lines, of each topic one a second at the most, and its last one. */
class Lines {
  readonly #begun: number;
  readonly #told = new Map<Topic, number>();
  readonly #kept = new Map<Topic, RebuildProgress>();

  constructor(
    private readonly now: () => number,
    private readonly say: (line: string) => void,
  ) {
    this.#begun = now();
  }

  tell(progress: RebuildProgress): void {
    const now = this.now();
    this.#kept.set(progress.topic, progress);
    if (now - (this.#told.get(progress.topic) ?? this.#begun) < EVERY) return;
    this.#told.set(progress.topic, now);
    this.#kept.delete(progress.topic);
    this.say(this.#line(progress, now));
  }

  end(): void {
    for (const progress of this.#kept.values()) this.say(this.#line(progress, this.now()));
    this.#kept.clear();
  }

  #line({ topic, done, total, events }: RebuildProgress, now: number): string {
    const seconds = (now - this.#begun) / 1_000;
    const share = total === 0 ? 100 : Math.floor((done / total) * 100);
    const rate = seconds > 0 ? `${Math.round(events / seconds)} events/s` : '';
    const eta = done > 0 && done < total ? `${Math.ceil((seconds * (total - done)) / done)} s left` : '';
    const parts = [`${topic}  ${done}/${total} offsets (${share} %)`, rate, eta];
    return parts.filter((part) => part !== '').join('  ');
  }
}
