import type { MetricObject } from 'prom-client';
import { z } from 'zod';

/** What a worker sends to its primary. */
export const FromWorker = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started'), url: z.string(), lines: z.array(z.string()) }),
  /** The worker was asked for `/metrics`, and needs those of all processes. */
  z.object({ kind: z.literal('scrape'), id: z.number() }),
  /** The worker's own metrics, as requested. prom-client made them, and reads them again. */
  z.object({ kind: z.literal('own-metrics'), id: z.number(), metrics: z.array(z.custom<MetricObject>()) }),
]);

/** What the primary sends to a worker. */
export const FromPrimary = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('own-metrics'), id: z.number() }),
  z.object({ kind: z.literal('all-metrics'), id: z.number(), text: z.string() }),
]);

export interface StartedWorker {
  readonly url: string;
  /** What it runs on, a line each. */
  readonly lines: readonly string[];
}
