import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Topology } from '../../src/topology/topology.js';
import { type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { run } from '../support/run.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import {
  ask,
  CANCEL,
  CHECK_OUT,
  COLLECT,
  eventsUntil,
  field,
  follow,
  PLACE,
  SET_LINE,
  settled,
} from '../support/shop-client.js';
import { type ShopFolder, shopFolder } from '../support/shop-folder.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;

const FOLLOW = `subscription($orderId: ID!) {
  orderEvents(orderId: $orderId, snapshot: true) { __typename ... on Order { status } }
}`;
const CHANGE_PRICE = `mutation($sku: ID!) {
  changePrice(sku: $sku, price: { amount: 1, currency: "EUR" }) { __typename }
}`;
const STATUS = new Map([
  ['OrderPlaced', 'PLACED'],
  ['OrderConfirmed', 'CONFIRMED'],
  ['ReadyForPickup', 'READY_FOR_PICKUP'],
]);

describe.each([
  ['on its embedded log', () => ({})],
  ['on Kafka and Redis', () => ({ KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl() })],
])('the shop %s', (_where, services) => {
  let folder: ShopFolder;
  let shop: GatewayProcess;
  beforeAll(async () => {
    const name = uniqueName('shop');
    folder = await shopFolder(name);
    const env = { ...services(), CURSOR_SECRET: 'a secret for all the nodes', NAMESPACE: name };
    shop = await startProcess(['start'], { cwd: folder.path, env });
  });
  afterAll(async () => {
    await shop?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const place = (who: string, lines: readonly [sku: string, quantity: number][], more: object = {}) => {
    const orderId = randomUUID();
    const input = { orderId, lines: lines.map(([sku, quantity]) => ({ sku, quantity })), ...more };
    return field(shop.url, who, PLACE, { input }).then((answer) => ({ orderId, answer }));
  };

  it('an order of several lines is confirmed, shipped, and gone from the shelf', async () => {
    const since = new Date();
    const { orderId, answer } = await place('ada', [
      ['oats', 3],
      ['flour-rye', 2],
      ['basket', 1],
    ]);
    expect(answer).toMatchObject({
      __typename: 'Order',
      orderId,
      customerId: 'ada',
      status: 'CONFIRMED',
      total: { amount: 3 * 219 + 2 * 349 + 1890, currency: 'EUR' },
    });
    const seen = await eventsUntil(shop.url, orderId, 'OrderShipped');
    expect(seen.filter((type) => type === 'StockReserved')).toHaveLength(3);
    expect(seen.filter((type) => type !== 'StockReserved')).toEqual([
      'OrderPlaced',
      'PaymentCharged',
      'OrderConfirmed',
      'OrderShipped',
    ]);
    expect(await settled(shop.url, 'oats', 3, since)).toBe(397);
  });

  it('an order that is out of stock names the SKU and releases the rest', async () => {
    const since = new Date();
    const { answer } = await place('ada', [
      ['sourdough', 2],
      ['millstone', 4],
    ]);
    expect(answer).toMatchObject({ __typename: 'OutOfStock', sku: 'millstone', wanted: 4, available: 3 });
    expect(await settled(shop.url, 'sourdough', 2, since)).toBe(120);
  });

  it('an order whose payment is declined says so, and its stock is released', async () => {
    const since = new Date();
    const { orderId, answer } = await place('broke', [['flour-spelt', 5]]);
    expect(answer).toMatchObject({ __typename: 'PaymentDeclined' });
    expect(await settled(shop.url, 'flour-spelt', 5, since)).toBe(300);
    expect((await eventsUntil(shop.url, orderId, 'OrderRejected')).slice(-2)).toEqual([
      'PaymentDeclined',
      'OrderRejected',
    ]);
  });

  it('cancelling an order that waits for pickup refunds it, and cancelling a shipped one is refused', async () => {
    const since = new Date();
    const { orderId } = await place('ada', [['flour-rye', 7]], { delivery: 'PICKUP' });
    await eventsUntil(shop.url, orderId, 'ReadyForPickup');
    expect(await field(shop.url, 'eve', CANCEL, { orderId })).toMatchObject({ code: 'NO_SUCH_ORDER' });
    expect(await field(shop.url, 'ada', CANCEL, { orderId })).toEqual({ __typename: 'CancelAccepted' });
    const seen = await eventsUntil(shop.url, orderId, 'OrderCancelled');
    expect(seen.slice(-3)).toEqual(['CancelAccepted', 'PaymentRefunded', 'OrderCancelled']);
    expect(await settled(shop.url, 'flour-rye', 7, since)).toBe(498);

    const sent = await place('ada', [['flour-rye', 1]]);
    await eventsUntil(shop.url, sent.orderId, 'OrderShipped');
    expect(await field(shop.url, 'ada', CANCEL, { orderId: sent.orderId })).toEqual({
      __typename: 'CancelRefused',
      code: 'ALREADY_SHIPPED',
    });
  });

  it('D2 a subscription starts with the current order and continues with exactly the later events', async () => {
    const { orderId } = await place('ada', [['oats', 1]], { delivery: 'PICKUP' });
    let answer: Promise<unknown> | undefined;
    const [state, ...steps] = await follow(shop.url, FOLLOW, { orderId }, (all) => {
      answer ??= field(shop.url, 'ada', CANCEL, { orderId });
      return all.at(-1)?.['__typename'] === 'OrderCancelled';
    });
    expect(await answer).toEqual({ __typename: 'CancelAccepted' });
    const whole = await eventsUntil(shop.url, orderId, 'OrderCancelled');
    const before = whole.slice(0, -steps.length);
    expect([...before, ...steps.map(({ __typename }) => __typename)]).toEqual(whole);
    const statuses = before.flatMap((type) => STATUS.get(type) ?? []);
    expect(state).toEqual({ __typename: 'Order', status: statuses.at(-1) });
  });

  it('an order too large for a parcel is rejected at the last step, and all earlier steps are compensated', async () => {
    const { answer, orderId } = await place('ada', [['flour-spelt', 201]]);
    expect(answer).toMatchObject({ __typename: 'Order' });
    const seen = await eventsUntil(shop.url, orderId, 'OrderRejected');
    expect(seen.slice(-2)).toEqual(['PaymentRefunded', 'OrderRejected']);
  });

  it.each([
    ['an unknown SKU', [['gold', 1]], {}, { __typename: 'UnknownProduct', sku: 'gold' }],
    ['a quantity of zero', [['oats', 0]], {}, { __typename: 'InvalidQuantity', sku: 'oats' }],
    ['a negative quantity', [['oats', -1]], {}, { __typename: 'InvalidQuantity', sku: 'oats' }],
    ['no lines', [], {}, { __typename: 'InvalidOrder', code: 'NO_LINES' }],
    [
      'two currencies',
      [
        ['oats', 1],
        ['voucher', 1],
      ],
      {},
      { __typename: 'CurrencyMismatch' },
    ],
    ['another currency', [['oats', 1]], { currency: 'USD' }, { __typename: 'CurrencyMismatch' }],
  ] as const)(
    'an order with %s is answered with a member of the union, and not placed',
    async (_what, wanted, more, expected) => {
      const { orderId, answer } = await place(
        'ada',
        wanted.map(([sku, quantity]) => [sku, quantity]),
        more,
      );
      expect(answer).toMatchObject({ ...expected, reason: expect.any(String) });
      // The order id is still free, so nothing was placed.
      const lines = [{ sku: 'oats', quantity: 1 }];
      const second = await field(shop.url, 'ada', PLACE, { input: { orderId, lines } });
      expect(second).toMatchObject({ __typename: 'Order' });
    },
  );

  it('invalid order ids and endless reasons reach no log and block nobody', async () => {
    const who = `mallory-${randomUUID().slice(0, 8)}`;
    await field(shop.url, who, SET_LINE, { sku: 'oats', quantity: 1 });
    const lines = [{ sku: 'oats', quantity: 1 }];
    for (const orderId of ['\ud800', 'o'.repeat(101), 'o'.repeat(400_000), '\u4e00'.repeat(2_000)]) {
      for (const [query, variables] of [
        [PLACE, { input: { orderId, lines } }],
        [CHECK_OUT, { input: { orderId } }],
        [CANCEL, { orderId }],
      ] as const) {
        const { errors } = await ask(shop.url, who, query, variables);
        expect(errors?.map(({ extensions }) => Object(extensions).code)).toEqual(['EVENT_INVALID']);
      }
    }
    for (const [by, query, variables] of [
      [who, CANCEL, { orderId: 'o', reason: 'x'.repeat(1_001) }],
      ['staff', COLLECT, { orderId: 'o'.repeat(101) }],
      ['staff', CHANGE_PRICE, { sku: 'x'.repeat(51) }],
    ] as const) {
      const { errors } = await ask(shop.url, by, query, variables);
      expect(errors?.map(({ extensions }) => Object(extensions).code)).toEqual(['EVENT_INVALID']);
    }
    expect(await field(shop.url, who, CHECK_OUT, { input: { orderId: randomUUID() } })).toMatchObject({
      __typename: 'Order',
    });
  });

  it('D1 the same idempotency key is the same order, and an order id is used once', async () => {
    const orderId = randomUUID();
    const input = { orderId, lines: [{ sku: 'oats', quantity: 1 }] };
    const once = { input, key: randomUUID() };
    const [first, second] = await Promise.all([
      field(shop.url, 'ada', PLACE, once),
      field(shop.url, 'ada', PLACE, once),
    ]);
    expect(first).toMatchObject({ __typename: 'Order' });
    expect(second).toEqual(first);
    expect(await field(shop.url, 'eve', PLACE, { input })).toMatchObject({ __typename: 'OrderIdTaken' });
  });

  it('a cart becomes one order, and is closed meanwhile', async () => {
    const who = `carl-${randomUUID().slice(0, 8)}`;
    const checkOut = () => field(shop.url, who, CHECK_OUT, { input: { orderId: randomUUID() } });
    expect(await checkOut()).toEqual({ __typename: 'CheckOutRefused', code: 'CART_EMPTY' });
    await field(shop.url, who, SET_LINE, { sku: 'oats', quantity: 9 });
    expect(await field(shop.url, who, SET_LINE, { sku: 'oats', quantity: 2 })).toMatchObject({
      __typename: 'Cart',
      lines: [{ sku: 'oats', quantity: 2 }],
      total: { amount: 438 },
    });
    expect(await field(shop.url, who, SET_LINE, { sku: 'voucher', quantity: 1 })).toEqual({
      __typename: 'CartRefused',
      code: 'CURRENCY_MISMATCH',
    });
    const both = await Promise.all([checkOut(), checkOut()]);
    expect(both.map((answer) => answer['code'] ?? answer['__typename']).sort()).toEqual([
      'CART_CLOSED',
      'Order',
    ]);
  });
});

it('`map --live` draws what the services of the shop publish, and `trace` shows what followed from an order', async () => {
  const name = uniqueName('map');
  await using folder = await shopFolder(name);
  const env = { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: name };
  const cwd = folder.path;
  await using shop = await startProcess(['start'], { cwd, env });
  const orderId = randomUUID();
  await field(shop.url, 'ada', PLACE, { input: { orderId, lines: [{ sku: 'oats', quantity: 1 }] } });
  await eventsUntil(shop.url, orderId, 'OrderShipped');

  const drawn = await run(process.execPath, [MAIN, 'map', '--live', '--format', 'json'], { cwd, env });
  expect(drawn).toMatchObject({ code: 0, stderr: '' });
  const { edges } = JSON.parse(drawn.stdout) as Topology;
  const published = edges.flatMap(({ kind, from, to, types }) =>
    kind === 'publishes' && !from.startsWith('mutation:')
      ? types.map((type) => `${from} ${type} ${to.replace(name, 'shop')}`)
      : [],
  );
  expect(published).toEqual(
    expect.arrayContaining([
      'producer:/gateway OrderPlaced topic:shop.orders',
      'service:inventory StockReserved topic:shop.orders',
      'service:notification Notified topic:shop.notifications',
      'service:order ChargePayment topic:shop.payments',
      'service:payment PaymentCharged topic:shop.orders',
      'service:shipping OrderShipped topic:shop.orders',
    ]),
  );

  const traced = await run(process.execPath, [MAIN, 'trace', orderId], { cwd, env });
  expect(traced).toMatchObject({ code: 0, stderr: expect.stringContaining('From cause to effect') });
  const steps = traced.stdout.split('\n').map((line) => line.replace(/^ *\+\d+ ms {2}( *\w+).*/, '$1'));
  expect(steps).toEqual(
    expect.arrayContaining([
      'OrderPlaced',
      '  ReserveStock',
      '    StockReserved',
      '      ChargePayment',
      '        PaymentCharged',
      '          OrderConfirmed',
    ]),
  );
}, 240_000);
