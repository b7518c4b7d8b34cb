import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, vi } from 'vitest';
import { EVENTUALLY } from '../../../../test/faults/support/ceiling.js';
import { expectAll } from '../../../../test/faults/support/check.js';
import { FaultWorld, SAY } from '../../../../test/faults/support/world.js';
import { Appended } from '../../../../test/support/appended.js';
import type { GatewayProcess } from '../../../../test/support/gateway-process.js';
import { Stream } from '../../../../test/support/stream.js';
import type { Transport } from '../../src/index.js';
import { ClientRecorder, type RecorderOptions } from './client-recorder.js';
import { FarRecorder } from './far-recorder.js';

/** Positions come often, rings and windows are short: replays read from ring, window and log. */
export const JWT_SECRET = 'what the tokens of these scenarios are signed with';

const ENV = {
  JWT_SECRET,
  POSITION_INTERVAL_MS: '200',
  RING_EVENTS: '100',
  WINDOW_EVENTS: '300',
};

const filteredSchema = (topic: string) => `
  extend type Subscription {
    saidBy(scenario: String!): Said! @subscribe(topic: "${topic}", filter: "event.text.startsWith(args.scenario)")
  }
  extend type Mutation {
    ask(text: String!): Answered!
      @publish(topic: "${topic}.asked", type: "Asked", key: "args.text", outcome: { types: ["Answered"], within: "100ms" })
    answer(text: String!): Published! @publish(topic: "${topic}.asked", type: "Answered", key: "args.text")
  }
  type Asked { text: String! }
  type Answered { text: String! }`;

/** Gateways and one topic for several scenarios at a time, each with events of its own. */
export class ScenarioWorld implements AsyncDisposable {
  readonly faults: FaultWorld;
  /** It relays, and scenarios publish through it. Nothing happens to it. */
  readonly home: GatewayProcess;

  private constructor(faults: FaultWorld, home: GatewayProcess) {
    this.faults = faults;
    this.home = home;
  }

  /** @param options of the world of faults */
  static async open({ env, ...options }: Parameters<typeof FaultWorld.open>[0] = {}): Promise<ScenarioWorld> {
    const files = (topic: string) => ({ 'schema/filtered.graphql': filteredSchema(topic) });
    const faults = await FaultWorld.open({ ...options, env: { ...ENV, ...env }, files });
    try {
      return new ScenarioWorld(faults, await faults.start('start'));
    } catch (error) {
      await faults[Symbol.asyncDispose]();
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.faults[Symbol.asyncDispose]();
  }
}

/** One scenario: its clients, and a stream of its events, which runs until `end`. */
export class Scenario implements AsyncDisposable {
  readonly name: string;
  appended = new Appended();
  readonly recorders: (ClientRecorder | FarRecorder)[] = [];
  readonly #home: GatewayProcess;
  #stream: Stream | undefined;

  /** @param name a word that is the beginning of no other scenario's */
  constructor(world: ScenarioWorld, name: string) {
    this.#home = world.home;
    this.name = name;
  }

  /** Starts a client, and resolves once it has a position. */
  async client(url: string, options: RecorderOptions): Promise<ClientRecorder> {
    const recorder = new ClientRecorder(url, this.name, options);
    this.recorders.push(recorder);
    return recorder.started();
  }

  /** A client over each transport. */
  async clients(url: string, options: Omit<RecorderOptions, 'over'> = {}): Promise<void> {
    for (const over of ['websocket', 'sse'] as const) await this.client(url, { ...options, over });
  }

  /** Starts a client in a process of its own. */
  async farClient(url: string, over: Transport, clockShifts?: readonly number[]): Promise<FarRecorder> {
    const recorder = new FarRecorder(url, this.name, over, clockShifts);
    this.recorders.push(recorder);
    return recorder.started();
  }

  publish(): void {
    const { name, appended } = this;
    this.#stream = new Stream(this.#home.url, SAY, { clients: 2, gap: 20, name, appended });
  }

  /** Resolves once `more` further events have been appended. */
  async grows(more: number): Promise<void> {
    const enough = this.appended.accepted.size + more;
    await this.until(() => this.appended.accepted.size >= enough, `${enough} events are not appended`);
  }

  until(condition: () => boolean, otherwise: string): Promise<void> {
    return vi.waitFor(() => expect(condition(), `${this.name}: ${otherwise}`).toBe(true), EVENTUALLY);
  }

  /** Resolves once each client has connected so many times, or more often. */
  connected(times: number): Promise<void> {
    const is = (): string => this.recorders.map(({ name, states }) => `${name}: ${states}`).join('; ');
    return vi.waitFor(() => {
      expect(Math.min(...this.recorders.map(({ connections }) => connections)), is()).toBeGreaterThanOrEqual(
        times,
      );
    }, EVENTUALLY);
  }

  /** Stops publishing. */
  async stop(): Promise<void> {
    await this.#stream?.stop();
  }

  /** Stops publishing. Expects that no client lost, doubled or disordered anything, or is silent. */
  async end(): Promise<void> {
    await this.stop();
    await expectAll(this.recorders, this.appended);
  }

  /** The same of what one client was shown since its newest gap. @param after where that ends, by partition */
  async endSinceGap(recorder: ClientRecorder, after: ReadonlyMap<number, number>): Promise<void> {
    await this.stop();
    await expectAll([{ recorder: recorder.sinceGap(), after }], this.appended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const recorder of this.recorders) await recorder[Symbol.asyncDispose]();
    await this.#stream?.[Symbol.asyncDispose]();
  }
}

/** A port that is free now: a gateway that is restarted has the same address. */
export async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}
