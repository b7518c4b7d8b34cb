import { inject } from 'vitest';

/**
 * How many events or clients of `load` a machine of this speed is given: never none, and never other
 * assertions. The marker is measured and printed once for each run (speed-setup.ts).
 */
export function scaled(load: number, atLeast = 1): number {
  return Math.max(atLeast, Math.round(load * inject('speed')));
}
