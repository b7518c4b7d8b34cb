import { describe, expect, it, vi } from 'vitest';
import { MillraceError } from '../../src/core/errors.js';
import { offset, partition } from '../../src/core/ids.js';
import { DeadLetters, type FailedEvent } from '../../src/dead-letters/dead-letters.js';
import { openLogger } from '../../src/observe/log.js';
import { openWorld, type World } from '../support/world.js';

const WAIT = { timeout: 30_000 };
const signal = AbortSignal.timeout(60_000);
const logger = openLogger('silent');

const fault = (field = 'said') => ({ kind: 'filter', reason: 'no', field });

/** The first event of the world's topic as one that `said` failed on. */
async function failedIn(world: World): Promise<FailedEvent> {
  const [at] = await world.say('k', [1]);
  if (at === undefined) throw new Error('nothing was appended');
  for await (const { records } of world.log.read({ ...at, from: at.offset }, signal)) {
    return { ...at, key: 'k', timestamp: records[0]?.timestamp ?? 0, fault: fault() };
  }
  throw new Error('nothing was read');
}

const refused = async ({ metrics }: World) => (await metrics.deadLettersRefused.get()).values[0]?.value;

describe('dead letters of a node', () => {
  it('D10 are retried while the log is unavailable, and written once', async () => {
    await using world = await openWorld();
    const failed = await failedIn(world);
    const append = vi.spyOn(world.log, 'append');
    append.mockRejectedValueOnce(new MillraceError('PUBLISH_FAILED', 'away'));
    append.mockRejectedValueOnce(new MillraceError('PUBLISH_FAILED', 'away'));
    world.deadLetters.add(failed);
    world.deadLetters.add(failed);
    await expect.poll(async () => (await world.letters()).length, WAIT).toBe(1);
    expect(append).toHaveBeenCalledTimes(3);
    world.deadLetters.add(failed);
    world.deadLetters.add({ ...failed, fault: fault('other') });
    await expect.poll(async () => (await world.letters()).length, WAIT).toBe(2);
    expect((await world.letters()).map(({ headers }) => headers['millrace-field'])).toEqual([
      'said',
      'other',
    ]);
    expect((await world.metrics.deadLetters.get()).values[0]?.value).toBe(2);
  });

  it('C4 are only counted while the queue is full, and are written when there is room', async () => {
    await using world = await openWorld();
    const failed = await failedIn(world);
    await using few = new DeadLetters({ log: world.log, metrics: world.metrics, logger, maxQueued: 2 });
    for (const field of ['a', 'b', 'c']) few.add({ ...failed, fault: fault(field) });
    expect(await refused(world)).toBe(1);
    await expect.poll(async () => (await world.letters()).length, WAIT).toBe(2);
    await expect
      .poll(async () => {
        few.add({ ...failed, fault: fault('c') });
        return (await world.letters()).length;
      }, WAIT)
      .toBe(3);
  });

  it('D10 name the parts that are left out when the record is no longer in the log', async () => {
    await using world = await openWorld();
    const failed = await failedIn(world);
    // At the first position is another record; at the second, none.
    world.deadLetters.add({ ...failed, timestamp: failed.timestamp - 1 });
    world.deadLetters.add({ ...failed, offset: offset(99), partition: partition(0) });
    await expect.poll(async () => (await world.letters()).length, WAIT).toBe(2);
    for (const { key, value, headers } of await world.letters()) {
      expect([key, value, headers['millrace-dropped']]).toEqual(['k', null, 'value,headers']);
    }
  });

  it('D10 are written before a node has shut down', async () => {
    await using world = await openWorld();
    const failed = await failedIn(world);
    world.deadLetters.add(failed);
    await world.deadLetters[Symbol.asyncDispose]();
    expect(await world.letters()).toHaveLength(1);
  });
});
