import type { Child } from './child.js';
import type { MutationFigures, MutationTransport, MutatorApi, YogaApi } from './mutations/api.js';
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

/** A server, and its figures of each round. */
interface MeasuredServer {
  readonly url: string;
  readonly child: Child;
  readonly rounds: (MutationFigures & { readonly cpu: number })[];
}

/**
 * Mutations with 200 in flight, over as many HTTP connections, and over one WebSocket. The baselines, in alternating rounds,
 * are Yoga with one `producer.send` for each mutation on a topic of its own, and the same Yoga server with a resolver that
 * answers at once.
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
  const mutator = stage.child('mutator', './mutations/mutator.js');
  const handUrl = await byHand.call<YogaApi, 'publishing'>('yoga', 'publishing', {
    brokers: services.KAFKA_BROKERS,
    topic: other,
  });
  const noopUrl = await idle.call<YogaApi, 'nothing'>('yoga', 'nothing', undefined);

  const rows: Row[] = [];
  for (const transport of ['http', 'websocket'] as const satisfies readonly MutationTransport[]) {
    const server = (url: string, child: Child): MeasuredServer => ({ url, child, rounds: [] });
    const ours = server(`${gateway.url}/graphql`, gateway.child);
    const handwritten = server(handUrl, byHand);
    const noop = server(noopUrl, idle);
    const measure = async ({ url, child }: MeasuredServer, durationMs: number) => {
      const before = await child.usage();
      const load = { url, transport, inFlight: IN_FLIGHT, durationMs };
      const figures = await mutator.call<MutatorApi, 'run'>('mutator', 'run', load);
      const cpu = (await child.usage()).cpu - before.cpu;
      return { ...figures, cpu: (cpu * 1_000) / figures.count };
    };
    for (const one of [ours, handwritten, noop]) await measure(one, 2_000);
    const durationMs = Math.max(3_000, Math.round(10_000 * scale));
    for (let round = 0; round < ROUNDS; round++) {
      const measured = (): ReturnType<typeof measure> => measure(ours, durationMs);
      ours.rounds.push(await profiled(gateway.child, `mutations-${transport}`, options, measured));
      handwritten.rounds.push(await measure(handwritten, durationMs));
      noop.rounds.push(await measure(noop, durationMs));
    }
    const of = (figure: keyof MeasuredServer['rounds'][number], { rounds }: MeasuredServer): number[] =>
      rounds.map((round) => round[figure]);
    const both = (figure: keyof MeasuredServer['rounds'][number]) => ({
      handwritten: of(figure, handwritten),
      noop: of(figure, noop),
    });
    const goals = [
      { of: 'handwritten', atLeast: 5 },
      { of: 'noop', atLeast: 0.6 },
    ];
    rows.push(
      rowOf(`mutations ${transport}`, 'per s', of('rate', ours), both('rate'), goals),
      rowOf(`mutations ${transport}, p50`, 'ms', of('p50', ours), both('p50')),
      rowOf(`mutations ${transport}, p99`, 'ms', of('p99', ours), both('p99'), [
        { of: 'handwritten', atMost: 1 },
      ]),
      rowOf(`mutations ${transport}, CPU`, 'µs/mutation', of('cpu', ours), both('cpu')),
    );
  }
  return rows;
}
