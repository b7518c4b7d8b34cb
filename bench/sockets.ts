import { templateOf } from './baselines/message.js';
import type { WsSendApi } from './baselines/ws-send.js';
import type { Child } from './child.js';
import { now, pause } from './clock.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import { profiled } from './profile.js';
import { percentile, type Row, rowOf } from './row.js';
import { Fleets } from './sockets/fleets.js';
import { type Options, SAID, type Services, Stage, topicName } from './stage.js';

/** What one gateway holds: half of them would still fit into the files of a process that takes over another's. */
const EACH = 12_500;
/** Between two pings of the gateway to a client: its `keepAlive`. Rounds are as long, so that each has every client's ping. */
const PING_MS = 12_000;
const ROUNDS = 3;
const BURSTS = 3;
/** While nodes restart, events come at a rate that the machine can deliver to all: at least this long for each client. */
const EVENT_MS = 0.04;
const MIN_EVENT_INTERVAL_MS = 500;

/**
 * Many sockets: 100,000 WebSockets at scale 1, each with one subscription, on several gateways, from several processes of
 * clients. What one costs while it is idle, how long an event takes to be at all of them, and two nodes that restart one
 * after the other under all of them, while events come.
 *
 * The baseline is a bare `ws` server with as many sockets as one gateway has, which pings as often. CPU is that of the
 * servers' processes alone; the clients share the machine, so times in milliseconds include their work.
 */
export async function sockets(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  const count = Math.max(1_000, Math.round(100_000 * scale));
  const nodes = Math.max(2, Math.ceil(count / EACH));
  const each = Math.ceil(count / nodes);
  const topic = topicName();
  await using stage = await Stage.open(services, SAID(topic));
  // The first one creates the topic.
  const gateways = [await stage.processes.run('gateway')];
  const more = Array.from({ length: nodes - 1 }, () => stage.processes.run('gateway'));
  gateways.push(...(await Promise.all(more)));
  await stage.processes.run('relay');
  const bare = stage.child('ws', './baselines/ws-send.js');
  const bareUrl = await bare.call<WsSendApi, 'listen'>('wsSend', 'listen', undefined);
  const room = new NumberedRoom();
  const urls = gateways.map(({ url }) => url);
  const servers = gateways.map(({ child }) => child);

  // The first connections load code and fill caches that all share.
  {
    await using _few = await Fleets.open(stage, urls, { room: room.name, count: 20 * nodes, processes: 1 });
    await using _bare = await Fleets.open(stage, [bareUrl], { room: '', count: 20, processes: 1 });
    await untilLive(urls, 20 * nodes);
  }
  const before = await memoryOf(servers);
  const bareBefore = await memoryOf([bare]);
  const began = now();
  await using fleets = await Fleets.open(stage, urls, { room: room.name, count, processes: nodes });
  await untilLive(urls, count);
  const openedMs = now() - began;
  await using bareFleet = await Fleets.open(stage, [bareUrl], { room: '', count: each, processes: 1 });
  const after = await memoryOf(servers);
  const bareAfter = await memoryOf([bare]);
  const clientMemory = await memoryOf(fleets.children);
  const kib = (of: 'resident' | 'heap') =>
    [
      [(after[of] - before[of]) / 1024 / count],
      { ws: [(bareAfter[of] - bareBefore[of]) / 1024 / each] },
    ] as const;
  const name = `sockets ${count}`;
  const rows: Row[] = [];
  // It takes minutes at scale 1.
  const add = (...some: readonly Row[]): void => {
    for (const { name: what, value, unit } of some) process.stderr.write(`${what}: ${value} ${unit}\n`);
    rows.push(...some);
  };
  add(
    rowOf(`${name}, on ${nodes} nodes, opened`, 'per s', [(count * 1000) / openedMs]),
    rowOf(`${name}, resident`, 'KiB each', ...kib('resident'), [{ of: 'value', atMost: 16 }]),
    rowOf(`${name}, heap`, 'KiB each', ...kib('heap')),
    rowOf(`${name}, clients' resident`, 'KiB each', [clientMemory.resident / 1024 / count]),
  );

  await bare.call<WsSendApi, 'startPings'>('wsSend', 'startPings', PING_MS);
  const idle = { ours: [] as number[], ws: [] as number[] };
  const first = servers[0];
  if (first === undefined) throw new Error('No gateway runs');
  await profiled(first, 'sockets idle', options, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const [ours, ws] = await cpuOf([servers, [bare]], () => pause(PING_MS));
      idle.ours.push(((ours ?? 0) * 1000) / (PING_MS / 1000) / count);
      idle.ws.push(((ws ?? 0) * 1000) / (PING_MS / 1000) / each);
    }
  });
  add(rowOf(`${name}, idle CPU`, 'µs/s each', idle.ours, { ws: idle.ws }));
  add(...(await bursts(name, count, each)));
  add(...(await rollingRestart(name)));
  return rows;

  /** One event for all, several times. */
  async function bursts(of: string, all: number, ofBare: number): Promise<readonly Row[]> {
    const times = { ours: [] as number[], ws: [] as number[] };
    const cpu = { ours: [] as number[], ws: [] as number[] };
    let template: ReturnType<typeof templateOf> | undefined;
    for (let burst = 0; burst <= BURSTS; burst++) {
      await fleets.reports();
      await bareFleet.reports();
      const start = now();
      const [ours = 0] = await cpuOf([servers], async () => {
        await stage.append(topic, room.events(1));
        await fleets.reach(room.last);
      });
      template ??= templateOf(await fleets.sample());
      const reports = await fleets.reports();
      const bareStart = now();
      const message = { ...template, events: 1, intervalMs: 0 };
      const [ws = 0] = await cpuOf([[bare]], async () => {
        await bare.call<WsSendApi, 'send'>('wsSend', 'send', message);
        await bareFleet.reach(burst);
      });
      const [bareReport] = await bareFleet.reports();
      if (burst === 0) continue; // Compiles code.
      times.ours.push(Math.max(...reports.map(({ last }) => last)) - start);
      times.ws.push((((bareReport?.last ?? 0) - bareStart) * all) / ofBare);
      cpu.ours.push((ours * 1000) / all);
      cpu.ws.push((ws * 1000) / ofBare);
    }
    return [
      rowOf(`${of}, an event is at all of them`, 'ms', times.ours, { wsForAsMany: times.ws }),
      rowOf(`${of}, an event, CPU`, 'µs each', cpu.ours, { ws: cpu.ws }),
    ];
  }

  /** Two nodes stop and start again, one after the other. Each time its clients go to the others. */
  async function rollingRestart(of: string): Promise<readonly Row[]> {
    await fleets.reports();
    const interval = Math.max(MIN_EVENT_INTERVAL_MS, count * EVENT_MS);
    let isOver = false;
    const publishing = (async () => {
      while (!isOver) {
        await stage.append(topic, room.events(1));
        await pause(interval);
      }
    })();
    const start = now();
    for (const i of [0, 1]) {
      const gateway = gateways[i];
      if (gateway === undefined) continue;
      await gateway.stop();
      gateways[i] = await stage.processes.run('gateway', { PORT: new URL(gateway.url).port });
      await fleets.whole();
      await untilLive(urls, count);
    }
    const tookMs = now() - start;
    isOver = true;
    await publishing;
    await stage.append(topic, room.events(1));
    await fleets.reach(room.last);
    const reports = await fleets.reports();
    const away = reports.flatMap((report) => report.away);
    const sum = (figure: (of: (typeof reports)[number]) => number) =>
      reports.reduce((all, report) => all + figure(report), 0);
    const missing = count - sum(({ connected }) => connected);
    return [
      rowOf(`${of}, two nodes restarted`, 's', [tookMs / 1000]),
      rowOf(`${of}, restart: clients that moved`, 'times', [sum(({ losses }) => losses)]),
      // Whoever lost or doubled an event would have ended the run.
      rowOf(`${of}, restart: clients lost`, 'clients', [missing], {}, [{ of: 'value', atMost: 0 }]),
      rowOf(`${of}, restart: attempts to connect that failed`, 'times', [sum(({ failed }) => failed)]),
      rowOf(`${of}, restart: away p50`, 'ms', [percentile(away, 0.5)]),
      rowOf(`${of}, restart: away, longest`, 'ms', [percentile(away, 1)]),
      rowOf(`${of}, restart: an event, longest`, 'ms', [
        Math.max(...reports.map(({ latencies }) => latencies.max)),
      ]),
    ];
  }
}

/** The memory of all processes together after garbage collection, in bytes. */
async function memoryOf(children: readonly Child[]): Promise<{ resident: number; heap: number }> {
  let [resident, heap] = [0, 0];
  for (const child of children) {
    const usage = await child.collected();
    resident += usage.resident;
    heap += usage.heap;
  }
  return { resident, heap };
}

/** The milliseconds of CPU that each group of processes uses during `work`. */
async function cpuOf(
  groups: readonly (readonly Child[])[],
  work: () => Promise<unknown>,
): Promise<readonly number[]> {
  const used = () =>
    Promise.all(
      groups.map(async (group) => {
        const usages = await Promise.all(group.map((child) => child.usage()));
        return usages.reduce((sum, { cpu }) => sum + cpu, 0);
      }),
    );
  const before = await used();
  await work();
  return (await used()).map((cpu, i) => cpu - (before[i] ?? 0));
}
