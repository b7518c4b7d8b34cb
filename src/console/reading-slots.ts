import { MillraceError } from '../../core/errors.js';

/** S4: how many readings of the log run at once on a node. Each decodes what it reads. */
const MAX_READINGS = 4;

/** The readings of this node that run. */
export class ReadingSlots {
  #taken = 0;

  /** @throws {MillraceError} LIMIT_EXCEEDED when all are taken */
  take(): Disposable {
    if (this.#taken >= MAX_READINGS) {
      const message = `${MAX_READINGS} readings of the log run on this node already, as many as may. Try again when one of them is done.`;
      throw new MillraceError('LIMIT_EXCEEDED', message);
    }
    this.#taken += 1;
    const release = (): void => {
      this.#taken -= 1;
    };
    return { [Symbol.dispose]: release };
  }
}
