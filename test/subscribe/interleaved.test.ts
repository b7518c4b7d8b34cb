import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
  it('D2 D3 D4 D8 the switch from replay to live has no gap and no duplicate, in every interleaving', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), actions, async (scheduler, acts) => {
        expect(await play(scheduler, acts)).toEqual([]);
      }),
      { numRuns: 120, ...FOUND },
    );
  });

  it('D4 a subscription whose cursor is ahead of its node waits until the node catches up', async () => {
    const say: Action = { do: 'say', partition: 0, key: 0, hole: 0 };
    const relay: Action = { do: 'relay', partition: 0, limit: 10, lost: [] };
    const start: Action = { do: 'start', node: 0, kind: 0, credit: 1_000 };
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        using script = new Script(scheduler);
        await using stage = new InterleavedStage(script);
        const act = (...acts: readonly Action[]) =>
          script.run(
            acts.map((one) => ({ label: one.do, builder: async () => perform(one, stage, script) })),
          );
        await act(start, { ...start, node: 1 });
        await act(say, say, { ...relay, lost: [1] });
        expect(stage.followers.map(({ received }) => received.length)).toEqual([2, 0]);
        await act({ do: 'resume', who: 0, share: 0.999, node: 1, credit: 1_000 });
        await act(say, relay);
        expect(stage.followers.map(({ received }) => received.length)).toEqual([3, 3, 3]);
        expect(stage.faults()).toEqual([]);
      }),
      { numRuns: 10, ...FOUND },
    );
  });

  it('D5 the switch from replay to live has no silent gap when retention passes a subscriber', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), actionsWithRetention, async (scheduler, acts) => {
        expect(await play(scheduler, acts)).toEqual([]);
      }),
      { numRuns: 400, ...FOUND },
    );
  });
});
