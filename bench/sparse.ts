import { templateOf } from './baselines/message.js';
import type { WsSendApi } from './baselines/ws-send.js';
import { paced } from './clock.js';
import type { CrowdSpec } from './load/api.js';
import { connectionsWithin } from './machine.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import { profiled } from './profile.js';
import { type Row, rowOf } from './row.js';
import { type Options, SAID, SAID_IN, type Services, Stage, socketOf, topicName } from './stage.js';

const ROUNDS = 3;
/** Not scaled: with fewer subscribers, the fixed cost of an event would count as cost of its deliveries. */
const SUBSCRIBERS = 1_000;
const INTERVAL_MS = 50;

/**
 * Single events, so there are no frames to join. Measures the gateway's CPU for each delivery, including everything that it
 * does between two events, against a server that only loops over `ws.send`.
 */
export async function sparse(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  const topic = topicName();
  await using stage = await Stage.open(services, SAID(topic));
  const gateway = await stage.gatewayAndRelay();
  const wsSend = stage.child('ws.send', './baselines/ws-send.js');
  const bareUrl = await wsSend.call<WsSendApi, 'listen'>('wsSend', 'listen', undefined);
  const subscribers = connectionsWithin(SUBSCRIBERS);
  const events = Math.max(60, Math.round(200 * scale));
  const room = new NumberedRoom();
  const to = (url: string, ids: CrowdSpec['ids']): CrowdSpec => ({
    url: socketOf(url),
    operations: [{ query: SAID_IN, variables: { room: room.name }, count: subscribers }],
    perConnection: 1,
    ids,
  });
  await using ours = await stage.crowd(to(gateway.url, 'distinct'));
  await using bare = await stage.crowd(to(bareUrl, 'perConnection'));
  await untilLive([gateway.url], subscribers);
  const append = (): Promise<void> => stage.append(topic, room.events(1));
  await ours.during(20, () => paced(20, INTERVAL_MS, append));
  const template = templateOf(await ours.sample());
  const send = (count: number): Promise<void> =>
    wsSend.call<WsSendApi, 'send'>('wsSend', 'send', { ...template, events: count, intervalMs: INTERVAL_MS });
  await bare.during(20, () => send(20));

  const cost = { ours: [] as number[], wsSend: [] as number[] };
  const each = (cpu: number): number => (cpu * 1000) / (subscribers * events);
  for (let round = 0; round < ROUNDS; round++) {
    const work = (): Promise<unknown> =>
      ours.during(events, async () => Promise.all(await paced(events, INTERVAL_MS, append)));
    cost.ours.push(each(await profiled(gateway.child, 'sparse', options, () => gateway.child.cpuOf(work))));
    cost.wsSend.push(each(await wsSend.cpuOf(() => bare.during(events, () => send(events)))));
  }
  const name = `sparse ${subscribers}, CPU`;
  return [rowOf(name, 'µs/delivery', cost.ours, { wsSend: cost.wsSend }, [{ of: 'wsSend', atMost: 1.15 }])];
}
