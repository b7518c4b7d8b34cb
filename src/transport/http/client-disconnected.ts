import type { ServerResponse } from 'node:http';

/**
 * Aborts when the client closes the connection before it has its response. The signal and its listener are
 * created on first use, because most operations never read it.
 */
export class ClientDisconnected {
  readonly #response: ServerResponse;
  #abort: AbortController | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      const response = this.#response;
      const onClose = (): void => {
        if (!response.writableFinished) abort.abort();
      };
      if (response.closed) onClose();
      else response.once('close', onClose);
      this.#abort = abort;
    }
    return this.#abort.signal;
  }
}
