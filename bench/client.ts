import type { Child } from './child.js';
import type { ClientApi, Library } from './client/api.js';
import { untilLive } from './metric.js';
import { NumberedRoom } from './numbered-room.js';
import { profiled } from './profile.js';
import { type Row, rowOf } from './row.js';
import { type Options, SAID, SAID_IN, type Services, Stage, topicName } from './stage.js';

const ROUNDS = 5;
/** Handled events of a round, over all subscriptions. */
const EVENTS = 40_000;
/** What fits into one request to Kafka. */
const BATCH = 1_000;
const KIB = 1_024;

/**
 * What the client library costs the application: CPU for each event handled, events a second, and memory for each
 * subscription, with one subscription and with 1,000 on one client. It has a store, checks duplicates and shows states. The
 * baseline is a bare `graphql-ws` client, which does none of this, on the same gateway and in a process of its own.
 */
export async function client(services: Services, scale: number, options: Options): Promise<readonly Row[]> {
  const topic = topicName();
  await using stage = await Stage.open(services, SAID(topic));
  const gateway = await stage.gatewayAndRelay();
  const rows: Row[] = [];
  let live = 0;
  for (const subscriptions of [1, 1_000]) {
    const open = async (library: Library): Promise<Subject> => {
      const child = stage.child(library, './client/main.js', {}, [library]);
      const room = new NumberedRoom();
      const before = await child.collected();
      const spec = { url: `${gateway.url}/graphql`, room: room.name, query: SAID_IN, count: subscriptions };
      await child.call<ClientApi, 'subscribe'>('client', 'subscribe', spec);
      live += subscriptions;
      await untilLive([gateway.url], live);
      const burst = async (events: number): Promise<Burst> => {
        const { cpu } = await child.usage();
        const handled = child.call<ClientApi, 'handle'>('client', 'handle', events * subscriptions);
        for (let left = events; left > 0; left -= BATCH)
          await stage.append(topic, room.events(Math.min(left, BATCH)));
        const { tookMs, events: count } = await handled;
        const after = await child.usage();
        return { cpu: ((after.cpu - cpu) * 1_000) / count, rate: (count * 1_000) / tookMs };
      };
      // What the first events allocate and compile is not what a subscription costs.
      await burst(10);
      const memory = ((await child.collected()).heap - before.heap) / KIB / subscriptions;
      return { child, burst, memory };
    };
    const [ours, theirs] = [await open('millrace-client'), await open('graphql-ws')];
    const events = Math.max(10, Math.round((EVENTS * scale) / subscriptions));
    for (const { burst } of [ours, theirs]) await burst(events);
    const all = { ours: [] as Burst[], graphqlWs: [] as Burst[] };
    for (let round = 0; round < ROUNDS; round++) {
      all.ours.push(await profiled(ours.child, `client-${subscriptions}`, options, () => ours.burst(events)));
      all.graphqlWs.push(await theirs.burst(events));
    }
    const name = `client, ${subscriptions} subscription${subscriptions === 1 ? '' : 's'}`;
    const figures = (of: keyof Burst) =>
      [all.ours.map((burst) => burst[of]), all.graphqlWs.map((burst) => burst[of])] as const;
    const [cpu, bareCpu] = figures('cpu');
    const [rate, bareRate] = figures('rate');
    rows.push(
      rowOf(`${name}, CPU`, 'µs/event', cpu, { graphqlWs: bareCpu }, [{ of: 'graphqlWs', atMost: 1.3 }]),
    );
    // With one subscription, Kafka's producer is the limit for both clients.
    if (subscriptions > 1)
      rows.push(
        rowOf(name, 'events/s', rate, { graphqlWs: bareRate }),
        rowOf(`${name}, heap`, 'KiB each', [ours.memory], { graphqlWs: [theirs.memory] }),
      );
  }
  return rows;
}

interface Burst {
  /** Microseconds of the client's CPU for each event that it handled. */
  readonly cpu: number;
  /** Events a second, from the first one handled to the last. */
  readonly rate: number;
}

interface Subject {
  readonly child: Child;
  /** Appends so many events, and resolves once each subscription has handled them. */
  burst(events: number): Promise<Burst>;
  /** KiB of live heap for each subscription. */
  readonly memory: number;
}
