import fc from 'fast-check';
import type { OutgoingEvent } from 'millrace';
import { describe, expect, it } from 'vitest';
import type { CartState } from '../../src/shop/cart.js';
import { carts, orders, payments, shipments, stock } from '../../src/shop/topics.js';
import { chanceOf } from '../support/chance.js';
import { violations } from '../support/shop-invariants.js';
import { Saga } from './saga.js';

const unitPrice = { amount: 349, currency: 'EUR' };
const seldom = (one: number) => fc.nat(one).map((n) => n === 0);

const wish = fc.record({
  lines: fc.uniqueArray(
    fc.record({ sku: fc.constantFrom('rye', 'spelt', 'oats'), quantity: fc.integer({ min: 1, max: 4 }) }),
    { minLength: 1, maxLength: 3, selector: ({ sku }) => sku },
  ),
  delivery: fc.constantFrom('PARCEL' as const, 'PICKUP' as const),
  tooHeavy: seldom(6),
  declined: seldom(3),
  cancels: fc.nat(2),
  fromCart: fc.boolean(),
  idTwice: seldom(4),
});

const shop = fc.record({
  wishes: fc.array(wish, { minLength: 1, maxLength: 6 }),
  // Too little for some orders, or enough even for parcels that are too heavy.
  opening: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constant(1_500)),
  seed: fc.integer(),
});
type Shop = typeof shop extends fc.Arbitrary<infer T> ? T : never;

interface Chances {
  readonly repeats: (event: OutgoingEvent) => boolean;
  readonly rememberedOrders?: number;
}

/** Runs the shop until nothing is left to do: customers order, cancel and collect at random times. */
function run({ wishes, opening, seed }: Shop, chances: Chances): Saga {
  const pick = chanceOf(seed);
  const declines = (orderId: string) => wishes[Number(orderId.slice(6))]?.declined === true;
  const saga = new Saga({ opening, declines, pick, ...chances });
  // The actions of one customer stay in order; those of different customers interleave.
  const todo = wishes.flatMap((wish, i) => actionsOf(wish, i));
  while (todo.length > 0) {
    const [line] = todo.splice(pick(todo.length), 1);
    const [next, ...rest] = line ?? [];
    if (next !== undefined) saga.publish(next);
    if (rest.length > 0) todo.push(rest);
    for (let steps = pick(8); steps > 0; steps--) saga.step();
  }
  saga.drain();
  for (const i of wishes.keys())
    saga.publish(shipments.event('CollectOrder', `order-${i}`, { orderId: `order-${i}` }));
  saga.drain();
  return saga;
}

function actionsOf(wish: Shop['wishes'][number], i: number): OutgoingEvent[][] {
  const orderId = `order-${i}`;
  const customerId = `customer-${i}`;
  const { delivery, fromCart } = wish;
  const lines = wish.lines.map((line, n) => ({
    ...line,
    quantity: wish.tooHeavy && n === 0 ? 201 : line.quantity,
    unitPrice,
  }));
  const placed = orders.event('OrderPlaced', orderId, { orderId, customerId, lines, delivery });
  const bought = fromCart
    ? [
        ...lines.map((line) => carts.event('SetCartLine', customerId, { customerId, line })),
        ...Array.from({ length: wish.idTwice ? 2 : 1 }, () =>
          carts.event('CheckOutRequested', customerId, { orderId, customerId, delivery }),
        ),
      ]
    : [placed];
  const cancel = orders.event('CancelRequested', orderId, { orderId, customerId });
  const eve = orders.event('OrderPlaced', orderId, { orderId, customerId: 'eve', lines, delivery });
  return [
    bought,
    ...Array.from({ length: wish.cancels }, () => [cancel]),
    ...(wish.idTwice ? [[eve]] : []),
    ...(delivery === 'PICKUP' ? [[shipments.event('CollectOrder', orderId, { orderId })]] : []),
  ];
}

const COMMANDS = new Set([stock, payments, shipments].map(({ topic }) => topic));
// Stock levels are what the log is checked against: the test must not repeat an old one.
const isCommand = ({ topic, type }: OutgoingEvent) => COMMANDS.has(topic) && type !== 'StockLevel';
const ledger = (saga: Saga, { opening }: Shop) => ({ opening: () => opening, booked: saga.booked });

describe('the saga', () => {
  const check = (chances: Chances, look: (saga: Saga) => void = () => undefined) =>
    fc.assert(
      fc.property(shop, (given) => {
        const saga = run(given, chances);
        expect(violations(saga.log, ledger(saga, given))).toEqual([]);
        look(saga);
      }),
      { numRuns: 1_500 },
    );

  it('leaves no order stuck, oversells nothing and charges nobody twice, in any order across topics', () => {
    const met = new Set<string>();
    check({ repeats: () => false }, (saga) => {
      for (const { type } of saga.log) met.add(type);
    });
    // The invariants mean nothing unless every kind of event has occurred.
    for (const type of Object.keys({ ...orders.shapes, ...payments.shapes, ...shipments.shapes }))
      expect(met).toContain(type);
  });

  it('D1: keeps its invariants when commands are repeated at any later time', () => {
    check({ repeats: isCommand });
  });

  it('keeps its invariants when every event of the services is repeated', () => {
    check({ repeats: (event) => isCommand(event) || event.topic === orders.topic });
  });

  it('releases a reservation that is repeated after it was forgotten', () => {
    check({ repeats: ({ type }) => type === 'ReserveStock', rememberedOrders: 0 });
  });

  it('opens carts again when their orders are confirmed or have ended', () => {
    check({ repeats: isCommand }, (saga) => {
      for (const { topic, key } of saga.log)
        if (topic === carts.topic) expect(saga.state<CartState>(topic, key)?.closedBy).toBeNull();
    });
  });
});
