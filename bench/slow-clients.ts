import { randomUUID } from 'node:crypto';
import type { Producer } from 'kafkajs';
import { HerdProcess } from './herd-process.js';
import { metricOf, until } from './metric.js';
import { residentBytes, tcpMemory, tcpSendBuffer } from './proc.js';
import { Processes, type Running } from './processes.js';
import { eventOf, roomsOn } from './room.js';
import { percentile, type Row, rowOf } from './row.js';
import type { Services } from './stage.js';

const ROUNDS = 3;
/** A quarter of what it is by default, and much more than what a connection takes that has nothing to wait for. */
const SLOW_BYTES = 256 * 1024;
/** About as large as events get that are sent often; many of them fit into what may wait for a client. */
const LARGE = 'x'.repeat(4_000);
/** By then each stuck connection has had 16 MB, more than the system keeps for one. */
const MOST_LARGE = 4_000;
/** So many of them at once are less than what may wait for a client. */
const BATCH = 10;
/** Milliseconds between two events, and between two looks at the gateway. */
const EVERY = 20;
/** So many looks in a row have to find the same. */
const LOOKS = 20;
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
  // A small ring, so that what every node keeps for all is not taken for what one client costs.
  const own = {
    CURSOR_SECRET: randomUUID(),
    NAMESPACE: topic,
    SLOW_BYTES: `${SLOW_BYTES}`,
    RING_EVENTS: '100',
  };
  await using processes = new Processes(roomsOn(topic), { ...services, ...own });
  const sizes = {
    fast: Math.max(10, Math.round(100 * scale)),
    stuck: affordable(Math.max(10, Math.round(1_000 * scale))),
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

/** What the system keeps for a connection that is stuck counts against what it has for all of TCP (tcp(7)). */
function affordable(wanted: number): number {
  const most = Math.floor(tcpMemory() / (tcpSendBuffer() + 256 * 1024));
  if (most >= wanted) return wanted;
  console.error(
    `slowClients: ${most} stuck clients instead of ${wanted}: the system would keep ${tcpSendBuffer()} bytes for each ` +
      '(the last of net.ipv4.tcp_wmem), and runs short of memory for TCP (net.ipv4.tcp_mem)',
  );
  return most;
}

async function roundOf(scene: Scene) {
  const { gateway, fast, stuck } = scene;
  const room = { url: gateway.url, query: QUERY, variables: { room: ROOM } };
  await using readers = new HerdProcess();
  await readers.obey({ do: 'watch', ...room, clients: fast });
  await until(() => isSo(gateway, { live: fast, replaying: 0 }));
  // What a process grows by when it first has work to do is not what clients cost.
  await latency(scene, readers);
  for (let i = 0; i < 50; i++) await publishLarge(scene);
  await until(() => isSo(gateway, { live: fast, replaying: 0 }));
  const without = await latency(scene, readers);
  const before = residentBytes(gateway.pid);
  await using others = new HerdProcess();
  await others.obey({ do: 'stick', ...room, clients: stuck });
  await until(() => isSo(gateway, { live: fast + stuck, replaying: 0 }));
  const idle = residentBytes(gateway.pid);
  await fill(scene);
  const full = residentBytes(gateway.pid);
  const beside = await latency(scene, readers);
  // They are stuck to the end, or it was not they who were measured.
  await until(() => isSo(gateway, { live: fast, replaying: stuck }));
  return { without, beside, idleBytes: (idle - before) / stuck, stuckBytes: (full - idle) / stuck };
}

/** Publishes until every stuck client has all that may wait for it, and the system takes no more. */
async function fill(scene: Scene): Promise<void> {
  const { gateway, fast, stuck } = scene;
  for (let sent = 0; sent < MOST_LARGE; sent += BATCH) {
    await publishLarge(scene);
    // For a moment even fast ones may be behind; those who are stuck stay so.
    while ((await metricOf(gateway.url, 'millrace_live_subscriptions')) < fast) await pause();
    for (let looks = 0; await isSo(gateway, { live: fast, replaying: stuck }); looks++) {
      if (looks === LOOKS) return;
      await pause();
    }
  }
  throw new Error(`Not all of ${stuck} clients are stuck after ${MOST_LARGE} events`);
}

async function publishLarge({ producer, topic }: Scene): Promise<void> {
  const messages = Array.from({ length: BATCH }, () => eventOf(ROOM, 0, LARGE));
  await producer.send({ topic, messages });
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, EVERY));

/** The 99th percentile of how long events take, in milliseconds. */
async function latency({ producer, topic, fast, events }: Scene, readers: HerdProcess): Promise<number> {
  await readers.obey({ do: 'report' });
  for (let i = 0; i < events; i++) {
    const at = performance.timeOrigin + performance.now();
    await producer.send({ topic, messages: [eventOf(ROOM, at)] });
    await pause();
  }
  const all: number[] = [];
  while (all.length < fast * events) {
    all.push(...(await readers.obey({ do: 'report' })).latencies);
    await pause();
  }
  return percentile(all, 0.99);
}

interface Standing {
  readonly live: number;
  readonly replaying: number;
}

async function isSo({ url }: Running, { live, replaying }: Standing): Promise<boolean> {
  const here = await metricOf(url, 'millrace_live_subscriptions');
  const behind = await metricOf(url, 'millrace_replaying_subscriptions');
  return here === live && behind === replaying;
}
