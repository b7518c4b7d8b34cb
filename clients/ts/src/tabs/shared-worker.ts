import type { ToHub, ToTab } from './messages.js';
import type { HubPort } from './tab-link.js';

/** The part of a `SharedWorker` that is used. */
export interface SharedWorkerLike {
  readonly port: {
    postMessage(message: ToHub): void;
    onmessage: ((event: { readonly data: ToTab }) => void) | null;
    close(): void;
  };
  onerror: ((event: unknown) => void) | null;
}

declare const SharedWorker: new (
  url: URL,
  options: { readonly type: 'module'; readonly name: string },
) => SharedWorkerLike;

/**
 * The way to the worker of all tabs. `undefined`: there are no SharedWorkers here.
 * @param onUnavailable the worker cannot be loaded, or (Firefox) an error in it was caught by nobody
 */
export function workerPort(
  make: () => SharedWorkerLike = shared,
  onUnavailable: () => void,
): HubPort | undefined {
  if (!('SharedWorker' in globalThis)) return undefined;
  let worker: SharedWorkerLike;
  try {
    worker = make();
  } catch {
    // A policy of the page forbids workers, or a bundler has taken the address of this module away.
    return undefined;
  }
  const { port } = worker;
  worker.onerror = onUnavailable;
  return {
    post: (message) => port.postMessage(message),
    listen: (onMessage) => {
      port.onmessage = ({ data }) => onMessage(data);
    },
    close: () => {
      worker.onerror = null;
      port.close();
    },
  };
}

/**
 * Bundlers know this form, and need it as it is. The name has the release, because a browser keeps the old worker for the
 * same address and name as long as one tab uses it. webpack names a file after it, so it has no spaces.
 */
const shared = (): SharedWorkerLike =>
  new SharedWorker(new URL('./worker.js', import.meta.url), {
    type: 'module',
    name: 'millrace-client-0.1.0',
  });
