import type { Child } from './child.js';
import type { Asked, AskersApi, Way, YogaApi } from './mutations/api.js';
import { profiled } from './profile.js';
import { type Row, rowOf } from './row.js';
import { type Options, type Services, Stage, topicName } from './stage.js';

const ROUNDS = 3;
const IN_FLIGHT = 200;

const schemaOn = (topic: string): string => `
  type Query { ok: Boolean }
  type Mutation { say(room: ID!, text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "args.room") }
  type Subscription { saidIn(room: ID!): Said! @subscribe(topic: "${topic}", key: "args.room") }
  type Said { room: ID! text: String! }
`;

/** One server, and how it fared in each round. */
interface Server {
  readonly url: string;
  readonly child: Child;
  readonly rounds: (Asked & { readonly cpu: number })[];
}

/**
 * Mutations that are all answered, 200 under way at any time: over as many HTTP connections, and over one
 * WebSocket. Against Yoga with one `producer.send` for each mutation on a topic of its own, and against the
 * same Yoga server whose resolver answers at once, in turns.
 */
export async function mutations(
  services: Services,
  scale: number,
  options: Options,
): Promise<readonly Row[]> {
  const [topic, other] = [topicName(), topicName()];
  await using stage = await Stage.open(services, schemaOn(topic));
  const gateway = await stage.processes.run('gateway');
  await stage.createTopic(other);
  const yoga = (name: string): Child => stage.child(name, './mutations/yoga.js');
  const [byHand, idle] = [yoga('Yoga and producer.send'), yoga('Yoga alone')];
  const askers = stage.child('askers', './mutations/askers.js');
  const handUrl = await byHand.ask<YogaApi, 'publishing'>('yoga', 'publishing', {
    brokers: services.KAFKA_BROKERS,
    topic: other,
  });
  const noopUrl = await idle.ask<YogaApi, 'nothing'>('yoga', 'nothing', undefined);

  const rows: Row[] = [];
  for (const way of ['http', 'websocket'] as const satisfies readonly Way[]) {
    const server = (url: string, child: Child): Server => ({ url, child, rounds: [] });
    const ours = server(`${gateway.url}/graphql`, gateway.child);
    const handwritten = server(handUrl, byHand);
    const noop = server(noopUrl, idle);
    const ask = async ({ url, child }: Server, during: number) => {
      const before = await child.usage();
      const asking = { url, way, inFlight: IN_FLIGHT, during };
      const asked = await askers.ask<AskersApi, 'ask'>('askers', 'ask', asking);
      const cpu = (await child.usage()).cpu - before.cpu;
      return { ...asked, cpu: (cpu * 1_000) / asked.count };
    };
    for (const one of [ours, handwritten, noop]) await ask(one, 2_000);
    const during = Math.max(3_000, Math.round(10_000 * scale));
    for (let round = 0; round < ROUNDS; round++) {
      const measured = (): ReturnType<typeof ask> => ask(ours, during);
      ours.rounds.push(await profiled(gateway.child, `mutations-${way}`, options, measured));
      handwritten.rounds.push(await ask(handwritten, during));
      noop.rounds.push(await ask(noop, during));
    }
    const of = (figure: keyof Server['rounds'][number], { rounds }: Server): number[] =>
      rounds.map((round) => round[figure]);
    const both = (figure: keyof Server['rounds'][number]) => ({
      handwritten: of(figure, handwritten),
      noop: of(figure, noop),
    });
    const goals = [
      { of: 'handwritten', atLeast: 5 },
      { of: 'noop', atLeast: 0.6 },
    ];
    rows.push(
      rowOf(`mutations ${way}`, 'per s', of('rate', ours), both('rate'), goals),
      rowOf(`mutations ${way}, p50`, 'ms', of('p50', ours), both('p50')),
      rowOf(`mutations ${way}, p99`, 'ms', of('p99', ours), both('p99'), [{ of: 'handwritten', atMost: 1 }]),
      rowOf(`mutations ${way}, CPU`, 'µs/mutation', of('cpu', ours), both('cpu')),
    );
  }
  return rows;
}
