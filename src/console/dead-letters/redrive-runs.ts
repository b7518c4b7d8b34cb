import { randomUUID } from 'node:crypto';
import { deferred, withSignal } from '../../core/async.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import { type Position, positionName } from '../../core/position.js';
import type { EditedRedrive } from '../../dead-letters/office.js';
import type { RedriveOutcome } from '../../dead-letters/redrive.js';

type RunState = 'RUNNING' | 'DONE' | 'REFUSED' | 'FAILED' | 'UNKNOWN';

/** `DeadLetterRun` of schema/console/dead-letters.graphql. */
export interface RunReport {
  readonly id: string;
  readonly state: RunState;
  readonly putBack: number;
  readonly records: readonly { readonly from: string; readonly to: string | undefined }[];
  readonly idempotent: number;
  readonly alreadyPutBack: number;
  readonly failed: readonly { readonly from: string; readonly reason: string }[];
  readonly left: number;
  readonly problem: string | undefined;
}

type OnRedriven = (from: string, to: Position | undefined, idempotent: boolean) => void;
type Work = (onRedriven: OnRedriven, signal: AbortSignal) => Promise<RedriveOutcome | EditedRedrive>;

/** C4: runs that wait or work, and runs that are remembered with their results. */
const MAX_OPEN = 8;
const MAX_REMEMBERED = 50;
const MAX_LISTED = 1_000;

const FRESH: Omit<RunReport, 'id' | 'state'> = {
  putBack: 0,
  records: [],
  idempotent: 0,
  alreadyPutBack: 0,
  failed: [],
  left: 0,
  problem: undefined,
};

interface Run {
  report: RunReport;
  changed: ReturnType<typeof deferred>;
}

/**
 * The redrives of one gateway. They outlive the request that started them: a caller may leave. They run one after the other,
 * because all are members of one consumer group, and would only take partitions from each other.
 */
export class RedriveRuns implements AsyncDisposable {
  readonly #runs = new Map<string, Run>();
  readonly #stop = new AbortController();
  #last: Promise<void> = Promise.resolve();
  #open = 0;

  /** @throws {MillraceError} OVERLOADED when too many are open */
  start(work: Work): string {
    if (this.#open >= MAX_OPEN)
      throw new MillraceError(
        'OVERLOADED',
        `${MAX_OPEN} runs are open on this gateway. Wait for one of them to end.`,
      );
    const id = randomUUID();
    const run: Run = { report: { ...FRESH, id, state: 'RUNNING' }, changed: deferred() };
    this.#runs.set(id, run);
    const [oldest] = this.#runs.keys();
    if (this.#runs.size > MAX_REMEMBERED && oldest !== undefined) this.#runs.delete(oldest);
    this.#open += 1;
    this.#last = this.#last.then(() => this.#execute(run, work));
    return id;
  }

  /** The report of a run, as it is now. */
  report(id: string): RunReport {
    return this.#runs.get(id)?.report ?? { ...FRESH, id, state: 'UNKNOWN' };
  }

  /** The reports of a run, each time that it has changed, up to the last one. */
  async *follow(id: string, signal: AbortSignal): AsyncGenerator<RunReport, void> {
    for (let seen: RunReport | undefined; !signal.aborted; ) {
      const run = this.#runs.get(id);
      const report = this.report(id);
      if (report !== seen) yield report;
      seen = report;
      if (run === undefined || report.state !== 'RUNNING') return;
      if (run.report === seen) await withSignal(run.changed.promise, signal).catch(() => undefined);
    }
  }

  async #execute(run: Run, work: Work): Promise<void> {
    const change = (changes: Partial<RunReport>): void => {
      run.report = { ...run.report, ...changes };
      run.changed.resolve(undefined);
      run.changed = deferred();
    };
    try {
      this.#stop.signal.throwIfAborted();
      const records: { from: string; to: string | undefined }[] = [];
      const result = await work((from, to, idempotent) => {
        if (records.length < MAX_LISTED) records.push({ from, to: to && positionName(to) });
        const { putBack, idempotent: before } = run.report;
        change({ putBack: putBack + 1, records, idempotent: before + (idempotent ? 1 : 0) });
      }, this.#stop.signal);
      change(endOf(result));
    } catch (error) {
      change({ state: 'FAILED', problem: messageOf(error) });
    } finally {
      this.#open -= 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new MillraceError('SHUTTING_DOWN', 'The gateway is shutting down.'));
    await this.#last;
  }
}

function endOf(result: RedriveOutcome | EditedRedrive): Partial<RunReport> {
  if (!('kind' in result)) return ended(result);
  return result.kind === 'REFUSED' ? { state: 'REFUSED', problem: result.reason } : ended(result.outcome);
}

function ended({ redriven, alreadyRedriven, failed, beyond }: RedriveOutcome): Partial<RunReport> {
  const listed = failed.slice(0, MAX_LISTED).map(({ position, reason }) => ({ from: position, reason }));
  return { state: 'DONE', putBack: redriven, alreadyPutBack: alreadyRedriven, failed: listed, left: beyond };
}
