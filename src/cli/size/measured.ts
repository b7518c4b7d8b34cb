import type { Constants } from './constants.js';

/** The constants that the command uses unless it is given others. */
export const MEASURED: Constants = {
  measured: '2 cores (Intel Xeon), Node 20.20, 2026-12-01',
  gatewayKib: 134_000,
  connectionKib: 10.9,
  connectionUs: 1.99,
  gatewayUs: 15_500,
  heardUs: 15.4,
  heardBatchUs: 327,
  heardKibUs: 3.11,
  resultUs: 144,
  deliveryUs: 12.4,
  deliveryKibUs: 0,
  relayIdleUs: 15_300,
  relayUs: 29.6,
  relayBatchUs: 1030,
  relayKibUs: 15.1,
  redisUs: 13.3,
  redisBatchUs: 164,
  redisHearerUs: 9.38,
  redisExtraBytes: 452,
  frameExtraBytes: 157,
};
