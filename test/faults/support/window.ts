import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { Recorder } from '../../support/recorder.js';
import { SOON } from './ceiling.js';
import { expectAll, type Judged } from './check.js';
import type { FaultWorld } from './world.js';

/** Waits until Redis has relayed up to the newest event of each partition: nodes do without, so it has to be seen. */
export async function windowStands(redis: Redis, world: FaultWorld): Promise<void> {
  const partitions = [...world.appended.newest];
  await expect
    .poll(() => Promise.all(partitions.map(([n]) => redis.hget(`${world.slot(n)}:meta`, 'newest'))), SOON)
    .toEqual(partitions.map(([, offset]) => String(offset)));
}

/**
 * Clients that were away: from several places of what `recorder` was given they resume on a node of their
 * own, whose memory is empty, so that they are served from the window as far as it can prove that it has all.
 */
export async function expectResumable(
  world: FaultWorld,
  recorder: Recorder,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const node = await world.gateway(env);
  const { received } = recorder;
  const late: Judged[] = [];
  for (let share = 1; share <= 6; share++) {
    const index = Math.floor((received.length * share) / 7);
    const cursor = received[index]?.cursor;
    if (cursor === undefined) throw new Error(`Only ${received.length} events were received`);
    const after = new Map<number, number>();
    for (const { partition, offset } of received.slice(0, index + 1)) after.set(partition, offset);
    late.push({ recorder: await world.subscriber(node, { after: cursor }), after });
  }
  await expectAll(late, world.appended);
}
