import type { HandWrittenApi } from './baselines/handwritten.js';
import { templateOf } from './baselines/message.js';
import type { WsSendApi } from './baselines/ws-send.js';
import type { Child } from './child.js';
import { now, pause } from './clock.js';
import type { CrowdSpec } from './load/api.js';
import type { Load } from './load/load.js';
import { connectionsWithin } from './machine.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import { profiled } from './profile.js';
import { type Row, rowOf } from './row.js';
import { type Options, SAID, SAID_IN, type Services, Stage, socketOf, topicName } from './stage.js';

const ROUNDS = 3;
const BURST = 200;

/**
 * A burst of events for identical subscriptions, each with its own operation id. Measures deliveries a second, from before
 * the burst is appended until the last frame has reached the last client. Baselines: a server that only loops over `ws.send`
 * with the same bytes, and a hand-written stack, which also gets its burst through Kafka. The baselines get shorter bursts on
 * slow machines.
 */
export async function fanout(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  const topic = topicName();
  await using stage = await Stage.open(services, SAID(topic));
  const gateway = await stage.gatewayAndRelay();
  const wsSend = stage.child('ws.send', './baselines/ws-send.js');
  const bareUrl = await wsSend.call<WsSendApi, 'listen'>('wsSend', 'listen', undefined);
  const handwritten = stage.child('hand-written', './baselines/handwritten.js');
  const handUrl = await handwritten.call<HandWrittenApi, 'listen'>('handwritten', 'listen', {
    brokers: services.KAFKA_BROKERS,
    redis: services.REDIS_URL,
    topic,
  });
  const rows: Row[] = [];
  for (const wanted of [1_000, 5_000]) {
    // The fixed cost of a burst must stay small against its deliveries, so only the baselines get shorter bursts.
    const subscribers = connectionsWithin(Math.round(wanted * Math.max(0.2, scale)));
    const [ours, theirs] = [new NumberedRoom(), new NumberedRoom()];
    const to = (url: string, room: NumberedRoom, ids: CrowdSpec['ids']): CrowdSpec => ({
      url: socketOf(url),
      operations: [{ query: SAID_IN, variables: { room: room.name }, count: subscribers }],
      perConnection: 1,
      ids,
    });
    await using millraceCrowd = await stage.crowd(to(gateway.url, ours, 'distinct'));
    await using bareCrowd = await stage.crowd(to(bareUrl, ours, 'perConnection'));
    await using handCrowd = await stage.crowd(to(handUrl, theirs, 'distinct'));
    await untilLive([gateway.url], subscribers);
    await warm(handCrowd, theirs, (events) => stage.append(topic, theirs.events(events)));
    await millraceCrowd.during(10, () => stage.append(topic, ours.events(10)));
    const template = templateOf(await millraceCrowd.sample());
    const shorter = Math.max(20, Math.round(BURST * scale));
    const shortest = Math.max(4, Math.round((BURST * scale) / 5));
    const bareBurst = (events: number): Promise<void> =>
      wsSend.call<WsSendApi, 'send'>('wsSend', 'send', { ...template, events, intervalMs: 0 });
    await bareCrowd.during(4, () => bareBurst(4));

    const all = { ours: [] as Burst[], wsSend: [] as Burst[], handwritten: [] as Burst[] };
    for (let round = 0; round < ROUNDS; round++) {
      const burst = (): Promise<Burst> =>
        timed(millraceCrowd, gateway.child, BURST, () => stage.append(topic, ours.events(BURST)));
      all.ours.push(await profiled(gateway.child, `fanout-${subscribers}`, options, burst));
      all.wsSend.push(await timed(bareCrowd, wsSend, shorter, () => bareBurst(shorter)));
      const hand = (): Promise<void> => stage.append(topic, theirs.events(shortest));
      all.handwritten.push(await timed(handCrowd, handwritten, shortest, hand));
    }
    const figures = (of: keyof Burst) => ({
      ours: all.ours.map((burst) => burst[of]),
      baselines: {
        wsSend: all.wsSend.map((burst) => burst[of]),
        handwritten: all.handwritten.map((burst) => burst[of]),
      },
    });
    const [whole, cpu] = [figures('rate'), figures('cpu')];
    const goals = [
      { of: 'wsSend', atLeast: 8 },
      { of: 'handwritten', atLeast: 50 },
    ];
    rows.push(
      rowOf(`fanout ${subscribers}`, 'per s', whole.ours, whole.baselines, goals),
      rowOf(`fanout ${subscribers}, CPU`, 'µs/delivery', cpu.ours, cpu.baselines),
    );
  }
  return rows;
}

interface Burst {
  /** Deliveries a second, measured from before the burst. */
  readonly rate: number;
  /** Microseconds of the server's CPU for each delivery. */
  readonly cpu: number;
}

async function timed(
  crowd: Load,
  server: Child,
  events: number,
  burst: () => Promise<unknown>,
): Promise<Burst> {
  const before = await server.usage();
  const start = now();
  const { frames, last } = await crowd.during(events, burst);
  const { cpu } = await server.usage();
  return {
    rate: (frames * 1000) / (last - start),
    cpu: ((cpu - before.cpu) * 1000) / frames,
  };
}

/** Sends events until all of a crowd receive them, for servers that do not report when a subscription is live. */
async function warm(
  crowd: Load,
  room: NumberedRoom,
  send: (events: number) => Promise<unknown>,
): Promise<void> {
  while ((await crowd.reached()) < 0) {
    await send(1);
    await pause(200);
  }
  while ((await crowd.reached()) < room.last) await pause(20);
}
