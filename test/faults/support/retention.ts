import { expect } from 'vitest';
import type { GatewayProcess } from '../../support/gateway-process.js';
import { EVENTUALLY } from './ceiling.js';
import type { KafkaAdmin } from './kafka-admin.js';
import type { FaultWorld } from './world.js';

/** Starts a segment with each append, so that everything before the newest can be compacted or deleted. */
export const SMALL_SEGMENTS = { 'segment.ms': '1' };
/** Deletes everything that is not in the newest segment. */
const SHORT_RETENTION = { ...SMALL_SEGMENTS, 'retention.bytes': '1' };

/** Publishes until retention has deleted all events but the newest one, which is at `offset` or later. Then stops it. */
export async function retentionPasses(
  admin: KafkaAdmin,
  world: FaultWorld,
  gateway: GatewayProcess,
  offset: number,
): Promise<void> {
  await admin.configure(world.topic, SHORT_RETENTION);
  const bounds = async () => (await admin.bounds(world.topic))[0] ?? { earliest: -1, end: -1 };
  const earliest = async (): Promise<number> => {
    await world.say(gateway);
    return (await bounds()).earliest;
  };
  await expect.poll(earliest, EVENTUALLY).toBeGreaterThanOrEqual(offset);
  const left = async (): Promise<number> => {
    const { earliest: first, end } = await bounds();
    return end - first;
  };
  await expect.poll(left, EVENTUALLY).toBe(1);
  await admin.configure(world.topic, {});
}
