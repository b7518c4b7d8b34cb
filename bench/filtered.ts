import type { Load } from './load/load.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import type { RunningProcess } from './processes.js';
import { profiled } from './profile.js';
import { type Row, rowOf } from './row.js';
import { type Options, type Services, Stage, socketOf, topicName } from './stage.js';

const ROUNDS = 3;
const SUBSCRIBERS = [100, 1_000, 10_000, 50_000];
const PER_CONNECTION = 500;
/** Events appended in one request. */
const TOGETHER = 50;
/** Events of a round. They are reduced to what takes CPU_BUDGET_MS. */
const EVENTS = 500;
const CPU_BUDGET_MS = 5_000;

/** Subscribers that each follow their own room, on a topic and a gateway of their own. */
interface Audience {
  readonly size: number;
  readonly topic: string;
  readonly gateway: RunningProcess;
  readonly crowd: Load;
  readonly rooms: readonly NumberedRoom[];
  /** The index of the room of the next event. */
  next: number;
}

/**
 * Each event concerns one of many subscribers, by a filter and not by the key. Measures the gateway's CPU for each event,
 * against that with 100 subscribers.
 */
export async function filtered(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  const topics = SUBSCRIBERS.map(topicName);
  await using stage = await Stage.open(services, schemaOn(topics), {
    MAX_OPERATIONS: String(PER_CONNECTION),
  });
  const audiences: Audience[] = [];
  for (const [i, topic] of topics.entries()) {
    const wanted = SUBSCRIBERS[i] ?? 0;
    const size = i === 0 ? wanted : Math.max(100, Math.round(wanted * scale));
    audiences.push(await gather(stage, topic, `saidTo${i}`, size));
  }
  await stage.processes.run('relay');
  const costs = audiences.map((): number[] => []);
  const events = Math.max(TOGETHER, Math.round(EVENTS * scale));
  const counts: number[] = [];
  for (const audience of audiences) {
    await round(stage, audience, TOGETHER);
    const cost = await round(stage, audience, TOGETHER);
    counts.push(Math.max(TOGETHER, Math.min(events, Math.round(CPU_BUDGET_MS / cost))));
  }
  for (let i = 0; i < ROUNDS; i++) {
    for (const [which, audience] of audiences.entries()) {
      const work = (): Promise<number> => round(stage, audience, counts[which] ?? TOGETHER);
      const label = `filtered-${audience.size}`;
      costs[which]?.push((await profiled(audience.gateway.child, label, options, work)) * 1000);
    }
  }
  const [few = [], ...more] = costs;
  const goals = [{ of: 'flat', atMost: 1.3 }];
  return [
    rowOf(`filtered ${audiences[0]?.size}, CPU`, 'µs/event', few),
    ...more.map((cost, i) =>
      rowOf(`filtered ${audiences[i + 1]?.size}, CPU`, 'µs/event', cost, { flat: few }, goals),
    ),
  ];
}

async function gather(stage: Stage, topic: string, field: string, size: number): Promise<Audience> {
  const gateway = await stage.processes.run('gateway');
  const rooms = Array.from({ length: size }, () => new NumberedRoom());
  const query = `subscription($room: ID!) { ${field}(room: $room) { n at text } }`;
  const operations = rooms.map(({ name }) => ({ query, variables: { room: name }, count: 1 }));
  const url = socketOf(gateway.url);
  const crowd = await stage.crowd({ url, operations, perConnection: PER_CONNECTION, ids: 'distinct' });
  await untilLive([gateway.url], size);
  return { size, topic, gateway, crowd, rooms, next: 0 };
}

/** Publishes events, each to another room. @returns milliseconds of CPU for each event */
async function round(stage: Stage, audience: Audience, events: number): Promise<number> {
  const { rooms, crowd, topic, gateway } = audience;
  const expected = new Array<number>(rooms.length).fill(0);
  const chosen = Array.from({ length: events }, () => {
    // A prime stride visits all rooms in another order than that of their subscriptions.
    audience.next = (audience.next + 7919) % rooms.length;
    expected[audience.next] = (expected[audience.next] ?? 0) + 1;
    return rooms[audience.next];
  });
  const cpu = await gateway.child.cpuOf(() =>
    crowd.during(expected, async () => {
      for (let i = 0; i < chosen.length; i += TOGETHER) {
        const messages = chosen.slice(i, i + TOGETHER).flatMap((room) => room?.events(1) ?? []);
        await stage.append(topic, messages);
      }
    }),
  );
  return cpu / events;
}

const schemaOn = (topics: readonly string[]): string => `
  type Query { ok: Boolean }
  type Subscription {
    ${topics.map((topic, i) => `saidTo${i}(room: ID!): Said! @subscribe(topic: "${topic}", filter: "event.room == args.room")`).join('\n    ')}
  }
  type Said { n: Int! room: ID! at: Float! text: String! }
`;
