import type { Constants } from './constants.js';

/** The constants that the command uses unless it is given others. */
export const MEASURED: Constants = {
  measured: '2 cores (Intel Xeon), Node 20.20, 2026-12-01',
  gatewayKib: 105_000,
  gatewayUs: 18_800,
  connectionKib: 21.6,
  connectionUs: 3.72,
  heardUs: 24.7,
  heardBatchUs: 269,
  heardKibUs: 2.73,
  resultUs: 206,
  deliveryUs: 14.7,
  deliveryKibUs: 0,
  relayIdleUs: 15_300,
  relayUs: 32.7,
  relayBatchUs: 1030,
  relayKibUs: 0,
  redisUs: 13.3,
  redisBatchUs: 168,
  redisHearerUs: 3.24,
  redisExtraBytes: 452,
  frameExtraBytes: 387,
};
