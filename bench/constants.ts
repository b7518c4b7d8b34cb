import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { Message } from 'kafkajs';
import type { Child } from './child.js';
import { paced, pause } from './clock.js';
import type { Load } from './load/load.js';
import { connectionsWithin, machine, speedMarker } from './machine.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import { median, type Row, rowOf } from './row.js';
import { FITTED, type Fitted, HELD, perEvent, type Size, type Used } from './sizes.js';
import { SAID, SAID_IN, type Services, Stage, socketOf, topicName } from './stage.js';

const MAIN = new URL('../dist/cli/main.js', import.meta.url).pathname;
/** What the benchmark writes, and `millrace size --constants` reads. */
const FILE = 'constants.json';
const ROUNDS = 3;
/** What an event's data has besides its text. */
const WITHOUT_TEXT = Buffer.byteLength(String(new NumberedRoom().events(1, { text: '' })[0]?.value));
const IDLE_SECONDS = 12;
const KIB = 1_024;

/**
 * What the parts of a deployment cost on this machine: CPU for each event, result and connection, and memory. Writes
 * `constants.json` for `millrace size --constants`, and holds what that command predicts against five sizes measured here.
 */
export async function constants(services: Services, scale: number): Promise<readonly Row[]> {
  const seconds = Math.max(2, Math.round(6 * scale));
  const topic = topicName();
  await using stage = await Stage.open(services, SAID(topic));
  const gateway = await stage.processes.run('gateway');
  const relay = await stage.processes.run('relay');
  const redis = new Redis(services.REDIS_URL);
  try {
    const bench = new Bench(
      stage,
      topic,
      { url: gateway.url, gateway: gateway.child, relay: relay.child },
      redis,
    );
    // First: a process does not return memory that events have used once.
    const connected = await bench.connections(connectionsWithin(Math.max(4_000, Math.round(8_000 * scale))));
    await bench.warmUp();
    const idle = await bench.used(seconds, () => pause(seconds * 1_000));
    const fitted = await bench.all(Object.values(FITTED), seconds);
    const of = (name: Fitted, what: keyof Used) =>
      median((fitted[Object.keys(FITTED).indexOf(name)] ?? []).map((used) => used[what]));
    const found = {
      measured: machine(speedMarker()),
      ...connected,
      gatewayUs: idle.gateway,
      ...perEvent(of, idle),
      ...(await bench.hearer(seconds, of('heard', 'redis'))),
      ...bench.extraBytes,
    };
    const rounded = Object.fromEntries(
      Object.entries(found).map(([name, value]) => [
        name,
        typeof value === 'number' ? Number(Math.max(0, value).toPrecision(3)) : value,
      ]),
    );
    writeFileSync(FILE, `${JSON.stringify(rounded, undefined, 2)}\n`);
    return [
      ...Object.entries(rounded).flatMap(([name, value]) =>
        typeof value === 'number' ? [rowOf(name, unitOf(name), [value])] : [],
      ),
      ...(await held(bench, seconds)),
    ];
  } finally {
    redis.disconnect();
  }
}

const unitOf = (name: string): string =>
  name.endsWith('Kib') ? 'KiB' : name.endsWith('Bytes') ? 'bytes' : name.endsWith('KibUs') ? 'µs/KiB' : 'µs';

/** What the command predicts for each size, as the baseline of what was measured. */
async function held(bench: Bench, seconds: number): Promise<readonly Row[]> {
  const measured = await bench.all(HELD, seconds);
  return HELD.flatMap((size, i) => {
    const { rooms, each, perSecond, bytes } = size;
    const flags = {
      subscribers: rooms * each,
      events: perSecond,
      selectivity: 1 / rooms,
      bytes,
      busy: 1,
      constants: FILE,
    };
    const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    const said: { readonly cpu: { readonly gateways: number; readonly relays: number } } = JSON.parse(
      execFileSync(process.execPath, [MAIN, 'size', '--json', ...args], { encoding: 'utf8' }),
    );
    const name = `size ${rooms * each} × ${perSecond}/s × ${bytes} bytes, 1 in ${rooms}`;
    const goals = [{ of: 'predicted', atLeast: 0.8, atMost: 1.2 }];
    const row = (what: string, values: readonly number[], predicted: number) =>
      rowOf(`${name}, ${what}`, 'µs/s', values, { predicted: [predicted] }, goals);
    const rounds = measured[i] ?? [];
    return [
      row(
        'gateway',
        rounds.map((used) => used.gateway),
        said.cpu.gateways,
      ),
      row(
        'relay',
        rounds.map((used) => used.relay),
        said.cpu.relays,
      ),
    ];
  });
}

interface Measured {
  readonly url: string;
  readonly gateway: Child;
  readonly relay: Child;
}

/** One gateway and one relay, and what they and Redis use for a size. */
class Bench {
  readonly #stage: Stage;
  readonly #topic: string;
  readonly #measured: Measured;
  readonly #redis: Redis;
  /** Of a frame and of Redis's message, beyond the event's data. */
  extraBytes = { redisExtraBytes: 0, frameExtraBytes: 0 };

  constructor(stage: Stage, topic: string, measured: Measured, redis: Redis) {
    this.#stage = stage;
    this.#topic = topic;
    this.#measured = measured;
    this.#redis = redis;
  }

  /** The first events and connections load code and fill caches that all share. */
  async warmUp(): Promise<void> {
    await this.#run({ ...FITTED.alone, perSecond: 400 }, 5);
    await this.#run({ ...FITTED.crowd, perSecond: 30 }, 5);
    await pause(2_000);
  }

  /** Every round of all sizes, their rounds alternating. */
  async all(sizes: readonly Size[], seconds: number): Promise<readonly (readonly Used[])[]> {
    const rounds: Used[][] = sizes.map(() => []);
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, size] of sizes.entries()) rounds[i]?.push(await this.#run(size, seconds));
    return rounds;
  }

  /** What each of many idle connections with one subscription costs, and a gateway without them. */
  async connections(count: number) {
    const { gateway, url } = this.#measured;
    const idle = () => this.used(IDLE_SECONDS, () => pause(IDLE_SECONDS * 1_000));
    // The first load code and fill caches that all share.
    const few = Math.round(count / 5);
    await using _few = await this.#crowd(url, [new NumberedRoom()], few);
    await untilLive([url], few);
    const [before, without] = [await gateway.collected(), await idle()];
    await using _more = await this.#crowd(url, [new NumberedRoom()], count - few);
    await untilLive([url], count);
    const [after, with_] = [await gateway.collected(), await idle()];
    const connectionKib = (after.resident - before.resident) / KIB / (count - few);
    return {
      gatewayKib: before.resident / KIB - few * connectionKib,
      connectionKib,
      connectionUs: (with_.gateway - without.gateway) / (count - few),
    };
  }

  /** What one more gateway that hears the events costs Redis, by the size `heard`. */
  async hearer(seconds: number, heard: number) {
    const { perSecond, rooms } = FITTED.heard;
    const more = await this.#stage.processes.run('gateway');
    const names = Array.from({ length: rooms }, () => new NumberedRoom());
    const rounds: number[] = [];
    {
      await using _crowd = await this.#crowd(more.url, names, 1);
      await untilLive([more.url], rooms);
      for (let round = 0; round < ROUNDS; round++)
        rounds.push((await this.#run(FITTED.heard, seconds)).redis);
    }
    await more.child[Symbol.asyncDispose]();
    return { redisHearerUs: (median(rounds) - heard) / perSecond };
  }

  /** Microseconds of CPU a second during `work`. */
  async used(seconds: number, work: () => Promise<unknown>): Promise<Used> {
    const { gateway, relay } = this.#measured;
    const read = async () =>
      [(await gateway.usage()).cpu, (await relay.usage()).cpu, await this.#redisMs()] as const;
    const before = await read();
    await work();
    const after = await read();
    const each = (i: 0 | 1 | 2): number => ((after[i] - before[i]) * 1_000) / seconds;
    return { gateway: each(0), relay: each(1), redis: each(2) };
  }

  async #run(size: Size, seconds: number): Promise<Used> {
    const { rooms, each, perSecond, bytes, nobody, together = 1 } = size;
    const names = Array.from({ length: rooms }, () => new NumberedRoom());
    await using crowd = await this.#crowd(this.#measured.url, names, each);
    await untilLive([this.#measured.url], rooms * each);
    const to = nobody === true ? [new NumberedRoom()] : names;
    const eachRoom = Math.max(1, Math.round((perSecond * seconds) / to.length));
    const send = async (): Promise<void> => {
      const messages = (i: number) =>
        Array.from({ length: together }, (_, k) => ofBytes(to[(i * together + k) % to.length], bytes));
      await Promise.all(
        await paced((eachRoom * to.length) / together, (1_000 * together) / perSecond, (i) =>
          this.#stage.append(this.#topic, messages(i)),
        ),
      );
    };
    const whole = (eachRoom * to.length) / perSecond;
    if (nobody === true) return await this.used(whole, send);
    const outBefore = await this.#redisOut();
    const used = await this.used(whole, () => crowd.during(eachRoom, send));
    if (size === FITTED.alone) {
      this.extraBytes = {
        redisExtraBytes: ((await this.#redisOut()) - outBefore) / (eachRoom * to.length) - bytes,
        frameExtraBytes: Buffer.byteLength(await crowd.sample()) - bytes,
      };
    }
    return used;
  }

  #crowd(url: string, rooms: readonly NumberedRoom[], each: number): Promise<Load> {
    const operations = rooms.map(({ name: room }) => ({ query: SAID_IN, variables: { room }, count: each }));
    return this.#stage.crowd({ url: socketOf(url), operations, perConnection: 1, ids: 'distinct' });
  }

  async #redisMs(): Promise<number> {
    const info = await this.#redis.info('cpu');
    return (figureIn(info, 'used_cpu_user') + figureIn(info, 'used_cpu_sys')) * 1_000;
  }

  async #redisOut(): Promise<number> {
    return figureIn(await this.#redis.info('stats'), 'total_net_output_bytes');
  }
}

function figureIn(info: string, name: string): number {
  const value = Number(new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1]);
  if (Number.isNaN(value)) throw new Error(`Redis does not report ${name}.`);
  return value;
}

/** The next event of a room, whose text makes its data as large as wanted. */
function ofBytes(room: NumberedRoom | undefined, bytes: number): Message {
  if (room === undefined) throw new Error('There is no room.');
  const [message] = room.events(1, { text: 'x'.repeat(Math.max(1, bytes - WITHOUT_TEXT)) });
  if (message === undefined) throw new Error('There is no event.');
  return message;
}
