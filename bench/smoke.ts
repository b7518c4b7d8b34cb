import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createClient } from 'graphql-ws';
import { Redis } from 'ioredis';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import WebSocket, { WebSocketServer } from 'ws';
import { untilLive } from './metric.js';
import { Processes } from './processes.js';
import { eventOf } from './room.js';
import { percentile, type Row, rowOf } from './row.js';
import { TEXT as text } from './said-event.js';
import type { Services } from './stage.js';

const ROUNDS = 3;
const SAY =
  'mutation($room: ID!, $text: String!, $at: Float!) { say(room: $room, text: $text, at: $at) { offset } }';

/** A small run over the whole path: whether it works, and roughly how fast it is against its baselines. */
export async function smoke(services: Services, scale: number): Promise<readonly Row[]> {
  const topic = `bench-${randomUUID()}`;
  const kafka = new Kafka({ brokers: services.KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  const env = { ...services, CURSOR_SECRET: randomUUID(), NAMESPACE: topic };
  await using processes = new Processes(schemaOn(topic), env);
  const url = await processes.start('gateway');
  await producer.connect();
  try {
    // Before the relay starts, so that it finds a backlog.
    const relayed = await relayBacklog(
      kafka,
      producer,
      processes,
      services,
      topic,
      Math.round(20_000 * scale),
    );
    return [
      await mutations(url, producer, topic, Math.round(2_000 * scale)),
      relayed,
      await deliveries(url, Math.round(200 * scale), 100),
      ...(await latency(kafka, url, producer, topic, 150)),
    ];
  } finally {
    await producer.disconnect();
  }
}

const schemaOn = (topic: string): string => `
  type Query { ok: Boolean }
  type Mutation { say(room: ID!, text: String!, at: Float!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room") }
  type Subscription { said: Said! @subscribe(topic: "${topic}") saidIn(room: ID!): Said! @subscribe(topic: "${topic}", key: "args.room") }
  type Said { room: ID! text: String! at: Float! }
`;

function clientOf(url: string) {
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    lazy: false,
    retryAttempts: 0,
  });
}

type Client = ReturnType<typeof clientOf>;

function mutate(client: Client, variables: Record<string, unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    client.subscribe(
      { query: SAY, variables },
      {
        next: ({ errors }) => errors && reject(new Error(JSON.stringify(errors))),
        error: reject,
        complete: resolve,
      },
    );
  });
}

/** Runs `work` `count` times, `inFlight` at a time. @returns runs a second */
async function rate(count: number, inFlight: number, work: (i: number) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (count * 1000) / (performance.now() - start);
}

async function mutations(url: string, producer: Producer, topic: string, count: number): Promise<Row> {
  const client = clientOf(url);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    ours.push(await rate(count, 200, (n) => mutate(client, { room: `r${n % 50}`, text, at: 0 })));
    const few = Math.max(20, Math.round(count / 5));
    theirs.push(await rate(few, 200, (n) => producer.send({ topic, messages: [eventOf(`r${n % 50}`)] })));
  }
  await client.dispose();
  return rowOf('mutations', 'per s', ours, { sendEach: theirs });
}

async function relayBacklog(
  kafka: Kafka,
  producer: Producer,
  processes: Processes,
  { REDIS_URL }: Services,
  topic: string,
  count: number,
): Promise<Row> {
  // The relay starts as far back as its window reaches, which includes these events.
  for (let left = count; left > 0; left -= 1_000) {
    const messages = Array.from({ length: Math.min(1_000, left) }, (_, i) => eventOf(`r${i % 50}`));
    await producer.send({ topic, messages });
  }
  const redis = new Redis(REDIS_URL);
  const total = async (): Promise<number> => {
    let events = 0;
    for (let p = 0; p < 4; p++) events += await redis.xlen(`${topic}:{${topic}/${p}}:stream`).catch(() => 0);
    return events;
  };
  const expected = Math.min(count, 40_000);
  const start = performance.now();
  await processes.start('relay');
  let first = 0;
  let firstCount = 0;
  for (;;) {
    const now = await total();
    if (now > 0 && first === 0) {
      first = performance.now();
      firstCount = now;
    }
    if (now >= expected || performance.now() - start > 120_000) break;
  }
  const ours = ((expected - firstCount) * 1000) / Math.max(1, performance.now() - first);
  await redis.quit();
  const bare = kafka.consumer({ groupId: randomUUID() });
  await bare.connect();
  await bare.subscribe({ topics: [topic], fromBeginning: true });
  const theirs = await new Promise<number>((resolve) => {
    let seen = 0;
    let began = 0;
    let beganWith = 0;
    void bare.run({
      eachBatch: async ({ batch }) => {
        seen += batch.messages.length;
        if (began === 0) {
          began = performance.now();
          beganWith = seen;
        }
        if (seen >= count) resolve(((count - beganWith) * 1000) / Math.max(1, performance.now() - began));
      },
    });
  });
  await bare.disconnect();
  return rowOf('relayed', 'events/s', [ours], { kafkajs: [theirs] });
}

async function deliveries(url: string, subscribers: number, events: number): Promise<Row> {
  const room = randomUUID();
  const counters = { got: 0 };
  const clients: Client[] = [];
  for (let i = 0; i < subscribers; i++) {
    const client = clientOf(url);
    clients.push(client);
    client.subscribe(
      { query: 'subscription($room: ID!) { saidIn(room: $room) { text at } }', variables: { room } },
      { next: () => void counters.got++, error: fail, complete: () => undefined },
    );
  }
  await untilLive([url], subscribers);
  const sender = clientOf(url);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    counters.got = 0;
    const start = performance.now();
    const sent = Promise.all(Array.from({ length: events }, () => mutate(sender, { room, text, at: 0 })));
    while (counters.got < subscribers * events) await new Promise((resolve) => setTimeout(resolve, 2));
    await sent;
    ours.push((subscribers * events * 1000) / (performance.now() - start));
    theirs.push(await bareSends(subscribers, events));
  }
  await sender.dispose();
  for (const client of clients) await client.dispose();
  return rowOf('deliveries', 'per s', ours, { wsSend: theirs });
}

/** Sends the same number of messages of the same size with a bare loop of `ws.send`. */
async function bareSends(subscribers: number, events: number): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as { port: number }; // A TCP server's address.
  const counters = { got: 0 };
  const sockets = await Promise.all(
    Array.from({ length: subscribers }, async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      socket.on('message', () => void counters.got++);
      await once(socket, 'open');
      return socket;
    }),
  );
  const message = JSON.stringify({
    id: randomUUID(),
    type: 'next',
    payload: { data: { saidIn: { text, at: 0 } } },
  });
  const start = performance.now();
  for (let i = 0; i < events; i++) for (const client of server.clients) client.send(message);
  while (counters.got < subscribers * events) await new Promise((resolve) => setTimeout(resolve, 2));
  const perSecond = (subscribers * events * 1000) / (performance.now() - start);
  for (const socket of sockets) socket.terminate();
  server.close();
  return perSecond;
}

async function latency(
  kafka: Kafka,
  url: string,
  producer: Producer,
  topic: string,
  events: number,
): Promise<readonly Row[]> {
  const room = randomUUID();
  const ours: number[] = [];
  const theirs: number[] = [];
  const client = clientOf(url);
  client.subscribe<{ saidIn: { at: number } }>(
    { query: 'subscription($room: ID!) { saidIn(room: $room) { at } }', variables: { room } },
    {
      next: ({ data }) => data && ours.push(performance.now() - data.saidIn.at),
      error: fail,
      complete: () => undefined,
    },
  );
  await untilLive([url], 1);
  const bare = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  await bare.connect();
  await bare.subscribe({ topics: [topic], fromBeginning: false });
  await bare.run({
    eachMessage: async ({ message }) => {
      if (message.key?.toString() !== room) return;
      theirs.push(performance.now() - Number(JSON.parse(String(message.value)).at));
    },
  });
  // Waits until the bare consumer has its partitions, since it starts at their end.
  while (theirs.length === 0) {
    await producer.send({ topic, messages: [eventOf(room, performance.now())] });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
  ours.length = 0;
  theirs.length = 0;
  for (let i = 0; i < events; i++) {
    await producer.send({ topic, messages: [eventOf(room, performance.now())] });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  while (ours.length < events || theirs.length < events)
    await new Promise((resolve) => setTimeout(resolve, 10));
  await bare.disconnect();
  await client.dispose();
  const third = Math.ceil(events / ROUNDS);
  const rounds = (all: readonly number[], p: number) =>
    Array.from({ length: ROUNDS }, (_, i) => percentile(all.slice(i * third, (i + 1) * third), p));
  const at = (p: number) =>
    rowOf(`latency p${p * 100}`, 'ms', rounds(ours, p), { kafkajs: rounds(theirs, p) });
  return [at(0.5), at(0.99)];
}

function fail(error: unknown): never {
  throw error instanceof Error ? error : new Error(JSON.stringify(error));
}
