import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import WebSocket from 'ws';
import { now } from './clock.js';
import { ENCODINGS, type EncodingUnderTest } from './encodings.js';
import { profiled } from './profile.js';
import { disposable, relayed } from './relay.js';
import { type Row, rowOf } from './row.js';
import { type Options, type Services, Stage, socketOf, topicName } from './stage.js';

const ROUNDS = 3;
const ROOMS = 50;
const BATCH = 1_000;
/** Of the events that the relay moves, how many one subscriber is shown. */
const DELIVERED_SHARE = 0.25;

interface Contender {
  readonly name: string;
  readonly topic: string;
  readonly stage: Stage;
  readonly registry: Server;
  readonly relayed: number[];
  /** Of the relay, for each event, in microseconds. */
  readonly cpu: number[];
  readonly delivered: number[];
}

/**
 * The same backlog in each envelope and encoding. Measures how many events a second a relay moves into Redis, and how many a
 * gateway without a relay reads from the log and delivers to one subscriber, against plain JSON, in alternating rounds. Schemas
 * come from a server that only knows them: a registry is asked once for each.
 */
export async function decode(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  const backlog = Math.max(20_000, Math.round(100_000 * scale));
  const contenders: Contender[] = [];
  await using redis = disposable(new Redis(services.REDIS_URL));
  try {
    for (const [name, encoding] of Object.entries(ENCODINGS))
      contenders.push(await contender(name, encoding, services, backlog));
    const shown = Math.round(backlog * DELIVERED_SHARE);
    for (let round = 0; round < ROUNDS; round++) {
      for (const one of contenders) {
        const { stage, topic, name } = one;
        const { rate, cpu } = await relayed(stage, redis.client, topic, backlog, labelled(options, name));
        one.relayed.push(rate);
        one.cpu.push(cpu);
        one.delivered.push(await delivered(one, shown, options));
      }
    }
  } finally {
    for (const { stage, registry } of contenders) {
      await stage[Symbol.asyncDispose]();
      registry.close();
    }
  }
  const json = contenders.find(({ name }) => name === 'json');
  return contenders.flatMap((one) => {
    const baseline = one === json ? undefined : json;
    return [
      row(`relayed ${one.name}`, one.relayed, baseline?.relayed),
      rowOf(`relayCpu ${one.name}`, 'µs/event', one.cpu, baseline && { json: baseline.cpu }),
      row(`delivered ${one.name}`, one.delivered, baseline?.delivered),
    ];
  });
}

/** A topic with the backlog, written in one way. */
async function contender(
  name: string,
  encoding: EncodingUnderTest,
  services: Services,
  backlog: number,
): Promise<Contender> {
  const topic = topicName();
  const registry = await schemaServer(encoding);
  const env = {
    WINDOW_EVENTS: String(backlog * 2),
    SCHEMA_REGISTRY_URL: `http://127.0.0.1:${(registry.address() as AddressInfo).port}`, // It listens on a port.
  };
  const stage = await Stage.open(services, schemaOn(topic, encoding), env);
  await stage.createTopic(topic);
  for (let from = 0; from < backlog; from += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, backlog - from) }, (_, i) => from + i);
    await stage.append(
      topic,
      numbers.map((n) => encoding.message(`room-${n % ROOMS}`, n)),
    );
  }
  return { name, topic, stage, registry, relayed: [], cpu: [], delivered: [] };
}

const row = (name: string, rounds: readonly number[], json: readonly number[] | undefined): Row =>
  json === undefined
    ? rowOf(name, 'events/s', rounds)
    : rowOf(name, 'events/s', rounds, { json }, [{ of: 'json', atLeast: 0.6 }]);

const schemaOn = (topic: string, { declared }: EncodingUnderTest): string => `
  extend schema @topic(name: "${topic}", ${declared})
  type Query { ok: Boolean }
  type Subscription { said: Said! @subscribe(topic: "${topic}") }
  type Said { n: Int! room: ID! at: Float! text: String! }
`;

/** Profiles of the same role do not replace each other. */
const labelled = ({ profile, ...options }: Options, name: string): Options =>
  profile === undefined ? options : { ...options, profile: `${profile}/${name}` };

/** How many events a second a new gateway reads from the log and delivers, from the first to the last. */
async function delivered({ stage, name }: Contender, count: number, options: Options): Promise<number> {
  const gateway = await stage.processes.run('gateway', { NAMESPACE: `bench-${randomUUID()}` });
  try {
    return await profiled(gateway.child, 'gateway', labelled(options, name), () =>
      replayed(gateway.url, count),
    );
  } finally {
    await gateway.stop();
  }
}

const QUERY = 'subscription { said(since: "1970-01-01T00:00:00Z") { n at text } }';

async function replayed(url: string, count: number): Promise<number> {
  const socket = new WebSocket(socketOf(url), 'graphql-transport-ws');
  let [seen, first] = [0, 0];
  const done = new Promise<number>((resolve, reject) => {
    socket.on('close', (code) => reject(new Error(`The gateway closed the connection: ${code}`)));
    socket.on('message', (data: Buffer) => {
      const isNext = data.includes('"type":"next"');
      if (!isNext && !data.includes('connection_ack')) reject(new Error(`Unexpected message: ${data}`));
      if (!isNext) return;
      if (data.includes('"errors"')) reject(new Error(`A result with errors: ${data}`));
      seen += 1;
      if (seen === 1) first = now();
      else if (seen === count) resolve(((count - 1) * 1_000) / (now() - first));
    });
  });
  try {
    await once(socket, 'open');
    socket.send('{"type":"connection_init"}');
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY } }));
    return await done;
  } finally {
    socket.removeAllListeners('close').terminate();
  }
}

/** Answers every question with the schema of an encoding. */
async function schemaServer({ schema }: EncodingUnderTest): Promise<Server> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(schema ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
