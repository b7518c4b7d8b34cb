import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts, type PrivateService, privateKafka } from '../../scripts/services/private.mjs';
import type { Recorder } from '../support/recorder.js';
import type { Stream } from '../support/stream.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { KafkaAdmin } from './support/kafka-admin.js';
import { API, correlationOf, kafkaFrames, requestHeader } from './support/kafka-frames.js';
import { type FramePath, TcpProxy } from './support/proxy.js';
import { scaled } from './support/speed.js';
import { FaultWorld, SESSION_TIMEOUT_MS } from './support/world.js';

/** Gateway and relay reach Kafka through a proxy, which the broker advertises as its own address. */
describe('the network between gateway, relay and Kafka', { timeout: CASE_TIMEOUT }, () => {
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
    const isAppend = appendAnswers();
    let answers = 0;
    // Cuts every fourth answer: the broker has written records that the gateway has no answer for.
    network.judge = (frame, path) => (isAppend(frame, path) && ++answers % 4 === 0 ? 'cut' : 'pass');
    const stream = await world.load(it.gateway);
    await expect.poll(() => answers, EVENTUALLY).toBeGreaterThan(40);
    network.judge = () => 'pass';
    await stream.stop();
    expect(stream.refused).toEqual([]);
    await expectAll(it.subscribers, world.appended);
  });

  it('D1 a mutation is PUBLISH_UNCERTAIN when its connection is reset under the append and Kafka stays unreachable', async () => {
    await using it = await open({ PUBLISH_DEADLINE_MS: '3000' });
    const { world } = it;
    const isAppend = appendAnswers();
    const stream = await world.load(it.gateway);
    for (let reset = 1; reset <= 3; reset++) {
      await world.grows(scaled(60));
      const before = stream.refused.length;
      network.judge = (frame, path) => {
        if (!isAppend(frame, path)) return 'pass';
        network.refuse();
        return 'drop';
      };
      await expect.poll(() => stream.refused.length, EVENTUALLY).toBeGreaterThan(before);
      network.judge = () => 'pass';
      network.pass();
    }
    await world.grows(scaled(60));
    await stream.stop();
    expectTyped(stream);
    await expectAll(it.subscribers, world.appended);
    expect(shownUncertain(it.subscribers[0], stream)).toBeGreaterThan(0);
  });

  it('D2 D3 connections to Kafka that are cut again and again, and refused for a while, lose nothing', async () => {
    await using it = await open();
    const { world } = it;
    const stream = await world.load(it.gateway);
    for (let cut = 1; cut <= 4; cut++) {
      await world.grows(scaled(80));
      network.refuse();
      const { opened } = network;
      await expect.poll(() => network.opened, EVENTUALLY).toBeGreaterThan(opened + 2);
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
    await expect.poll(uncertain, EVENTUALLY).toBeGreaterThan(20);
    network.delay = () => 200;
    await world.grows(scaled(50));
    network.delay = () => 0;
    await world.grows(scaled(100));
    await stream.stop();
    expectTyped(stream);
    await expectAll(it.subscribers, world.appended);
    // Most of the uncertain events were written, so PUBLISH_UNCERTAIN was the right answer.
    expect(shownUncertain(it.subscribers[0], stream)).toBeGreaterThan(0);
  });

  it('D1 D2 mutations fail typed and in time while the network to Kafka swallows everything, and recover afterwards', async () => {
    await using it = await open({ PUBLISH_DEADLINE_MS: '3000', KAFKA_REQUEST_TIMEOUT_MS: '5000' });
    const { world } = it;
    await using stream = await world.load(it.gateway);
    await world.grows(scaled(100));
    network.blackHole();
    await expect.poll(() => stream.refused.length, EVENTUALLY).toBeGreaterThan(10);
    network.pass();
    // Over new connections: the swallowed ones stay silent.
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
    // The only wait for a time: the broker's session timeout has to pass.
    await expect
      .poll(
        () => performance.now() - began > 2 * SESSION_TIMEOUT_MS && stream.refused.length > before,
        EVENTUALLY,
      )
      .toBe(true);
    for (const direction of ['up', 'down'] as const) network.release(direction);
    await world.grows(scaled(100));
    await stream.stop();
    expectTyped(stream);
    await expectAll(it.subscribers, world.appended);
    // A broker accepts commits only from members.
    await using admin = await KafkaAdmin.open(kafka.address);
    await expect.poll(() => admin.lag(world.group, world.topic), EVENTUALLY).toBe(0);
    expect(it.relay.child.exitCode).toBeNull();
  });
});

/** Tells whether a frame is the answer to an append. It must see every frame. */
function appendAnswers(): (frame: Buffer, path: FramePath) => boolean {
  const sent = new Set<string>();
  return (frame, { direction, connection }) => {
    if (direction === 'down') return sent.delete(`${connection} ${correlationOf(frame)}`);
    const { api, correlation } = requestHeader(frame);
    if (api === API.produce) sent.add(`${connection} ${correlation}`);
    return false;
  };
}

/** Every failure has a code that tells a client whether to retry. */
function expectTyped(stream: Stream): void {
  const codes = new Set(stream.refused.map(({ code }) => code));
  expect([...codes].filter((code) => code !== 'PUBLISH_FAILED' && code !== 'PUBLISH_UNCERTAIN')).toEqual([]);
}

/** How many events of PUBLISH_UNCERTAIN mutations a subscriber was shown. */
function shownUncertain(recorder: Recorder | undefined, stream: Stream): number {
  const { uncertain } = stream.appended;
  return recorder?.received.filter(({ text }) => text !== undefined && uncertain.has(text)).length ?? 0;
}
