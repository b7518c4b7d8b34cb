const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The process was asked to end. */
export class SignalReceived extends Error {
  override readonly name = 'SignalReceived';

  constructor(readonly signal: NodeJS.Signals) {
    super(`Stopped by ${signal}.`);
  }
}

/** Aborts at the first SIGINT or SIGTERM, with `reason(signal)`. A second signal ends the process at once. */
export function abortOnSignal(reason?: (signal: NodeJS.Signals) => Error): AbortSignal {
  const controller = new AbortController();
  for (const signal of SIGNALS) process.once(signal, () => controller.abort(reason?.(signal)));
  return controller.signal;
}

/**
 * Ends the process by the signal that it has handled, like a program without a handler: its caller sees that it was stopped
 * (a shell as 130 or 143), and a loop in a script ends with it.
 */
export function endBySignal(received: SignalReceived): void {
  process.removeAllListeners(received.signal);
  process.kill(process.pid, received.signal);
}
