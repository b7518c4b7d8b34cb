import type { Message } from 'kafkajs';
import type { NaiveApi } from './baselines/naive.js';
import { paced } from './clock.js';
import type { CrowdSpec } from './load/api.js';
import { connectionsWithin } from './machine.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import { profiled } from './profile.js';
import { type Row, rowOf } from './row.js';
import { type Options, type Services, Stage, socketOf, topicName } from './stage.js';

const ROUNDS = 3;
/** Not scaled: with fewer subscribers, the fixed cost of an event would count as cost of its deliveries. */
const SUBSCRIBERS = 1_000;
/** Long enough that each event is delivered before the next one, on a slow machine too. */
const INTERVAL_MS = 300;
/** Fields besides the number. Each subscriber selects another subset of them. */
const FIELDS = ['room', 'at', 'text', 'a', 'b', 'c', 'd', 'e', 'f', 'g'];
const MORE = { a: 1, b: 'two', c: true, d: 4.5, e: 'five', f: 6, g: 'seven' };

/**
 * Subscribers that each select different fields of the same event, so they share nothing but the event. Measures the
 * gateway's CPU for each delivery, against `execute` of graphql-js, `JSON.stringify` and a write alone, without log, fan-out
 * and cursor.
 */
export async function distinct(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  const topic = topicName();
  const schema = schemaOn(topic);
  await using stage = await Stage.open(services, schema);
  const gateway = await stage.gatewayAndRelay();
  const naive = stage.child('naive', './baselines/naive.js');
  const naiveUrl = await naive.call<NaiveApi, 'listen'>('naive', 'listen', { schema, field: 'said' });
  const subscribers = connectionsWithin(SUBSCRIBERS);
  const events = Math.max(20, Math.round(60 * scale));

  const to = (url: string): CrowdSpec => ({
    url: socketOf(url),
    operations: selections(subscribers).map((query) => ({ query, count: 1 })),
    perConnection: 1,
    ids: 'distinct',
  });
  await using ours = await stage.crowd(to(gateway.url));
  await using theirs = await stage.crowd(to(naiveUrl));
  await untilLive([gateway.url], subscribers);
  const [room, other] = [new NumberedRoom(), new NumberedRoom()];
  const append = (count: number) => async (): Promise<void> => {
    await Promise.all(await paced(count, INTERVAL_MS, () => stage.append(topic, room.events(1, MORE))));
  };
  const send = (count: number) => (): Promise<void> =>
    naive.call<NaiveApi, 'send'>('naive', 'send', {
      data: other.events(count, MORE).map(textOf),
      intervalMs: INTERVAL_MS,
    });
  await ours.during(10, append(10));
  await theirs.during(10, send(10));

  const cost = { ours: [] as number[], naive: [] as number[] };
  const each = (cpu: number): number => (cpu * 1000) / (subscribers * events);
  for (let i = 0; i < ROUNDS; i++) {
    const work = (): Promise<number> => gateway.child.cpuOf(() => ours.during(events, append(events)));
    cost.ours.push(each(await profiled(gateway.child, 'distinct', options, work)));
    cost.naive.push(each(await naive.cpuOf(() => theirs.during(events, send(events)))));
  }
  const goals = [{ of: 'naive', atMost: 0.7 }];
  return [rowOf(`distinct ${subscribers}, CPU`, 'µs/delivery', cost.ours, { naive: cost.naive }, goals)];
}

/** Documents that all select different fields. */
function selections(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const chosen = FIELDS.filter((_field, bit) => ((i + 1) >> bit) & 1);
    // Beyond the subsets of ten fields, aliases make them different.
    const alias = i + 1 < 2 ** FIELDS.length ? '' : `x${i}: `;
    return `subscription { said { n ${chosen.map((field) => alias + field).join(' ')} } }`;
  });
}

function textOf({ value }: Message): string {
  return String(value);
}

const schemaOn = (topic: string): string => `
  type Query { ok: Boolean }
  type Subscription { said: Said! @subscribe(topic: "${topic}") }
  type Said {
    n: Int! room: ID! at: Float! text: String!
    a: Int! b: String! c: Boolean! d: Float! e: String! f: Int! g: String!
  }
`;
