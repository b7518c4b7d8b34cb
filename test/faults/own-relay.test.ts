import { describe, expect, it } from 'vitest';
import type { GatewayProcess } from '../support/gateway-process.js';
import type { Recorder } from '../support/recorder.js';
import { runningSubscriptions } from '../support/running.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll, type Judged } from './support/check.js';
import { scaled } from './support/speed.js';
import { StuckSocket } from './support/stuck-socket.js';
import { FaultWorld, metric, SAID } from './support/world.js';

const EVENT_BYTES = 60_000;
/** Twice as much as the operating system buffers for a client that does not read, about 4 MB. */
const STUCK_EVENTS = 180;

/** Processes that are relay and gateway at once: each hears the partitions that it relays directly, and the others through Redis. */
describe('gateways that hear their own relay', { timeout: CASE_TIMEOUT }, () => {
  it('D2 D3 D9 partitions that move between processes, as these join, freeze and die, lose and double nothing for the subscribers of each', async () => {
    await using world = await FaultWorld.open();
    const first = await world.start('start');
    const whole = await world.subscriber(first);
    const subscribers: Judged[] = [{ recorder: whole }];
    const join = async (process: GatewayProcess, over: 'ws' | 'sse'): Promise<void> => {
      const after = positionsOf(whole);
      const options = { over, after: whole.received.at(-1)?.cursor ?? '', next: () => first.url };
      subscribers.push({ recorder: await world.subscriber(process, options), after });
    };
    const stream = await world.load(first);
    await world.grows(scaled(100));
    // Takes partitions over: the subscribers of the first one get these through Redis from now on.
    const second = await world.start('start');
    await join(second, 'sse');
    await relays(second.url);
    await world.grows(scaled(100));
    await stream.stop();
    // Before a partition returns: what its next event follows would reveal what was missed meanwhile.
    await expectAll(subscribers, world.appended);
    const more = await world.load(first);
    await world.grows(scaled(100));
    second.child.kill('SIGSTOP');
    try {
      // Longer than its session: the first process relays everything again.
      await world.grows(scaled(100));
      const third = await world.start('start');
      await relays(third.url);
      await join(third, 'ws');
      await world.grows(scaled(100));
      await third.kill('SIGKILL');
    } finally {
      second.child.kill('SIGCONT');
    }
    await world.grows(scaled(100));
    await second.kill('SIGKILL');
    await world.grows(scaled(100));
    await more.stop();
    await expectAll(subscribers, world.appended);
  });

  it('D2 D3 subscribers that come while events do get each event from their start on, also in a burst', async () => {
    await using world = await FaultWorld.open();
    const process = await world.start('start');
    const whole = await world.subscriber(process);
    const subscribers: Judged[] = [{ recorder: whole }];
    const stream = await world.load(process, { clients: 4, gap: 5 });
    for (let n = 0; n < 4; n++) {
      await world.grows(scaled(20));
      const after = positionsOf(whole);
      const cursor = whole.received.at(-1)?.cursor ?? '';
      subscribers.push({ recorder: await world.subscriber(process, { after: cursor }), after });
    }
    const burst = await world.load(process, { clients: 32, gap: 0 });
    await world.grows(scaled(400));
    await burst.stop();
    await stream.stop();
    await expectAll(subscribers, world.appended);
  });

  it('D3 D8 a subscriber that stops reading delays no other, and gets every event in order once it reads', async () => {
    await using world = await FaultWorld.open({
      env: {
        SLOW_BYTES: '262144',
        SLOW_TIMEOUT_MS: '600000',
        RING_BYTES: '1000000',
        WINDOW_EVENTS: '20',
        TOPIC_PARTITIONS: '2',
      },
    });
    const process = await world.start('start');
    const reading = await world.subscriber(process);
    await using stuck = await StuckSocket.open(process.url, SAID);
    await runningSubscriptions(process.url, 2);
    const stream = await world.load(process, { bytes: EVENT_BYTES });
    await world.grows(STUCK_EVENTS);
    await stream.stop();
    await expectAll([reading], world.appended);
    expect(await metric(process.url, 'millrace_slow_clients')).toBe(1);
    expect(stuck.received).toEqual([]);
    stuck.read();
    const all = [...world.appended.accepted.values()];
    await expect.poll(() => stuck.closed ?? stuck.received.length, EVENTUALLY).toBe(all.length);
    for (const partition of [0, 1]) {
      const here = all.filter((event) => event.partition === partition).sort((a, b) => a.offset - b.offset);
      const got = stuck.received.filter((place) => place.startsWith(`${partition}/`));
      expect(got).toEqual(here.map(({ offset }) => `${partition}/${offset}`));
    }
  });
});

/** The newest offset of each partition that a subscriber has received. */
function positionsOf({ received }: Recorder): ReadonlyMap<number, number> {
  return new Map(received.map(({ partition, offset }) => [partition, offset]));
}

/** Waits until a process has relayed something. */
async function relays(url: string): Promise<void> {
  await expect.poll(() => metric(url, 'millrace_relayed_events_total')).toBeGreaterThan(0);
}
