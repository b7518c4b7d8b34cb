import { describe, expect, it } from 'vitest';
import type { GatewayProcess } from '../support/gateway-process.js';
import type { Received, Transport } from '../support/recorder.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll, type Judged } from './support/check.js';
import { TcpProxy } from './support/proxy.js';
import { scaled } from './support/speed.js';
import { FaultWorld } from './support/world.js';

const TRANSPORTS: readonly Transport[] = ['ws', 'sse', 'event-source'];
/** Small rings and windows, so that replays read from ring, window and log. */
const SHORT_MEMORY = { RING_EVENTS: '100', WINDOW_EVENTS: '300' };

/** Clients that resume on another gateway. */
describe('clients that resume', { timeout: CASE_TIMEOUT }, () => {
  it('D4 clients of a gateway that is killed in mid-replay resume at another one and get exactly the rest', async () => {
    await using world = await FaultWorld.open({ env: SHORT_MEMORY });
    await world.relay();
    const doomed = await world.gateway();
    const successor = await world.gateway();
    const witness = await world.subscriber(successor);
    const stream = await world.load(successor, { gap: 0, bytes: 2_000 });
    await world.grows(scaled(1_000, 400));
    await stream.stop();
    await expectAll([witness], world.appended);

    await using line = await HeldLine.open(doomed.url, 200_000);
    const subscribers: Judged[] = [];
    for (const over of [...TRANSPORTS, ...TRANSPORTS, ...TRANSPORTS]) {
      const options = {
        over,
        after: witness.received[0]?.cursor ?? '',
        via: line.url,
        next: () => successor.url,
      };
      const recorder = await world.subscriber(doomed, options);
      subscribers.push({ recorder, after: reachedAt(witness.received, 0) });
    }
    await expect.poll(() => line.held, EVENTUALLY).toBe(subscribers.length);
    for (const { recorder } of subscribers) {
      await expect.poll(() => recorder.received.length, EVENTUALLY).toBeGreaterThan(0);
      expect(recorder.received.length).toBeLessThan(witness.received.length / 2);
    }
    await doomed.kill('SIGKILL');
    line.cut();
    await expectAll(subscribers, world.appended);
    for (const { recorder } of subscribers) expect(recorder.returns).not.toEqual([]);
  });

  it('D3 D4 clients that switch from replay to live at full publishing speed get exactly what follows their cursors', async () => {
    await using world = await FaultWorld.open({ env: SHORT_MEMORY });
    await world.relay();
    const nodes = [await world.gateway(), await world.gateway()];
    const [first, second] = nodes as [GatewayProcess, GatewayProcess];
    const witness = await world.subscriber(first);
    const streams = [await world.load(first, { gap: 0 }), await world.load(second, { gap: 0 })];
    await world.grows(scaled(600, 100));
    const subscribers: Judged[] = [];
    for (let wave = 0; wave < 4; wave++) {
      for (let n = 0; n < scaled(24, 6); n++) {
        // Positions all over the log, and many close to its end.
        const share = (subscribers.length * 0.618) % 1;
        const at = Math.floor(witness.received.length * (n % 2 === 0 ? share : 1 - share ** 4 / 20));
        const index = Math.min(at, witness.received.length - 1);
        const recorder = await world.subscriber(n % 2 === 0 ? first : second, {
          over: TRANSPORTS[n % 3] ?? 'ws',
          after: witness.received[index]?.cursor ?? '',
        });
        subscribers.push({ recorder, after: reachedAt(witness.received, index) });
      }
      await world.grows(scaled(150, 30));
    }
    for (const stream of streams) await stream.stop();
    await expectAll([witness, ...subscribers], world.appended);
    expect(subscribers.flatMap(({ recorder }) => recorder.returns)).toEqual([]);
  });

  it('D4 a rolling restart of three gateways under load loses and duplicates nothing', async () => {
    await using world = await FaultWorld.open({ env: SHORT_MEMORY });
    await world.relay();
    const nodes = await Nodes.open(3, () => world.gateway());
    const subscribers = [];
    for (const over of [...TRANSPORTS, ...TRANSPORTS]) {
      const at = nodes.all[subscribers.length % 3] as GatewayProcess;
      subscribers.push(await world.subscriber(at, { over, next: () => nodes.next() }));
    }
    for (const [i] of nodes.all.entries()) {
      await nodes.restart(i, world, () => world.gateway());
    }
    await expectAll(subscribers, world.appended);
    // Each gateway had clients, and each of these was disconnected.
    for (const recorder of subscribers) expect(recorder.returns.length).toBeGreaterThan(0);
  });

  it('D4 D5 a rotation of the cursor secret over rolling restarts keeps every cursor valid until its key is removed', async () => {
    await using world = await FaultWorld.open();
    await world.relay();
    const [old, fresh] = ['the secret of yesterday', 'the secret of tomorrow'];
    const nodes = await Nodes.open(2, () => world.gateway({ CURSOR_SECRET: old }));
    const subscribers = [];
    for (const over of [...TRANSPORTS, ...TRANSPORTS]) {
      const at = nodes.all[subscribers.length % 2] as GatewayProcess;
      subscribers.push(await world.subscriber(at, { over, next: () => nodes.next() }));
    }
    const seen: string[] = [];
    // First every gateway verifies with the new key, then every gateway signs with it, then the old key is removed.
    for (const secrets of [`${old},${fresh}`, `${fresh},${old}`, fresh]) {
      seen.push(subscribers[0]?.cursor ?? '');
      for (const [i] of nodes.all.entries())
        await nodes.restart(i, world, () => world.gateway({ CURSOR_SECRET: secrets }));
      await expectAll(subscribers, world.appended);
    }
    const [, signedByOld, signedByNew] = seen;
    const at = nodes.all[0] as GatewayProcess;
    const refused = await world.subscriber(at, { after: signedByOld ?? '' });
    await expect.poll(() => refused.faults.join(), EVENTUALLY).toContain('"reason":"SIGNATURE"');
    const taken = await world.subscriber(at, { after: signedByNew ?? '' });
    const index = subscribers[0]?.received.findIndex(({ cursor }) => cursor === signedByNew) ?? -1;
    await expectAll(
      [{ recorder: taken, after: reachedAt(subscribers[0]?.received ?? [], index) }],
      world.appended,
    );
  });
});

/** The offset reached in each partition after the results up to `index`. */
function reachedAt(received: readonly Received[], index: number): ReadonlyMap<number, number> {
  return new Map(received.slice(0, index + 1).map(({ partition, offset }) => [partition, offset]));
}

/** A proxy that gives each connection so many bytes, and then holds it until all are cut. */
class HeldLine implements AsyncDisposable {
  readonly url: string;
  readonly #proxy: TcpProxy;
  readonly #given = new Map<number, number>();
  readonly #held = new Set<number>();
  #release: () => void = () => undefined;

  private constructor(proxy: TcpProxy, bytes: number) {
    this.#proxy = proxy;
    this.url = `http://${proxy.address}`;
    const over = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    proxy.judge = async (chunk, { direction, connection }) => {
      if (direction === 'up') return 'pass';
      const given = (this.#given.get(connection) ?? 0) + chunk.length;
      this.#given.set(connection, given);
      if (given <= bytes) return 'pass';
      this.#held.add(connection);
      await over;
      return 'cut';
    };
  }

  static async open(target: string, bytes: number): Promise<HeldLine> {
    return new HeldLine(await TcpProxy.open({ target }), bytes);
  }

  /** How many connections were given as much as they get. */
  get held(): number {
    return this.#held.size;
  }

  cut(): void {
    this.#release();
    this.#proxy.refuse();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await this.#proxy[Symbol.asyncDispose]();
  }
}

/** Gateways of which one or the other is being restarted. */
class Nodes {
  readonly all: GatewayProcess[];
  #asked = 0;

  private constructor(all: GatewayProcess[]) {
    this.all = all;
  }

  static async open(count: number, start: () => Promise<GatewayProcess>): Promise<Nodes> {
    const all: GatewayProcess[] = [];
    while (all.length < count) all.push(await start());
    return new Nodes(all);
  }

  /** The next one in turn, whether it is there or not: a client cannot know. */
  next(): string {
    return this.all[++this.#asked % this.all.length]?.url ?? '';
  }

  /** Ends one orderly and starts another in its place, while its neighbour continues to run mutations. */
  async restart(index: number, world: FaultWorld, start: () => Promise<GatewayProcess>): Promise<void> {
    const neighbour = this.all[(index + 1) % this.all.length] as GatewayProcess;
    const stream = await world.load(neighbour);
    await world.grows(scaled(100, 20));
    const going = this.all[index] as GatewayProcess;
    await going.kill('SIGTERM');
    expect(going.child.exitCode).toBe(0);
    await world.grows(scaled(50, 10));
    this.all[index] = await start();
    await world.grows(scaled(50, 10));
    await stream.stop();
    expect(stream.refused).toEqual([]);
  }
}
