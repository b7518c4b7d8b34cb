import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { Appended } from '../support/appended.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import type { Recorder, Transport } from '../support/recorder.js';
import { redisUrl } from '../support/services.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { scaled } from './support/speed.js';
import { FaultWorld } from './support/world.js';
import { Writers } from './support/writers.js';

const TRANSPORTS: readonly Transport[] = ['ws', 'sse', 'event-source'];
const ROOMS = 4;

/** A view of each room: the number of its events, and the id of the last one. */
const viewed = (topic: string) => ({
  'schema/chat.graphql': `
    type Query { room(room: ID!): Room @view(name: "room", key: "args.room") }
    type Mutation { say(room: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room") }
    type Subscription {
      saidIn(room: ID!): SaidOrRoom! @subscribe(topic: "${topic}", key: "args.room")
        @view(name: "room", key: "args.room", type: "Room")
    }
    union SaidOrRoom = Said | Room
    type Said { room: ID! text: String! }
    type Room { count: Int! last: ID! }
  `,
  'millrace.config.ts': `
    import { defineGateway } from 'millrace';
    export default defineGateway({
      views: [{
        name: 'room',
        topics: ['${topic}'],
        initial: { count: 0, last: '' },
        fold: ({ count }, { id }) => ({ count: count + 1, last: id }),
      }],
    });
  `,
});
const QUERY = `subscription($room: ID!, $after: Cursor) {
  saidIn(room: $room, after: $after, snapshot: true) { ... on Said { text } ... on Room { count last } }
}`;

interface Follower {
  readonly recorder: Recorder;
  readonly room: string;
}

/** Subscriptions that start with the state of a view. */
describe('snapshots', { timeout: CASE_TIMEOUT }, () => {
  it('D2 D3 D4 clients get the state and then exactly the events not in it, while a view worker and a gateway are killed', async () => {
    await using on = await Rooms.open();
    const doomed = await on.world.gateway();
    const followers: Follower[] = [];
    const both = [doomed, on.gateway];
    for (const [wave, nodes] of [both, both, [on.gateway]].entries()) {
      for (let n = 0; n < scaled(16, 8); n++) {
        const over = TRANSPORTS[n % 3] ?? 'ws';
        followers.push(await on.follower(nodes[n % nodes.length] ?? doomed, over, n % ROOMS));
      }
      await on.world.grows(scaled(200, 40));
      if (wave === 0) await on.viewProcesses[0]?.kill('SIGKILL');
      if (wave === 1) await doomed.kill('SIGKILL');
    }
    await on.writers.stop();
    await on.judge(followers);
    expect(followers.some(({ recorder }) => recorder.returns.length > 0)).toBe(true);
  });

  it('D2 D6 clients that start with a view while it is lost never see it half built', async () => {
    await using on = await Rooms.open();
    const followers: Follower[] = [];
    for (let wave = 0; wave < 4; wave++) {
      await on.world.grows(scaled(200, 40));
      await on.lose();
      for (let n = 0; n < ROOMS * 2; n++)
        followers.push(await on.follower(on.gateway, TRANSPORTS[n % 3] ?? 'ws', n % ROOMS));
    }
    await on.writers.stop();
    await on.judge(followers);
    expect(on.read).toBeGreaterThan(0);
    expect(on.empty).toBe(0);
  });
});

/** Writers in some rooms, and two processes that run the view of the rooms. */
class Rooms implements AsyncDisposable {
  /** How often the state of a room was read, and how often it was missing. */
  read = 0;
  empty = 0;
  readonly #reading = new AbortController();
  #readers: Promise<void> | undefined;

  private constructor(
    readonly world: FaultWorld,
    readonly gateway: GatewayProcess,
    readonly viewProcesses: readonly GatewayProcess[],
    readonly writers: Writers,
  ) {}

  static async open(): Promise<Rooms> {
    const world = await FaultWorld.open({ files: viewed });
    try {
      return await Rooms.#on(world);
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  static async #on(world: FaultWorld): Promise<Rooms> {
    await world.relay();
    const viewProcesses = [await world.start('services'), await world.start('services')];
    const gateway = await world.gateway();
    const rooms = new Rooms(
      world,
      gateway,
      viewProcesses,
      new Writers(gateway.url, world.appended, { rooms: ROOMS }),
    );
    for (let n = 0; n < ROOMS; n++) await expect.poll(() => rooms.#state(n), EVENTUALLY).toBeTruthy();
    rooms.#readers = rooms.#readContinuously();
    return rooms;
  }

  /** Reads all the time, so that the gateway has the view's readiness cached when the view is lost. */
  async #readContinuously(): Promise<void> {
    for (let n = 0; !this.#reading.signal.aborted; n++) {
      const state = await this.#state(n % ROOMS);
      if (state !== undefined) this.read += 1;
      if (state === null) this.empty += 1;
      await pause(5);
    }
  }

  /** `undefined` if the view is behind; `null` if the room has no state. */
  async #state(room: number): Promise<unknown> {
    const query = `{ room(room: "room-${room}") { count } }`;
    const response = await fetch(`${this.gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    // The form of GraphQL's own answers (section 7.1 of the specification).
    const { data, errors } = (await response.json()) as {
      readonly data?: { readonly room: unknown } | null;
      readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
    };
    const codes = errors?.map(({ extensions }) => extensions.code) ?? [];
    expect(codes.filter((code) => code !== 'VIEW_BEHIND')).toEqual([]);
    return codes.length > 0 ? undefined : data?.room;
  }

  /** Starts a client of a room. It resumes at the gateway that is not killed. */
  async follower(at: GatewayProcess, over: Transport, number: number): Promise<Follower> {
    const room = `room-${number}`;
    const options = { query: QUERY, variables: { room }, over, next: () => this.gateway.url };
    return { room, recorder: await this.world.subscriber(at, options) };
  }

  /** Deletes everything that the view has in Redis. */
  async lose(): Promise<void> {
    const redis = new Redis(redisUrl());
    try {
      const keys = await redis.keys(`${this.world.topic}:state:view:*`);
      expect(keys.length).toBeGreaterThan(0);
      await redis.del(...keys);
    } finally {
      redis.disconnect();
    }
  }

  /** Expects of each one state, folded from all events up to its last one, and then every event after that. */
  async judge(followers: readonly Follower[]): Promise<void> {
    for (const [room, events] of this.writers.accepted) {
      const appended = new Appended();
      for (const event of events) appended.accept(event);
      const judged = [];
      for (const { recorder } of followers.filter((one) => one.room === room)) {
        await expect
          .poll(() => [...recorder.faults, ...recorder.snapshots].length, EVENTUALLY)
          .toBeGreaterThan(0);
        expect(recorder.snapshots, recorder.name).toHaveLength(1);
        const [state] = recorder.snapshots;
        const last = appended.accepted.get(String(state?.['last']));
        expect(last, `${recorder.name}: a state of ${JSON.stringify(state)}`).toBeDefined();
        const before = events.filter(({ offset }) => offset <= (last?.offset ?? -1));
        expect(state).toMatchObject({ count: before.length });
        judged.push({ recorder, after: new Map([[last?.partition ?? -1, last?.offset ?? -1]]) });
      }
      await expectAll(judged, appended);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reading.abort();
    try {
      await this.#readers;
    } finally {
      await this.writers[Symbol.asyncDispose]();
      await this.world[Symbol.asyncDispose]();
    }
  }
}
