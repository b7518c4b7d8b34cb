import type { Constants } from './constants.js';

/** The constants that the command uses unless it is given others. */
export const MEASURED: Constants = {
  measured: 'an AMD EPYC core, 2026-12-01, Node 20.20',
  gatewayKib: 120_000,
  gatewayUs: 6_000,
  connectionKib: 8.8,
  connectionUs: 2.2,
  heardUs: 20,
  heardBatchUs: 200,
  heardKibUs: 5,
  resultUs: 60,
  deliveryUs: 15,
  deliveryKibUs: 1,
  relayIdleUs: 8_000,
  relayUs: 20,
  relayBatchUs: 600,
  relayKibUs: 5,
  redisUs: 20,
  redisBatchUs: 120,
  redisHearerUs: 3,
  redisExtraBytes: 300,
  frameExtraBytes: 150,
};
