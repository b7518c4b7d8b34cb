import type { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { Recorder } from '../../support/recorder.js';
import { EVENTUALLY } from './ceiling.js';
import { expectAll, type Judged } from './check.js';
import type { FaultWorld } from './world.js';

/** Waits until the window in Redis has the newest event of each partition. Subscribers may have it from the log before. */
export async function windowCaughtUp(redis: Redis, world: FaultWorld): Promise<void> {
  const partitions = [...world.appended.newest];
  await expect
    .poll(
      () => Promise.all(partitions.map(([n]) => redis.hget(`${world.slot(n)}:meta`, 'newest'))),
      EVENTUALLY,
    )
    .toEqual(partitions.map(([, offset]) => String(offset)));
}

/**
 * Resumes clients from several positions in what `recorder` received. They use a new node with an empty ring, so they
 * are served from the window as far as it can prove that it is complete.
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
