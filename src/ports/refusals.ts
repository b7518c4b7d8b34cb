import { deferred, pause } from '../core/async.js';
import { REFUSED_RETRY_MS, Refusal, type RefusalKind } from '../core/refusal.js';
import type { OnProblem } from './problem.js';

/** What is refused: a sentence for the operator, as `Refusal.message`. */
interface Refused {
  readonly kind: RefusalKind;
  readonly sentence: string;
  readonly cause?: unknown;
}

/**
 * What a backend refuses an adapter at the moment. Each refusal is reported once while it lasts, however often it is met,
 * and the backend is asked slowly whether it still holds: nobody else may need what is refused, so a success cannot
 * show that it was mended.
 */
export class Refusals {
  readonly #onProblem: OnProblem;
  readonly #closed: AbortSignal;
  readonly #retryMs: number;
  /** By sentence. C4: one for each right of each topic, group and transactional id that this process uses. */
  readonly #active = new Map<string, Refusal>();

  /**
   * @param closed aborted when the adapter is closed: nothing is asked any more
   * @param retryMs how long to wait before the backend is asked again
   */
  constructor(onProblem: OnProblem, closed: AbortSignal, retryMs = REFUSED_RETRY_MS) {
    this.#onProblem = onProblem;
    this.#closed = closed;
    this.#retryMs = retryMs;
  }

  /**
   * The refusal with this sentence: the same object until it is mended.
   * @param isMended asks the backend. A rejection means that it cannot tell at the moment
   */
  of({ kind, sentence, cause }: Refused, isMended: (signal: AbortSignal) => Promise<boolean>): Refusal {
    const known = this.#active.get(sentence);
    if (known !== undefined) return known;
    const mended = deferred();
    const refusal = new Refusal(kind, sentence, mended.promise, cause);
    this.#active.set(sentence, refusal);
    this.#onProblem({ kind: 'refused', message: sentence, cause: refusal });
    void this.#watch(isMended).then(() => {
      this.#active.delete(sentence);
      if (!this.#closed.aborted) mended.resolve();
    });
    return refusal;
  }

  /** Resolves when it is mended, or the adapter is closed. */
  async #watch(isMended: (signal: AbortSignal) => Promise<boolean>): Promise<void> {
    while (!this.#closed.aborted) {
      await pause(this.#retryMs, this.#closed);
      if (this.#closed.aborted) return;
      // A failure is not an answer: the next try asks again.
      if (await isMended(this.#closed).catch(() => false)) return;
    }
  }
}
