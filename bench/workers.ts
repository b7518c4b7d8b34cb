import { readFileSync } from 'node:fs';
import { paced } from './clock.js';
import { cpuSeconds } from './linux.js';
import type { Load } from './load/load.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import type { RunningProcess } from './processes.js';
import { type Row, rowOf } from './row.js';
import { SAID, SAID_IN, type Services, Stage, socketOf, topicName } from './stage.js';

const ROUNDS = 3;
const SUBSCRIBERS = 1_000;
/** Of a paced round. */
const INTERVAL_MS = 20;
/** What fits into one request to Kafka. */
const BATCH = 1_000;

/**
 * What a second worker on one port adds. Two cores are too few for two workers, their relay and the clients, so this measures
 * CPU time instead of wall time: deliveries for each second of CPU of the process that uses most, which is what limits a node
 * that has a core for each of its processes. What workers do twice, because each follows the fan-out, and connections that are
 * spread unevenly, count; memory bandwidth and caches that cores share do not. The baseline is one worker.
 *
 * `burst` has as many events at once as Kafka takes, `paced` 50 events a second one by one.
 */
export async function workers(services: Services, scale: number): Promise<readonly Row[]> {
  await using one = await Workers.open(services, 1);
  await using two = await Workers.open(services, 2);
  const events = {
    burst: Math.max(200, Math.round(4_000 * scale)),
    paced: Math.max(150, Math.round(500 * scale)),
  };
  const rows: Row[] = [];
  for (const kind of ['burst', 'paced'] as const) {
    const all = { one: [] as number[], two: [] as number[] };
    for (let round = 0; round <= ROUNDS; round++) {
      const ours = await two.capacity(kind, events[kind]);
      const theirs = await one.capacity(kind, events[kind]);
      if (round === 0) continue; // Compiles code.
      all.two.push(ours);
      all.one.push(theirs);
    }
    const goals = [{ of: 'oneWorker', atLeast: 1.7 }];
    rows.push(rowOf(`workers 2, ${kind}`, 'per CPU s', all.two, { oneWorker: all.one }, goals));
  }
  return rows;
}

/** A gateway with so many workers, a relay, and subscribers to one room. */
class Workers implements AsyncDisposable {
  readonly #room: NumberedRoom;

  private constructor(
    readonly stage: Stage,
    readonly topic: string,
    room: NumberedRoom,
    readonly gateway: RunningProcess,
    readonly crowd: Load,
  ) {
    this.#room = room;
  }

  static async open(services: Services, count: number): Promise<Workers> {
    const topic = topicName();
    const stage = await Stage.open(services, SAID(topic));
    try {
      const gateway = await stage.processes.runUnmeasured('gateway', ['--workers', `${count}`]);
      await stage.processes.run('relay');
      const room = new NumberedRoom();
      const operations = [{ query: SAID_IN, variables: { room: room.name }, count: SUBSCRIBERS }];
      const spec = { url: socketOf(gateway.url), operations, perConnection: 1, ids: 'distinct' } as const;
      const crowd = await stage.crowd(spec);
      await untilLive([gateway.url], SUBSCRIBERS);
      return new Workers(stage, topic, room, gateway, crowd);
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Deliveries for each second of CPU of the process that uses most. */
  async capacity(kind: 'burst' | 'paced', events: number): Promise<number> {
    const before = this.#cpu();
    await this.crowd.during(events, async () => {
      if (kind === 'paced')
        await Promise.all(
          await paced(events, INTERVAL_MS, () => this.stage.append(this.topic, this.#room.events(1))),
        );
      else
        for (let left = events; left > 0; left -= BATCH)
          await this.stage.append(this.topic, this.#room.events(Math.min(left, BATCH)));
    });
    const used = this.#cpu().map((seconds, i) => seconds - (before[i] ?? 0));
    return (events * SUBSCRIBERS) / Math.max(...used);
  }

  /** The seconds of CPU of the primary and of each worker, in this order. */
  #cpu(): readonly number[] {
    const { pid } = this.gateway;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean);
    return [pid, ...children.map(Number)].map(cpuSeconds);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crowd[Symbol.asyncDispose]();
    await this.stage[Symbol.asyncDispose]();
  }
}
