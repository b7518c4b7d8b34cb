import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs';
import WebSocket from 'ws';
import type { Resumption } from './herd.js';
import { HerdProcess } from './herd-process.js';
import { cpuSeconds } from './linux.js';
import { connectionsWithin } from './machine.js';
import { metricOf, until, untilLive } from './metric.js';
import { Processes, type RunningProcess } from './processes.js';
import { eventOf, roomsOn } from './room.js';
import { type Row, rowOf } from './row.js';
import { slowClients } from './slow-clients.js';
import type { Services } from './stage.js';

const ROUNDS = 3;
const NODES = 3;
const PARTITIONS = 4;
/** Rooms in each partition. Their events are mixed, so clients resume at different positions. */
const ROOMS_EACH = 4;
const BEHIND = 100;
const BEFORE = 50;
const QUERY =
  'subscription($room: ID!, $after: Cursor) { saidIn(room: $room, after: $after) { room text at } }';

/**
 * The cost of many clients that resume at once. All reconnect, each 100 events behind, to gateways that have run for a while
 * and have released the topic, so no ring has the events. The window is deleted too, so all events are read from the log. The
 * baseline is as many clients that have nothing to catch up on.
 */
export async function resume(services: Services, scale: number): Promise<readonly Row[]> {
  const clients = connectionsWithin(Math.max(NODES, Math.round(10_000 * scale)));
  const topic = `bench-${randomUUID()}`;
  const kafka = new Kafka({ brokers: services.KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  const env = {
    ...services,
    CURSOR_SECRET: randomUUID(),
    NAMESPACE: topic,
    TOPIC_PARTITIONS: `${PARTITIONS}`,
  };
  await using processes = new Processes(roomsOn(topic), env);
  const redis = new Redis(services.REDIS_URL);
  await producer.connect();
  try {
    await processes.run('relay');
    const gateways: RunningProcess[] = [];
    for (let i = 0; i < NODES; i++) gateways.push(await processes.run('gateway'));
    const resumptions = await prepare(gateways[0] as RunningProcess, producer, topic);
    // Empties the window, so that replays read the log.
    await redis.del(...Array.from({ length: PARTITIONS }, (_, p) => `${topic}:{${topic}/${p}}:stream`));
    const rounds: { ours: Reconnected; plain: Reconnected }[] = [];
    // One small extra round warms up code.
    for (let round = 0; round <= ROUNDS; round++) {
      const herd = round === 0 ? Math.min(clients, 500) : clients;
      const plain = await reconnect(gateways, withoutEvents(resumptions), herd);
      const ours = await reconnect(gateways, resumptions, herd);
      if (round > 0) rounds.push({ plain, ours });
    }
    const all = (figure: (of: Reconnected) => number, which: 'ours' | 'plain') =>
      rounds.map((round) => figure(round[which]));
    const against = (figure: (of: Reconnected) => number) => ({ plainReconnect: all(figure, 'plain') });
    const [time, cpu] = [(of: Reconnected) => of.milliseconds, (of: Reconnected) => of.seconds];
    const goals = [{ of: 'plainReconnect', atMost: 1.5 }];
    const reads = (of: Reconnected): number => Math.max(...of.logReads) / PARTITIONS;
    return [
      rowOf('resume', 'ms', all(time, 'ours'), against(time), goals),
      rowOf('resumeCpu', 's', all(cpu, 'ours'), against(cpu), goals),
      rowOf('resumeClients', 'clients', [clients]),
      rowOf('logReadsPerNodePartition', 'reads', all(reads, 'ours')),
      ...(await slowClients(services, producer, scale)),
    ];
  } finally {
    redis.disconnect();
    await producer.disconnect();
  }
}

type Reconnected = Awaited<ReturnType<typeof reconnect>>;

const withoutEvents = (resumptions: readonly Resumption[]): readonly Resumption[] =>
  resumptions.map(({ variables: { room = '' } }) => ({ variables: { room }, expected: [] }));

/** Reconnects all clients, disconnects them, and waits until the gateways have released the topic. */
async function reconnect(
  gateways: readonly RunningProcess[],
  resumptions: readonly Resumption[],
  clients: number,
) {
  const urls = gateways.map(({ url }) => url);
  const cpu = (): number => gateways.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  await using herd = new HerdProcess();
  const [cpuBefore, readsBefore] = [cpu(), await Promise.all(urls.map(logReadsOf))];
  const { milliseconds, events } = await herd.run({
    do: 'reconnect',
    urls,
    query: QUERY,
    resumptions,
    clients,
  });
  const seconds = cpu() - cpuBefore;
  const due = clients * (resumptions[0]?.expected.length ?? 0);
  if (events !== due) throw new Error(`${events} events arrived instead of ${due}`);
  const reads = await Promise.all(urls.map(logReadsOf));
  await herd[Symbol.asyncDispose]();
  for (const url of urls)
    await until(async () => (await metricOf(url, 'millrace_followed_partitions')) === 0);
  return { milliseconds, seconds, logReads: reads.map((all, i) => all - (readsBefore[i] ?? 0)) };
}

async function logReadsOf(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^millrace_repairs_total\{[^}]*source="log"[^}]*\} (\S+)$/m.exec(metrics)?.[1] ?? 0);
}

/** Publishes the events, and returns for each room the cursor that is `BEHIND` events before its last event. */
async function prepare(
  gateway: RunningProcess,
  producer: Producer,
  topic: string,
): Promise<readonly Resumption[]> {
  const rooms = roomsOf(topic);
  const followed = Promise.all(rooms.map((room) => follow(gateway.url, room)));
  followed.catch(() => undefined); // Awaited below, once everything is published.
  await untilLive([gateway.url], rooms.length);
  for (let i = 0; i < BEFORE + BEHIND; i++) {
    const shuffled = rooms.map((room) => ({ room, order: Math.random() })).sort((a, b) => a.order - b.order);
    await producer.send({ topic, messages: shuffled.map(({ room }) => eventOf(room)) });
  }
  const resumptions = (await followed).map((got, i): Resumption => {
    const after = got[BEFORE - 1]?.cursor ?? '';
    return { variables: { room: rooms[i] ?? '', after }, expected: got.slice(BEFORE).map(({ id }) => id) };
  });
  await until(async () => (await metricOf(gateway.url, 'millrace_followed_partitions')) === 0);
  return resumptions;
}

/** The same number of rooms in each partition. */
function roomsOf(topic: string): readonly string[] {
  const partitionOf = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => ({
    partitionId,
    leader: 1,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }));
  const found = Array.from({ length: PARTITIONS }, (): string[] => []);
  for (let i = 0; found.some((rooms) => rooms.length < ROOMS_EACH); i++) {
    const key = `room-${i}`;
    const rooms = found[partitionOf({ topic, partitionMetadata, message: { key, value: null } })];
    if (rooms !== undefined && rooms.length < ROOMS_EACH) rooms.push(key);
  }
  return found.flat();
}

interface ReceivedEvent {
  readonly id: string;
  readonly cursor: string;
}

/** Subscribes, and resolves with all events of the room once they have arrived. */
function follow(url: string, room: string): Promise<readonly ReceivedEvent[]> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const got: ReceivedEvent[] = [];
  return new Promise<readonly ReceivedEvent[]>((resolve, reject) => {
    socket.on('error', reject);
    // Without effect once the promise is resolved.
    socket.on('close', (code) => reject(new Error(`The gateway closed a connection: ${code}`)));
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'connection_ack') {
        const payload = { query: QUERY, variables: { room }, extensions: { eventContext: true } };
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
      } else if (message.type === 'next') {
        const { cursor, event } = message.payload.extensions;
        got.push({ id: event.id, cursor });
        if (got.length < BEFORE + BEHIND) return;
        socket.terminate();
        resolve(got);
      } else reject(new Error(`Unexpected message: ${String(data)}`));
    });
  });
}
