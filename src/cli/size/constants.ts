import * as z from 'zod';

const cost = z.number().nonnegative();

/**
 * What the parts of a deployment cost on one machine, as `npm run bench -- constants` measures it. CPU in microseconds of one
 * core, memory in KiB. A KiB is one of an event's data.
 */
export const CONSTANTS = z.strictObject({
  /** The machine, and when it was measured. */
  measured: z.string(),
  /** A gateway without clients and events: resident memory, and CPU a second. */
  gatewayKib: cost,
  gatewayUs: cost,
  /** Resident memory of a connection with one subscription. */
  connectionKib: cost,
  /** CPU a second of a connection to which nothing is sent but pings. */
  connectionUs: cost,
  /** A gateway: each event of a partition that it follows, also one that nobody there gets. */
  heardUs: cost,
  /** The same: each batch of events. Events that come alone are a batch each. */
  heardBatchUs: cost,
  heardKibUs: cost,
  /** A gateway: each event, for each group of equal subscriptions that gets it: the result is computed and encoded once. */
  resultUs: cost,
  /** A gateway: each result that is written to one client. */
  deliveryUs: cost,
  deliveryKibUs: cost,
  /** A relay: CPU a second without events, for each event, and for each batch. */
  relayIdleUs: cost,
  relayUs: cost,
  relayBatchUs: cost,
  relayKibUs: cost,
  /** Redis: each event, each batch, and each event for each gateway that hears it. */
  redisUs: cost,
  redisBatchUs: cost,
  redisHearerUs: cost,
  /** What the message of an event weighs beyond its data, in bytes: in Redis, and at the client. */
  redisExtraBytes: cost,
  frameExtraBytes: cost,
});
export type Constants = z.infer<typeof CONSTANTS>;
