import { expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createClient } from '../../clients/ts/src/index.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const WAIT = { timeout: 40_000, interval: 50 };

const schemaOn = (topic: string) => `
  type Query { ok: Boolean }
  type Mutation { say(text: String!): Published! @publish(topic: "${topic}", type: "Said", key: "'k'") }
  type Subscription { said: Said! @subscribe(topic: "${topic}", filter: "event.text != 'secret'") }
  type Said { text: String! }
`;
const LIFE = `subscription ($id: String!) {
  life(id: $id) { events { topic partition offset type } reading }
}`;
const DELIVERIES = `query ($positions: [LifePosition!]!) {
  lifeDeliveries(positions: $positions) {
    nodes { id isSelf }
    silent
    steps { node kind field clients }
  }
}`;

interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}
interface Deliveries {
  readonly nodes: readonly { readonly id: string; readonly isSelf: boolean }[];
  readonly silent: readonly string[];
  readonly steps: readonly {
    readonly node: string;
    readonly kind: string;
    readonly clients: number | null;
  }[];
}

async function post<Data>(
  url: string,
  query: string,
  variables: object,
  headers: object = {},
): Promise<Data> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { readonly data: Data; readonly errors?: unknown };
  expect(errors).toBeUndefined();
  return data;
}

it('C1 every node says what it did with an event: who relayed it, who delivered it to how many clients, who left it out; a killed node is named, then gone', async () => {
  const topic = uniqueName('life');
  await using folder = await folderOf({ 'schema/a.graphql': schemaOn(topic) });
  const env = {
    KAFKA_BROKERS: kafkaBrokers().join(','),
    REDIS_URL: redisUrl(),
    NAMESPACE: topic,
    CURSOR_SECRET: 'a secret of sixteen',
    LOG_LEVEL: 'silent',
  };
  const start = async (role: string) => {
    const process = await startProcess([role], { cwd: folder.path, env });
    onTestFinished(() => process.kill('SIGKILL'));
    return process;
  };
  const [one, two] = await Promise.all([start('gateway'), start('gateway'), start('relay')]);

  const heard: string[] = [];
  const follow = (url: string) => {
    const client = createClient({ url: `${url}/graphql`, webSocket: WebSocket });
    onTestFinished(() => client.close());
    const steps = client.subscribe<{ said: { text: string } }>('subscription { said { text } }');
    steps.observe({ next: ({ data }) => void heard.push(data?.said.text ?? '') });
    return steps;
  };
  const followers = [follow(one.url), follow(one.url), follow(two.url)];
  await vi.waitFor(
    () => expect(followers.map(({ resumable }) => resumable)).toEqual([true, true, true]),
    WAIT,
  );

  const say = (text: string, key: string) =>
    post(
      `${two.url}/graphql`,
      'mutation ($text: String!) { say(text: $text) { offset } }',
      { text },
      { 'idempotency-key': key },
    );
  await say('hello', 'key-1');
  await say('secret', 'key-2');
  await vi.waitFor(() => expect(heard).toEqual(['hello', 'hello', 'hello']), WAIT);

  const reader = createClient({ url: `${one.url}/console/graphql`, webSocket: WebSocket });
  onTestFinished(() => reader.close());
  const positionOf = async (id: string): Promise<Position> => {
    type Life = { life: { events: readonly (Position & { readonly type: string })[] } };
    const found = [];
    for await (const { data } of reader.subscribe<Life>(LIFE, { variables: { id } }))
      found.push(...(data?.life.events ?? []));
    expect(found).toMatchObject([{ topic, type: 'Said' }]);
    const [{ partition, offset } = { partition: 0, offset: 0 }] = found;
    return { topic, partition, offset };
  };
  const deliveriesOf = async (at: Position) =>
    (
      await post<{ lifeDeliveries: Deliveries }>(`${one.url}/console/graphql`, DELIVERIES, {
        positions: [at],
      })
    ).lifeDeliveries;

  // By the idempotency keys: the log says which events they published.
  const shown = await positionOf('key-1');
  let answer: Deliveries | undefined;
  await vi.waitFor(async () => {
    answer = await deliveriesOf(shown);
    expect(answer.nodes).toHaveLength(3);
  }, WAIT);
  const selfId = answer?.nodes.find(({ isSelf }) => isSelf)?.id ?? '';
  const clientsBy = (steps: Deliveries['steps']) =>
    steps.filter(({ kind }) => kind === 'SHOWN').map(({ node, clients }) => [node === selfId, clients]);
  expect(new Map(clientsBy(answer?.steps ?? []) as [boolean, number][])).toEqual(
    new Map([
      [true, 2],
      [false, 1],
    ]),
  );
  const relayed = answer?.steps.filter(({ kind }) => kind === 'RELAYED') ?? [];
  expect(relayed).toHaveLength(1);
  const gateways = answer?.steps.filter(({ kind }) => kind === 'SHOWN').map(({ node }) => node);
  expect(gateways).not.toContain(relayed[0]?.node);

  const secret = await deliveriesOf(await positionOf('key-2'));
  expect(secret.steps.map(({ kind }) => kind).sort()).toEqual(['RECEIVED', 'RECEIVED', 'RELAYED']);

  const otherId = gateways?.find((node) => node !== selfId);
  await two.kill('SIGKILL');
  const after = await deliveriesOf(shown);
  expect(after.silent).toEqual([otherId]);
  expect(clientsBy(after.steps)).toEqual([[true, 2]]);
  await vi.waitFor(async () => expect((await deliveriesOf(shown)).silent).toEqual([]), WAIT);
});
