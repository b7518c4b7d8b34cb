import { expect } from 'vitest';
import { z } from 'zod';
import type { Recorder } from '../../support/recorder.js';
import { EVENTUALLY } from './ceiling.js';

/** The `extensions` of RESYNC_REQUIRED. */
export const ResyncError = z.object({ code: z.string(), reason: z.string(), earliest: z.string().min(20) });
const Errors = z.tuple([z.object({ extensions: ResyncError })]);

/** Waits until a subscriber has ended. @returns the extensions of its error */
export async function resyncError({ faults }: Recorder): Promise<z.output<typeof ResyncError>> {
  await expect.poll(() => faults.length, EVENTUALLY).toBe(1);
  const [, errors] = /^error (.*)$/s.exec(String(faults[0])) ?? [];
  return Errors.parse(JSON.parse(errors ?? 'null'))[0].extensions;
}
