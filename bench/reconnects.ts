import { now, paced, pause } from './clock.js';
import { connectionsWithin } from './machine.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import type { RunningProcess } from './processes.js';
import { percentile, type Row, rowOf } from './row.js';
import type { FleetReport } from './sockets/api.js';
import { Fleets } from './sockets/fleets.js';
import { SAID, type Services, Stage, topicName } from './stage.js';

/** The shape of AnyCable's jitter test: each client is cut off every 15 to 20 s, and is away for 2 s. */
const JITTER = { clients: 10_000, messages: 120, everyMs: 15_000, spreadMs: 5_000, offlineMs: 2_000 };
/** Two messages a second, in both tests. */
const INTERVAL_MS = 500;
/** The shape of AnyCable's avalanche: every node is replaced at once under so many clients. */
const AVALANCHE_CLIENTS = 20_000;
const NODES = 2;

/**
 * Clients that lose their connections, in the two shapes that AnyCable publishes for itself, Socket.IO and uWebSockets.js
 * (github.com/anycable/nodejs-websocket-bench): `jitter`, in which a network drops connections without a close, and
 * `avalanche`, in which a deployment stops all nodes at once. Every client checks that it has each event once, in order. There
 * is no baseline here: a bare `ws` server loses what it sends meanwhile. Published, on 32 cores: in the jitter test AnyCable
 * delivers 100 % (p99 6.1 s), Socket.IO 84.55 %, uWebSockets.js 87.03 %; after a deployment under 5,000 clients Socket.IO has
 * 95 % of them back after 6 s, and 3.8 % never.
 */
export async function reconnects(services: Services, scale: number): Promise<readonly Row[]> {
  return [...(await jitter(services, scale)), ...(await avalanche(services, scale))];
}

async function jitter(services: Services, scale: number): Promise<readonly Row[]> {
  const clients = connectionsWithin(Math.max(100, Math.round(JITTER.clients * scale)));
  await using scene = await Scene.open(services, clients, 1);
  const { fleets, stage, room, topic } = scene;
  await fleets.startJitter(JITTER);
  await Promise.all(await paced(JITTER.messages, INTERVAL_MS, () => stage.append(topic, room.events(1))));
  await fleets.stopJitter();
  await fleets.reach(room.last);
  const [report] = await fleets.reports();
  if (report === undefined) throw new Error('No clients ran');
  const name = `jitter ${clients}`;
  const { latencies } = report;
  return [
    rowOf(`${name}, drops`, 'times', [report.losses]),
    // One that was missing or doubled would have ended the run.
    rowOf(`${name}, delivered`, '%', [(100 * report.frames) / (clients * JITTER.messages)], {}, [
      { of: 'value', atLeast: 100 },
    ]),
    rowOf(`${name}, p50`, 'ms', [latencies.p50]),
    rowOf(`${name}, p95`, 'ms', [latencies.p95]),
    rowOf(`${name}, p99`, 'ms', [latencies.p99], {}, [{ of: 'value', atMost: 6_100 }]),
    rowOf(`${name}, longest`, 'ms', [latencies.max]),
  ];
}

async function avalanche(services: Services, scale: number): Promise<readonly Row[]> {
  const clients = Math.max(100, Math.round(AVALANCHE_CLIENTS * scale));
  await using scene = await Scene.open(services, clients, NODES);
  const { fleets, stage, room, topic, gateways, urls } = scene;
  let isOver = false;
  const publishing = (async () => {
    while (!isOver) {
      await stage.append(topic, room.events(1));
      await pause(INTERVAL_MS);
    }
  })();
  const start = now();
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await Promise.all(urls.map((url) => stage.processes.run('gateway', { PORT: new URL(url).port })));
  const restartedMs = now() - start;
  await fleets.whole();
  await untilLive(urls, clients);
  isOver = true;
  await publishing;
  await stage.append(topic, room.events(1));
  await fleets.reach(room.last);
  const reports = await fleets.reports();
  const sum = (of: (report: FleetReport) => number) => reports.reduce((all, report) => all + of(report), 0);
  const away = reports.flatMap((report) => report.away);
  const name = `avalanche ${clients}`;
  return [
    rowOf(`${name}, nodes replaced`, 'ms', [restartedMs]),
    rowOf(`${name}, attempts to connect that failed`, 'times', [sum(({ failed }) => failed)]),
    rowOf(`${name}, never back`, 'clients', [clients - sum(({ connected }) => connected)], {}, [
      { of: 'value', atMost: 0 },
    ]),
    rowOf(`${name}, away p50`, 'ms', [percentile(away, 0.5)]),
    rowOf(`${name}, away p95`, 'ms', [percentile(away, 0.95)]),
    rowOf(`${name}, away, longest`, 'ms', [percentile(away, 1)]),
    rowOf(`${name}, an event, longest`, 'ms', [Math.max(...reports.map(({ latencies }) => latencies.max))]),
  ];
}

/** Two nodes with clients that have all had one event, so that each has a cursor to come back with. */
class Scene implements AsyncDisposable {
  private constructor(
    readonly stage: Stage,
    readonly topic: string,
    readonly room: NumberedRoom,
    readonly gateways: readonly RunningProcess[],
    readonly fleets: Fleets,
  ) {}

  get urls(): readonly string[] {
    return this.gateways.map(({ url }) => url);
  }

  static async open(services: Services, clients: number, processes: number): Promise<Scene> {
    const topic = topicName();
    const stage = await Stage.open(services, SAID(topic));
    try {
      const gateways: RunningProcess[] = [];
      for (let i = 0; i < NODES; i++) gateways.push(await stage.processes.run('gateway'));
      await stage.processes.run('relay');
      const room = new NumberedRoom();
      const urls = gateways.map(({ url }) => url);
      const fleets = await Fleets.open(stage, urls, { room: room.name, count: clients, processes });
      await untilLive(urls, clients);
      await stage.append(topic, room.events(1));
      await fleets.reach(room.last);
      await fleets.reports();
      return new Scene(stage, topic, room, gateways, fleets);
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fleets[Symbol.asyncDispose]();
    await this.stage[Symbol.asyncDispose]();
  }
}
