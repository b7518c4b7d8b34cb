import { MillraceError } from '../core/errors.js';

/** S4: the long readings of the log that run at once on this node. Each decodes what it reads. */
export class ReadingSlots {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** @throws {MillraceError} LIMIT_EXCEEDED when all are taken */
  take(): Disposable {
    if (this.#taken >= this.#max) {
      const message = `${this.#max} readings of the log run on this node already, as many as may. Try again when one of them is done.`;
      throw new MillraceError('LIMIT_EXCEEDED', message);
    }
    this.#taken += 1;
    const release = (): void => {
      this.#taken -= 1;
    };
    return { [Symbol.dispose]: release };
  }
}
