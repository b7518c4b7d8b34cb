import { MillraceError } from '../core/errors.js';
import type { Logger } from './log.js';

interface Trouble {
  /** How often it came again since it was told. */
  times: number;
  readonly since: number;
  readonly quiet: NodeJS.Timeout;
}

/** Longer than any pause between two tries. */
const QUIET = 10_000;

/**
 * What fails again and again while it is tried again: told once when it begins and once when it has not
 * come for a while, so that an outage is two lines and not thousands. The metrics count each.
 */
export class Troubles implements Disposable {
  readonly #logger: Logger;
  readonly #quiet: number;
  /** By kind and error code: there are as many kinds as the code has, or as there are partitions. */
  readonly #there = new Map<string, Trouble>();

  /** @param quiet after how many milliseconds without it a trouble is over */
  constructor(logger: Logger, quiet = QUIET) {
    this.#logger = logger;
    this.#quiet = quiet;
  }

  /** @param about goes into the line, with the error */
  report(kind: string, error: unknown, message: string, about: Readonly<Record<string, unknown>> = {}): void {
    const name = `${kind} ${error instanceof MillraceError ? error.code : ''}`;
    const known = this.#there.get(name);
    if (known !== undefined) {
      known.times += 1;
      known.quiet.refresh();
      return;
    }
    this.#logger.warn({ kind, ...about, err: error }, message);
    const quiet = setTimeout(() => this.#over(name, kind, message), this.#quiet);
    quiet.unref();
    this.#there.set(name, { times: 0, since: performance.now(), quiet });
  }

  #over(name: string, kind: string, message: string): void {
    const trouble = this.#there.get(name);
    this.#there.delete(name);
    if (trouble === undefined || trouble.times === 0) return;
    const milliseconds = Math.round(performance.now() - trouble.since) - this.#quiet;
    this.#logger.warn({ kind, times: trouble.times + 1, milliseconds }, `over: ${message}`);
  }

  [Symbol.dispose](): void {
    for (const { quiet } of this.#there.values()) clearTimeout(quiet);
    this.#there.clear();
  }
}
