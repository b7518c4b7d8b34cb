import { expect, it } from 'vitest';
import { deferred } from '../../src/core/async.js';
import { offset, partition, topic, topicId } from '../../src/core/ids.js';
import type { LogBatch } from '../../src/core/record.js';
import type { Bounds } from '../../src/ports/event-log.js';
import { FIRST_VERSION, type StateVersion, StateVersions } from '../../src/services/state-versions.js';

const at = { topic: topic('in'), partition: partition(0), topicId: topicId('x') };
const rebuilt: StateVersion = { id: 'rebuilt', bases: {} };
const { signal } = new AbortController();

/** A log whose versions topic has one version from the moment of the switch. Each look at its end waits to be let go. */
class SwitchedLog {
  readonly looks: (() => void)[] = [];
  switched = false;

  async bounds(): Promise<readonly Bounds[]> {
    // What the log has when it is asked, not when the answer arrives.
    const end = offset(this.switched ? 1 : 0);
    const { promise, resolve } = deferred();
    this.looks.push(resolve);
    await promise;
    return [{ earliest: offset(0), end }];
  }

  async *read(): AsyncGenerator<LogBatch, void, undefined> {
    const value = Buffer.from(JSON.stringify(rebuilt));
    const records = [{ offset: offset(0), timestamp: 0, key: null, headers: {}, value }];
    yield { ...at, records, last: offset(0), end: offset(1) };
  }
}

it('D1: a batch that was received after a switch never relies on a look at the versions from before it', async () => {
  const log = new SwitchedLog();
  const versions = new StateVersions(log, 'group');
  const before = versions.adoptable(at, offset(0), signal);
  await expect.poll(() => log.looks.length).toBe(1);
  log.switched = true;
  const after = [0, 1, 2].map(() => versions.adoptable(at, offset(0), signal));
  log.looks[0]?.();
  expect(await before).toBe(FIRST_VERSION);
  await expect.poll(() => log.looks.length).toBe(2);
  log.looks[1]?.();
  expect(await Promise.all(after)).toEqual([rebuilt, rebuilt, rebuilt]);
  expect(log.looks).toHaveLength(2);
});
