import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts, type PrivateService, privateKafka } from '../../scripts/services/private.mjs';
import type { Recorder } from '../support/recorder.js';
import type { Stream } from '../support/stream.js';
import { CASE, SOON } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { KafkaAdmin } from './support/kafka-admin.js';
import { API, answered, asked, kafkaFrames } from './support/kafka-frames.js';
import { type Passing, TcpProxy } from './support/proxy.js';
import { scaled } from './support/speed.js';
import { FaultWorld, SESSION_TIMEOUT } from './support/world.js';

/** A Kafka that gateway and relay reach over a network that fails: its broker sends clients to the proxy. */
describe('the network between gateway, relay and Kafka', { timeout: CASE }, () => {
  let kafka: PrivateService;
  let network: TcpProxy;
  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    network = await TcpProxy.open({ target: `127.0.0.1:${port}`, frames: kafkaFrames });
    kafka = await privateKafka({ port, advertised: network.address });
  }, 150_000);
  afterAll(async () => {
    await network?.[Symbol.asyncDispose]();
    await kafka?.stop();
  });

  async function open(env: Readonly<Record<string, string>> = {}) {
    const world = await FaultWorld.open({ kafka: network.address, env });
    const relay = await world.relay();
    const gateway = await world.gateway();
    const subscribers = [await world.subscriber(gateway), await world.subscriber(gateway, { over: 'sse' })];
    return {
      world,
      relay,
      gateway,
      subscribers,
      [Symbol.asyncDispose]: async () => {
        network.pass();
        network.delay = () => 0;
        network.judge = () => 'pass';
        for (const direction of ['up', 'down'] as const) network.release(direction);
        await world[Symbol.asyncDispose]();
      },
    };
  }

  it('D1 D3 an append whose answer is cut off is retried and written once', async () => {
    await using it = await open();
    const { world } = it;
    const isAppend = appends();
    let answers = 0;
    // Every fourth: the broker has written what the gateway does not know of.
    network.judge = (frame, passing) => (isAppend(frame, passing) && ++answers % 4 === 0 ? 'cut' : 'pass');
    const stream = await world.load(it.gateway);
    await expect.poll(() => answers, SOON).toBeGreaterThan(40);
    network.judge = () => 'pass';
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectAll(it.subscribers, world.appended);
  });

  it('D1 a mutation is PUBLISH_UNCERTAIN when its connection is reset under the append and Kafka stays unreachable', async () => {
    await using it = await open({ PUBLISH_DEADLINE_MS: '3000' });
    const { world } = it;
    const isAppend = appends();
    const stream = await world.load(it.gateway);
    for (let reset = 1; reset <= 3; reset++) {
      await world.grows(scaled(60));
      const before = stream.refused.length;
      network.judge = (frame, passing) => {
        if (!isAppend(frame, passing)) return 'pass';
        network.refuse();
        return 'drop';
      };
      await expect.poll(() => stream.refused.length, SOON).toBeGreaterThan(before);
      network.judge = () => 'pass';
      network.pass();
    }
    await world.grows(scaled(60));
    await stream.stop();
    expectTyped(stream);
    await expectAll(it.subscribers, world.appended);
    expect(doubted(it.subscribers[0], stream)).toBeGreaterThan(0);
  });

  it('D2 D3 connections to Kafka that are cut again and again, and refused for a while, lose nothing', async () => {
    await using it = await open();
    const { world } = it;
    const stream = await world.load(it.gateway);
    for (let cut = 1; cut <= 4; cut++) {
      await world.grows(scaled(80));
      network.refuse();
      const { opened } = network;
      await expect.poll(() => network.opened, SOON).toBeGreaterThan(opened + 2);
      network.pass();
    }
    await world.grows(scaled(80));
    await stream.stop();
    expectTyped(stream);
    await expectAll(it.subscribers, world.appended);
  });

  it('D1 D3 a mutation is PUBLISH_UNCERTAIN when Kafka answers after its deadline, and nothing is shown twice', async () => {
    await using it = await open({ PUBLISH_DEADLINE_MS: '1500' });
    const { world } = it;
    const stream = await world.load(it.gateway, { clients: 24 });
    await world.grows(scaled(100));
    network.delay = () => 1_000;
    const uncertain = () => stream.refused.filter(({ code }) => code === 'PUBLISH_UNCERTAIN').length;
    await expect.poll(uncertain, SOON).toBeGreaterThan(20);
    network.delay = () => 200;
    await world.grows(scaled(50));
    network.delay = () => 0;
    await world.grows(scaled(100));
    await stream.stop();
    expectTyped(stream);
    await expectAll(it.subscribers, world.appended);
    // Those that nobody knew of were written, most of them: the answer was right to doubt.
    expect(doubted(it.subscribers[0], stream)).toBeGreaterThan(0);
  });

  it('D1 D2 mutations fail typed and in time while the network to Kafka swallows everything, and recover afterwards', async () => {
    await using it = await open({ PUBLISH_DEADLINE_MS: '3000', KAFKA_REQUEST_TIMEOUT_MS: '5000' });
    const { world } = it;
    await using stream = await world.load(it.gateway);
    await world.grows(scaled(100));
    network.blackHole();
    await expect.poll(() => stream.refused.length, SOON).toBeGreaterThan(10);
    network.pass();
    // Over new connections: those that were swallowed stay silent.
    await world.grows(scaled(100));
    await stream.stop();
    expectTyped(stream);
    await expectAll(it.subscribers, world.appended);
    expect(it.relay.child.exitCode).toBeNull();
    expect(it.gateway.child.exitCode).toBeNull();
  });

  it('D2 D9 a relay whose traffic is held back for longer than its session rejoins its group when all of it arrives', async () => {
    await using it = await open({ PUBLISH_DEADLINE_MS: '3000' });
    const { world } = it;
    const stream = await world.load(it.gateway);
    await world.grows(scaled(100));
    const before = stream.refused.length;
    const began = performance.now();
    for (const direction of ['up', 'down'] as const) network.hold(direction);
    // A time, for once: it is the broker's session timeout that has to pass.
    await expect
      .poll(() => performance.now() - began > 2 * SESSION_TIMEOUT && stream.refused.length > before, SOON)
      .toBe(true);
    for (const direction of ['up', 'down'] as const) network.release(direction);
    await world.grows(scaled(100));
    await stream.stop();
    expectTyped(stream);
    await expectAll(it.subscribers, world.appended);
    // A broker takes commits of members only.
    await using admin = await KafkaAdmin.open(kafka.address);
    await expect.poll(() => admin.lag(world.group, world.topic), SOON).toBe(0);
    expect(it.relay.child.exitCode).toBeNull();
  });
});

/** Whether a frame is the answer to an append; has to be asked of every frame. */
function appends(): (frame: Buffer, passing: Passing) => boolean {
  const sent = new Set<string>();
  return (frame, { direction, connection }) => {
    if (direction === 'down') return sent.delete(`${connection} ${answered(frame)}`);
    const { api, correlation } = asked(frame);
    if (api === API.produce) sent.add(`${connection} ${correlation}`);
    return false;
  };
}

/** Whatever failed says so with a code that tells a client what to do. */
function expectTyped(stream: Stream): void {
  const codes = new Set(stream.refused.map(({ code }) => code));
  expect([...codes].filter((code) => code !== 'PUBLISH_FAILED' && code !== 'PUBLISH_UNCERTAIN')).toEqual([]);
}

/** How many events of mutations with an unknown outcome a subscriber was shown. */
function doubted(recorder: Recorder | undefined, stream: Stream): number {
  const { uncertain } = stream.appended;
  return recorder?.received.filter(({ text }) => text !== undefined && uncertain.has(text)).length ?? 0;
}
