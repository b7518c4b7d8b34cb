import { randomUUID } from 'node:crypto';
import type { Producer } from 'kafkajs';
import { HerdProcess } from './herd-process.js';
import { metricOf } from './metric.js';
import { residentBytes } from './proc.js';
import { Processes, type Running } from './processes.js';
import { eventOf, roomsOn } from './room.js';
import { percentile, type Row, rowOf } from './row.js';
import type { Services } from './stage.js';

const ROUNDS = 3;
const SLOW_BYTES = 64 * 1024;
/** About as large as events get that are sent often; many of them fit into what may wait for a client. */
const LARGE = 'x'.repeat(4_000);
/** By then each stuck connection has had 16 MB, more than the system keeps for one. */
const MOST_LARGE = 4_000;
const EVERY = 20;
const ROOM = 'slow';
const QUERY = 'subscription($room: ID!) { saidIn(room: $room) { text at } }';

interface Scene {
  readonly gateway: Running;
  readonly producer: Producer;
  readonly topic: string;
  readonly fast: number;
  readonly stuck: number;
  readonly events: number;
}

/**
 * What clients that never read do to those who do, and what they cost: the latency of fast clients with
 * stuck ones beside them, on the same events, and the memory of the gateway.
 */
export async function slowClients(
  services: Services,
  producer: Producer,
  scale: number,
): Promise<readonly Row[]> {
  const topic = `bench-${randomUUID()}`;
  const own = { CURSOR_SECRET: randomUUID(), RELAY_GROUP: topic, SLOW_BYTES: `${SLOW_BYTES}` };
  await using processes = new Processes(roomsOn(topic), { ...services, ...own });
  const sizes = {
    fast: Math.max(10, Math.round(100 * scale)),
    stuck: Math.max(10, Math.round(1_000 * scale)),
    events: Math.max(100, Math.round(400 * scale)),
  };
  const rounds: Awaited<ReturnType<typeof roundOf>>[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    // A new one each time: memory that a process once had it keeps.
    const gateway = await processes.run('gateway');
    if (i === 0) await processes.run('relay');
    rounds.push(await roundOf({ gateway, producer, topic, ...sizes }));
    await gateway.stop();
  }
  const all = (figure: (round: (typeof rounds)[number]) => number) => rounds.map(figure);
  return [
    rowOf(
      'slowClients',
      'ms',
      all(({ beside }) => beside),
      { without: all(({ without }) => without) },
    ),
    rowOf(
      'stuckClientMemory',
      'KiB',
      all(({ stuckBytes }) => stuckBytes / 1024),
      {
        slowBytes: [SLOW_BYTES / 1024],
      },
    ),
    rowOf(
      'idleClientMemory',
      'KiB',
      all(({ idleBytes }) => idleBytes / 1024),
    ),
  ];
}

async function roundOf(scene: Scene) {
  const { gateway, fast, stuck } = scene;
  const room = { url: gateway.url, query: QUERY, variables: { room: ROOM } };
  await using readers = new HerdProcess();
  await readers.obey({ do: 'watch', ...room, clients: fast });
  await until(gateway, { live: fast, replaying: 0 });
  await latency(scene, readers);
  const without = await latency(scene, readers);
  const before = residentBytes(gateway.pid);
  await using others = new HerdProcess();
  await others.obey({ do: 'stick', ...room, clients: stuck });
  await until(gateway, { live: fast + stuck, replaying: 0 });
  const idle = residentBytes(gateway.pid);
  await fill(scene);
  const full = residentBytes(gateway.pid);
  const beside = await latency(scene, readers);
  // They are stuck to the end, or it was not they who were measured.
  await until(gateway, { live: fast, replaying: stuck });
  return { without, beside, idleBytes: (idle - before) / stuck, stuckBytes: (full - idle) / stuck };
}

/** Publishes until every stuck client has all that may wait for it. */
async function fill({ gateway, producer, topic, fast, stuck }: Scene): Promise<void> {
  for (let sent = 0; sent < MOST_LARGE; sent += 20) {
    const messages = Array.from({ length: 20 }, () => eventOf(ROOM, 0, LARGE));
    await producer.send({ topic, messages });
    if ((await metricOf(gateway.url, 'millrace_replaying_subscriptions')) < stuck) continue;
    await until(gateway, { live: fast, replaying: stuck });
    return;
  }
  throw new Error(`Not all of ${stuck} clients are stuck after ${MOST_LARGE} events`);
}

/** The 99th percentile of how long events take, in milliseconds. */
async function latency({ producer, topic, fast, events }: Scene, readers: HerdProcess): Promise<number> {
  await readers.obey({ do: 'report' });
  for (let i = 0; i < events; i++) {
    const at = performance.timeOrigin + performance.now();
    await producer.send({ topic, messages: [eventOf(ROOM, at)] });
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
  const all: number[] = [];
  while (all.length < fast * events) {
    all.push(...(await readers.obey({ do: 'report' })).latencies);
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
  return percentile(all, 0.99);
}

async function until(
  { url }: Running,
  { live, replaying }: { live: number; replaying: number },
): Promise<void> {
  for (;;) {
    const here = await metricOf(url, 'millrace_live_subscriptions');
    const behind = await metricOf(url, 'millrace_replaying_subscriptions');
    if (here === live && behind === replaying) return;
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}
