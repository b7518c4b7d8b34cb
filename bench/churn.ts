import { paced } from './clock.js';
import type { Usage } from './meter.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import { profiled } from './profile.js';
import { median, type Row, rowOf } from './row.js';
import { type Options, SAID, SAID_IN, type Services, Stage, socketOf, topicName } from './stage.js';

const ROUNDS = 3;
const SUBSCRIBERS = 100;
const INTERVAL_MS = 20;
/** How long each churning subscription lives. */
const LIFETIME_MS = 500;
const MIB = 2 ** 20;

/**
 * Subscriptions that start and end all the time next to some that stay, while events are published. Measures the memory of
 * the gateway at the end of the run against that after its first fifth, and the latency of the subscriptions that stay
 * against earlier rounds without churn.
 */
export async function churn(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  const topic = topicName();
  await using stage = await Stage.open(services, SAID(topic));
  const gateway = await stage.gatewayAndRelay();
  const url = socketOf(gateway.url);
  const room = new NumberedRoom();
  const variables = { room: room.name };
  const operations = [{ query: SAID_IN, variables, count: SUBSCRIBERS }];
  await using crowd = await stage.crowd({ url, operations, perConnection: 1, ids: 'distinct' });
  await untilLive([gateway.url], SUBSCRIBERS);
  const minutes = options.minutes ?? Math.max(0.5, 10 * scale);
  // The steps of the run with churn. Three rounds without churn come before.
  const steps = 20;
  const events = Math.round((minutes * 60_000) / INTERVAL_MS / steps);
  const perSecond = Math.max(50, Math.round(1_000 * scale));
  const p99 = async (): Promise<number> => {
    const burst = async (): Promise<unknown> =>
      Promise.all(await paced(events, INTERVAL_MS, () => stage.append(topic, room.events(1))));
    return (await crowd.during(events, burst, { latencies: true })).latencies.p99;
  };
  await p99();
  const quiet: number[] = [];
  for (let i = 0; i < ROUNDS; i++) quiet.push(await p99());
  const churnSpec = { url, query: SAID_IN, variables, connections: 10, perSecond, lifetimeMs: LIFETIME_MS };
  const churners = await stage.churners(churnSpec);
  const busy: number[] = [];
  const memory: Usage[] = [];
  for (let i = 0; i < steps; i++) {
    busy.push(i === 0 ? await profiled(gateway.child, 'churn', options, p99) : await p99());
    memory.push(await gateway.child.collected());
  }
  const { begun, frames, faults } = await churners.stop();
  const wanted = (minutes * 60 * perSecond) / 2;
  if (faults.length > 0) throw new Error(`Churning subscriptions got wrong answers: ${faults.join('; ')}`);
  if (begun < wanted || frames === 0)
    throw new Error(
      `Only ${begun} subscriptions churned, with ${frames} results; expected at least ${wanted}`,
    );
  return rows(memory, busy, quiet, `churn ${perSecond}/s, ${minutes} min`);
}

function rows(
  memory: readonly Usage[],
  busy: readonly number[],
  quiet: readonly number[],
  name: string,
): readonly Row[] {
  const fifth = Math.ceil(memory.length / 5);
  const early = memory.slice(fifth, 2 * fifth);
  const late = memory.slice(-fifth);
  const grown = (of: 'heap' | 'resident', goals: readonly { of: string; atMost: number }[]) => {
    const start = early.map((usage) => usage[of] / MIB);
    return rowOf(
      `${name}, ${of}`,
      'MiB',
      late.map((usage) => usage[of] / MIB),
      { start },
      goals,
    );
  };
  return [
    // Differences below 5 % count as noise of the garbage collector.
    grown('heap', [{ of: 'start', atMost: 1.05 }]),
    grown('resident', [{ of: 'start', atMost: 1.05 }]),
    rowOf(`${name}, p99`, 'ms', busy, { withoutChurn: [median(quiet)] }, [{ of: 'withoutChurn', atMost: 2 }]),
  ];
}
