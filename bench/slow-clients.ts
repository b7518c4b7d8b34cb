import { randomUUID } from 'node:crypto';
import type { Producer } from 'kafkajs';
import { HerdProcess } from './herd-process.js';
import { residentBytes, tcpMemory, tcpSendBuffer } from './linux.js';
import { metricOf, until } from './metric.js';
import { Processes, type RunningProcess } from './processes.js';
import { eventOf, roomsOn } from './room.js';
import { percentile, type Row, rowOf } from './row.js';
import type { Services } from './stage.js';

const ROUNDS = 3;
/** A quarter of the default, and much more than an idle connection needs. */
const SLOW_BYTES = 256 * 1024;
/** The text of a large event. Many of them fit below the high-water mark. */
const LARGE = 'x'.repeat(4_000);
/** By then each stuck connection was sent 16 MB, more than the system buffers for one. */
const MAX_LARGE_EVENTS = 4_000;
/** Large events for one request: together they stay below the high-water mark. */
const BATCH = 10;
/** Between two events, and between two checks of the gateway. */
const INTERVAL_MS = 20;
/** This many checks in a row must agree. */
const STABLE_CHECKS = 20;
const ROOM = 'slow';
const QUERY = 'subscription($room: ID!) { saidIn(room: $room) { text at } }';

interface SlowRound {
  readonly gateway: RunningProcess;
  readonly producer: Producer;
  readonly topic: string;
  readonly fast: number;
  readonly stuck: number;
  readonly events: number;
}

/**
 * The effect and the cost of clients that never read. Measures the latency of fast clients with and without stuck ones on the
 * same events, and the memory of the gateway.
 */
export async function slowClients(
  services: Services,
  producer: Producer,
  scale: number,
): Promise<readonly Row[]> {
  const topic = `bench-${randomUUID()}`;
  // A small ring, so that its memory does not count as memory of the clients.
  const own = {
    CURSOR_SECRET: randomUUID(),
    NAMESPACE: topic,
    SLOW_BYTES: `${SLOW_BYTES}`,
    RING_EVENTS: '100',
  };
  await using processes = new Processes(roomsOn(topic), { ...services, ...own });
  const sizes = {
    fast: Math.max(10, Math.round(100 * scale)),
    stuck: stuckClientsWithin(Math.max(10, Math.round(1_000 * scale))),
    events: Math.max(100, Math.round(400 * scale)),
  };
  const rounds: Awaited<ReturnType<typeof roundOf>>[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    // A new gateway for each round, because a process does not return memory.
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

/** Limits stuck clients to what the system can buffer: each counts against the memory for all of TCP (tcp(7)). */
function stuckClientsWithin(wanted: number): number {
  const most = Math.floor(tcpMemory() / (tcpSendBuffer() + 256 * 1024));
  if (most >= wanted) return wanted;
  console.error(
    `slowClients: ${most} stuck clients instead of ${wanted}: the system would buffer ${tcpSendBuffer()} bytes for each ` +
      '(the last of net.ipv4.tcp_wmem), and runs short of memory for TCP (net.ipv4.tcp_mem)',
  );
  return most;
}

async function roundOf(round: SlowRound) {
  const { gateway, fast, stuck } = round;
  const room = { url: gateway.url, query: QUERY, variables: { room: ROOM } };
  await using readers = new HerdProcess();
  await readers.run({ do: 'watch', ...room, clients: fast });
  await until(() => hasCounts(gateway, { live: fast, replaying: 0 }));
  // Warms up: the memory that a process takes with its first work is not the clients'.
  await latency(round, readers);
  for (let i = 0; i < 50; i++) await publishLarge(round);
  await until(() => hasCounts(gateway, { live: fast, replaying: 0 }));
  const without = await latency(round, readers);
  const before = residentBytes(gateway.pid);
  await using others = new HerdProcess();
  await others.run({ do: 'stick', ...room, clients: stuck });
  await until(() => hasCounts(gateway, { live: fast + stuck, replaying: 0 }));
  const idle = residentBytes(gateway.pid);
  await fill(round);
  const full = residentBytes(gateway.pid);
  const beside = await latency(round, readers);
  // The clients must still be stuck, or the wrong thing was measured.
  await until(() => hasCounts(gateway, { live: fast, replaying: stuck }));
  return { without, beside, idleBytes: (idle - before) / stuck, stuckBytes: (full - idle) / stuck };
}

/** Publishes until the buffers of every stuck client are full, in the gateway and in the system. */
async function fill(round: SlowRound): Promise<void> {
  const { gateway, fast, stuck } = round;
  for (let sent = 0; sent < MAX_LARGE_EVENTS; sent += BATCH) {
    await publishLarge(round);
    // Fast clients may be behind for a moment; stuck ones stay behind.
    while ((await metricOf(gateway.url, 'millrace_live_subscriptions')) < fast) await pause();
    for (let checks = 0; await hasCounts(gateway, { live: fast, replaying: stuck }); checks++) {
      if (checks === STABLE_CHECKS) return;
      await pause();
    }
  }
  throw new Error(`Not all of ${stuck} clients are stuck after ${MAX_LARGE_EVENTS} events`);
}

async function publishLarge({ producer, topic }: SlowRound): Promise<void> {
  const messages = Array.from({ length: BATCH }, () => eventOf(ROOM, 0, LARGE));
  await producer.send({ topic, messages });
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));

/** The 99th percentile of the latency of events, in milliseconds. */
async function latency({ producer, topic, fast, events }: SlowRound, readers: HerdProcess): Promise<number> {
  await readers.run({ do: 'report' });
  for (let i = 0; i < events; i++) {
    const at = performance.timeOrigin + performance.now();
    await producer.send({ topic, messages: [eventOf(ROOM, at)] });
    await pause();
  }
  const all: number[] = [];
  while (all.length < fast * events) {
    all.push(...(await readers.run({ do: 'report' })).latencies);
    await pause();
  }
  return percentile(all, 0.99);
}

interface SubscriptionCounts {
  readonly live: number;
  readonly replaying: number;
}

async function hasCounts({ url }: RunningProcess, { live, replaying }: SubscriptionCounts): Promise<boolean> {
  const here = await metricOf(url, 'millrace_live_subscriptions');
  const behind = await metricOf(url, 'millrace_replaying_subscriptions');
  return here === live && behind === replaying;
}
