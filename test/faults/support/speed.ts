import { inject } from 'vitest';

/**
 * Scales a number of events or clients to the speed of this machine, at least to `atLeast`. Assertions do not change.
 * speed-setup.ts measures and prints the speed once for each run.
 */
export function scaled(load: number, atLeast = 1): number {
  return Math.max(atLeast, Math.round(load * inject('speed')));
}
