import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Action, actions, actionsWithRetention, perform } from './interleaved/actions.js';
import { Script } from './interleaved/script.js';
import { InterleavedStage, PARTITIONS } from './interleaved/stage.js';

/** Everything is relayed, read and drained that was not: what is missing after that is lost. */
async function finish(stage: InterleavedStage, script: Script): Promise<void> {
  const { fanout, followers } = stage;
  await script.run([
    {
      label: 'everybody reads',
      builder: async () => {
        for (const follower of followers) follower.drain(Number.MAX_SAFE_INTEGER);
      },
    },
  ]);
  // Alone, so that nothing else wakes who waits for it.
  await script.run([
    {
      label: 'the rest is relayed',
      builder: async () => {
        for (let number = 0; number < PARTITIONS; number++) {
          fanout.relay(number, Number.MAX_SAFE_INTEGER, []);
          fanout.beat(number, []);
        }
      },
    },
  ]);
  // D7: who has heard nothing for a second asks.
  await script.pass(2_000);
}

async function play(scheduler: fc.Scheduler, acts: readonly Action[]): Promise<readonly string[]> {
  using script = new Script(scheduler);
  await using stage = new InterleavedStage(script);
  await script.run(acts.map((act) => ({ label: act.do, builder: async () => perform(act, stage, script) })));
  await finish(stage, script);
  return stage.faults();
}

/** A failure names its seed and path. To see the smallest one, run it again with them and without this. */
const FOUND = { endOnFailure: true };

describe('the switch from replay to live', { timeout: 240_000 }, () => {
  test('D2 D3 D4 D8 has no gap and no double, in every interleaving', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), actions, async (scheduler, acts) => {
        expect(await play(scheduler, acts)).toEqual([]);
      }),
      { numRuns: 120, ...FOUND },
    );
  });

  test('D5 nor when the log takes away what they stand before: they are told', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), actionsWithRetention, async (scheduler, acts) => {
        expect(await play(scheduler, acts)).toEqual([]);
      }),
      { numRuns: 60, ...FOUND },
    );
  });
});
