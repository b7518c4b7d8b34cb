export interface Chromium {
  /** Where it is driven: Chrome's DevTools protocol, over a WebSocket. */
  readonly endpoint: string;
  /** Sends a signal to all its processes. */
  signal(name: NodeJS.Signals): void;
  /** Kills all its processes. Its profile stays. */
  kill(): Promise<void>;
  /** After `kill`: starts it again with the same profile. @returns the new endpoint */
  start(): Promise<string>;
  /** Kills it, and removes its profile. */
  stop(): Promise<void>;
}

/**
 * Starts a Chromium without a window, with a profile of its own.
 * @throws {Error} that says what to install
 */
export function startChromium(): Promise<Chromium>;
