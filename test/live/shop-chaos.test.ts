import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { decodeRecord } from '../../src/core/envelope/decode.js';
import { partition as partitionOf, topic as topicOf } from '../../src/core/ids.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { CATALOGUE, openingStock } from '../../src/shop/catalogue.js';
import { type Booking, simulatedProvider } from '../../src/shop/simulated-payment-provider.js';
import { chanceOf } from '../support/chance.js';
import { type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import {
  type Answer,
  ask,
  CANCEL,
  CHECK_OUT,
  COLLECT,
  eventsUntil,
  PLACE,
  SET_LINE,
} from '../support/shop-client.js';
import { shopFolder } from '../support/shop-folder.js';
import { type Said, violations } from '../support/shop-invariants.js';

const SERVICES = ['catalogue', 'cart', 'order', 'inventory', 'payment', 'shipping', 'notification'];
/** The services that are killed, and the view that prices are read from. */
const PARTS = [...SERVICES, 'prices'];
const ORDERS = 60;
const KILLS = 2;
const ENDS = ['OrderShipped', 'OrderRejected', 'OrderCancelled'];
interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
}

describe('the shop, each of its services a process of its own', () => {
  it('D1 no order is stuck, nothing is oversold, nobody is charged twice and stock adds up when each service is killed twice at any moment', async () => {
    const seed = Number(process.env['SHOP_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    console.log(`SHOP_SEED=${seed}`);
    const chance = chanceOf(seed);
    const booked: Booking[] = [];
    await using provider = await simulatedProvider({
      slow: 150,
      fails: 0.2,
      loses: 0.2,
      random: () => chance(1_000) / 1_000,
      onBooking: (one) => booked.push(one),
    });
    const name = uniqueName('chaos');
    await using folder = await shopFolder(name);
    const env = {
      KAFKA_BROKERS: kafkaBrokers().join(','),
      REDIS_URL: redisUrl(),
      CURSOR_SECRET: 'a secret for all the nodes',
      NAMESPACE: name,
      TOPIC_PARTITIONS: '2',
      // A killed member keeps its partitions for this long.
      KAFKA_SESSION_TIMEOUT_MS: '6000',
      PAYMENT_URL: provider.url,
      // The view's worker is killed as well.
      VIEW_DEADLINE_MS: '60000',
    };
    const start = (...args: string[]) => startProcess(args, { cwd: folder.path, env });
    await using gateway = await start('gateway');
    await using _relay = await start('relay');
    const running = new Map<string, GatewayProcess>();
    let killing: readonly Promise<void>[] = [];
    try {
      for (const service of PARTS) running.set(service, await start('services', service));

      const pickups = new Set<string>();
      /** Fills a cart. @returns a function that checks it out */
      const cartOf = async (
        who: string,
        lines: readonly OrderLine[],
        input: { readonly orderId: string; readonly delivery: string },
      ) => {
        for (const [n, line] of lines.entries())
          onlyLate(await ask(gateway.url, who, SET_LINE, { ...line, key: `${input.orderId} line ${n}` }));
        return () => ask(gateway.url, who, CHECK_OUT, { input, key: input.orderId });
      };
      const placing = Array.from({ length: ORDERS }, async (_, i) => {
        // All random choices come before the first await, so that a seed repeats them.
        const [at, customer, parcel, cancelAt] = [chance(20_000), chance(6), chance(5), chance(3_000)];
        const cancels = chance(6) === 0;
        const drawn = Array.from({ length: 1 + chance(3) }, () => ({
          sku: CATALOGUE[chance(CATALOGUE.length - 1)]?.sku ?? '',
          quantity: 1 + chance(6),
        }));
        const orderId = `${i}-${randomUUID()}`;
        const regretted = i < 4; // Cancelled once they are paid.
        const lines = regretted ? [{ sku: 'oats', quantity: 1 }] : drawn;
        const delivery = parcel === 0 || regretted ? 'PICKUP' : 'PARCEL';
        if (delivery === 'PICKUP') pickups.add(orderId);
        const fromCart = !regretted && i % 3 === 0;
        await sleep(at); // Spreads the orders over the time in which services are killed.
        const who = i === 4 || (customer === 0 && !regretted) ? 'broke' : `customer-${customer}`;
        const buy = fromCart
          ? await cartOf(`${who}-${i}`, lines, { orderId, delivery })
          : () => ask(gateway.url, who, PLACE, { input: { orderId, lines, delivery }, key: orderId });
        const placed = buy();
        const cancel = () => ask(gateway.url, fromCart ? `${who}-${i}` : who, CANCEL, { orderId });
        if (cancels && !regretted) {
          await sleep(cancelAt);
          await cancel();
        }
        const answer = await placed;
        onlyLate(answer);
        if (regretted) {
          await eventsUntil(gateway.url, orderId, 'ReadyForPickup');
          await cancel();
        }
        const again = await buy();
        // The outcome that was late may be there now.
        if (answer.errors === undefined) expect(again).toEqual(answer);
        else onlyLate(again);
        return orderId;
      });
      killing = PARTS.map(async (service) => {
        for (let kill = 0; kill < KILLS; kill++) {
          await sleep(chance(9_000));
          await running.get(service)?.kill('SIGKILL');
          running.set(service, await start('services', service));
        }
      });
      const [placed] = await Promise.all([Promise.all(placing), Promise.all(killing)]);
      expect(new Set(placed).size).toBe(ORDERS);
      for (const orderId of pickups) await ask(gateway.url, 'staff', COLLECT, { orderId });

      const life = new AbortController();
      await using log = await openKafkaLog(
        { brokers: kafkaBrokers(), clientId: 'millrace-test' },
        life.signal,
      );
      const topics = ['shop.orders', 'shop.stock', 'shop.carts'].map(folder.topic);
      const wrong = async (): Promise<readonly string[]> => {
        const said = await everything(log, topics);
        // A pickup that was confirmed meanwhile.
        for (const { type, key } of said)
          if (type === 'ReadyForPickup') await ask(gateway.url, 'staff', COLLECT, { orderId: key });
        const found = violations(said, { opening: openingStock, booked: bookings(booked) });
        const stuck =
          ORDERS - new Set(said.flatMap(({ type, key }) => (type === 'OrderPlaced' ? [key] : []))).size;
        return [...(stuck > 0 ? [`${stuck} orders never arrived`] : []), ...found, ...twice(said)];
      };
      await expect.poll(wrong, { timeout: 120_000, interval: 1_000 }).toEqual([]);
      // Checks again: the shop is idle, so nothing changes any more.
      const said = await everything(log, topics);
      const kinds = new Set(said.map(({ type }) => type));
      for (const type of [...ENDS, 'PaymentDeclined', 'PaymentRefunded', 'CheckOutRequested'])
        expect(kinds).toContain(type);
    } finally {
      await Promise.allSettled(killing); // They start processes.
      for (const one of running.values()) await one[Symbol.asyncDispose]();
    }
  }, 240_000);
});

/** Retries while services are down: this test checks results, not times. */
function onlyLate({ errors }: Answer): void {
  const codes = errors?.map(({ extensions }) => Object(extensions).code);
  expect(codes ?? ['OUTCOME_PENDING']).toEqual(['OUTCOME_PENDING']);
}

function bookings(booked: readonly Booking[]) {
  return booked.map(({ key, declined }) => [key, !declined] as const);
}

/** Each input acts once: none of these events occurs twice for an order. */
function twice(said: readonly Said[]): readonly string[] {
  const once = ['StockReserved', 'StockRefused', 'PaymentCharged', 'PaymentDeclined', 'PaymentRefunded'];
  const seen = new Set<string>();
  return said.flatMap(({ type, key, data }) => {
    if (![...once, 'OrderConfirmed', ...ENDS].includes(type)) return [];
    const name = `${type} ${key} ${String(data?.['sku'] ?? '')}`;
    if (seen.has(name)) return [`${name} was said twice`];
    seen.add(name);
    return [];
  });
}

/** Every committed event of these topics, in the order of topic, partition and offset. */
async function everything(log: EventLog, topics: readonly string[]): Promise<readonly Said[]> {
  const said: Said[] = [];
  const signal = AbortSignal.timeout(60_000);
  for (const name of topics.map(topicOf)) {
    for (const [index, { earliest, end }] of (await log.bounds(name, signal)).entries()) {
      if (end <= earliest) continue;
      const partition = partitionOf(index);
      for await (const batch of log.read({ topic: name, partition, from: earliest, until: end }, signal)) {
        for (const record of batch.records) {
          const decoded = decodeRecord(record, { kind: 'CLOUDEVENTS' }, { topic: name, partition });
          if (!decoded.ok) throw new Error(decoded.reason);
          const { type, subject, data } = decoded.event;
          said.push({ topic: name, type, key: subject, data: data && JSON.parse(data.toString('utf8')) });
        }
      }
    }
  }
  return said;
}
