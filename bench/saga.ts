import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { untilLive } from './metric.js';
import { Processes } from './processes.js';
import { type Goal, percentile, type Row, rowOf } from './row.js';
import { type Services, socketOf } from './stage.js';
import { type SagaRound, streamsSaga } from './streams-saga.js';

const ROOT = new URL('..', import.meta.url).pathname;
const ROUNDS = 3;
const IN_FLIGHT = 100;
const TOPICS = /\bshop\.(?=(orders|stock|payments|shipments|carts|products|notifications)\b)/g;
const PLACE =
  'mutation($input: PlaceOrder!) { placeOrder(input: $input) { __typename ... on Order { orderId } } }';
const NOTIFICATIONS = 'subscription { notifications { text } }';

/**
 * Orders of two lines through all services of the shop. Measures how many a second are shipped and notified, and the time
 * from `placeOrder` to its answer, that is until an order is reserved, paid and confirmed. The payment provider answers at
 * once, so it does not count. On Kafka, the same steps run as a Kafka Streams topology with exactly-once before.
 */
export async function saga(services: Services, scale: number): Promise<readonly Row[]> {
  const orders = Math.max(40, Math.round(1_000 * scale));
  const embedded = await measure('embedded', {}, ['start'], orders);
  const load = { orders, rounds: ROUNDS, inFlight: IN_FLIGHT };
  const streams = await streamsSaga(services.KAFKA_BROKERS, `bench-${randomUUID()}.`, load);
  const roles = ['gateway', 'relay', 'services'];
  return [...embedded, ...(await measure('kafka', { ...services }, roles, orders, streams))];
}

async function measure(
  name: string,
  services: Readonly<Record<string, string>>,
  roles: readonly string[],
  orders: number,
  streams?: readonly SagaRound[],
): Promise<readonly Row[]> {
  const group = `bench-${randomUUID()}`;
  const env = { ...services, CURSOR_SECRET: randomUUID(), NAMESPACE: group };
  await using processes = new Processes(shopOn(group), env);
  let url = '';
  for (const role of roles) {
    const at = await processes.start(role);
    url ||= at;
  }
  const client = createClient({
    url: socketOf(url),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { Authorization: 'Demo bench' },
  });
  try {
    const counter = new ShippedCounter(client);
    await untilLive([url], 1);
    await warm(client);
    await round(client, counter, IN_FLIGHT);
    const rounds: SagaRound[] = [];
    for (let i = 0; i < ROUNDS; i++) rounds.push(await round(client, counter, orders));
    const row = (
      figure: string,
      unit: string,
      of: (one: SagaRound) => number,
      goals: readonly Goal[] = [],
    ) => {
      const baselines = streams === undefined ? {} : { streams: streams.map(of) };
      return rowOf(`saga ${name} ${figure}`, unit, rounds.map(of), baselines, streams && goals);
    };
    return [
      row('orders', 'per s', (one) => one.perSecond, [{ of: 'streams', atLeast: 1 }]),
      row('confirmed p50', 'ms', (one) => percentile(one.latencies, 0.5)),
      row('confirmed p99', 'ms', (one) => percentile(one.latencies, 0.99)),
    ];
  } finally {
    await client.dispose();
  }
}

async function round(client: Client, counter: ShippedCounter, orders: number): Promise<SagaRound> {
  const latencies: number[] = [];
  const shipped = counter.shipped(orders);
  const start = performance.now();
  let left = orders;
  const customer = async (): Promise<void> => {
    while (left-- > 0) {
      const sent = performance.now();
      await place(client);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all([shipped, ...Array.from({ length: IN_FLIGHT }, customer)]);
  return { perSecond: (orders * 1_000) / (performance.now() - start), latencies };
}

/** Places orders until one is confirmed in time: by then the services have their partitions. */
async function warm(client: Client): Promise<void> {
  for (;;) {
    const answer = await place(client).catch((error: unknown) => String(error));
    if (answer === undefined) return;
    if (!answer.includes('OUTCOME_PENDING')) throw new Error(answer);
  }
}

function place(client: Client): Promise<void> {
  const lines = [
    { sku: 'flour-rye', quantity: 2 },
    { sku: 'oats', quantity: 1 },
  ];
  return new Promise((resolve, reject) => {
    client.subscribe<{ placeOrder: { __typename: string } }>(
      { query: PLACE, variables: { input: { orderId: randomUUID(), lines } } },
      {
        next: (answer) => {
          if (answer.data?.placeOrder.__typename !== 'Order') reject(new Error(JSON.stringify(answer)));
        },
        error: (error) => reject(error instanceof Error ? error : new Error(JSON.stringify(error))),
        complete: resolve,
      },
    );
  });
}

/** Counts the notifications that an order was shipped. */
class ShippedCounter {
  #wanted = 0;
  #enough: () => void = () => undefined;
  #failed: (error: unknown) => void = () => undefined;

  constructor(client: Client) {
    client.subscribe<{ notifications: { text: string } }>(
      { query: NOTIFICATIONS },
      {
        next: ({ data }) => {
          if (data?.notifications.text.includes('on its way') && --this.#wanted === 0) this.#enough();
        },
        error: (error) => this.#failed(error),
        complete: () => this.#failed(new Error('The notifications ended')),
      },
    );
  }

  shipped(count: number): Promise<void> {
    this.#wanted = count;
    return new Promise((resolve, reject) => {
      this.#enough = resolve;
      this.#failed = reject;
    });
  }
}

/** The shop with topics of its own, unlimited stock, and a payment provider that answers at once. */
function shopOn(group: string): Readonly<Record<string, string>> {
  const sources = readdirSync(join(ROOT, 'src/shop')).map((name) => join('src/shop', name));
  const files = [...sources, 'schema/shop.graphql'].map((name) => [
    name,
    readFileSync(join(ROOT, name), 'utf8')
      .replace(TOPICS, `${group}.`)
      .replace(/opening: \d+/g, 'opening: 1_000_000_000'),
  ]);
  return {
    ...Object.fromEntries(files),
    'package.json': '{ "type": "module" }',
    'millrace.config.ts': `import { shop } from './src/shop/shop.js';
export default shop({ simulation: { slow: 0, fails: 0, loses: 0 } });`,
  };
}
