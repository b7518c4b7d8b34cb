const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Aborts at the first SIGINT or SIGTERM, with `reason(signal)`. A second signal ends the process at once. */
export function abortOnSignal(reason?: (signal: string) => Error): AbortSignal {
  const controller = new AbortController();
  for (const signal of SIGNALS) process.once(signal, () => controller.abort(reason?.(signal)));
  return controller.signal;
}
