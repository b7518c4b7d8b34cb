import fc from 'fast-check';
import type { OutgoingEvent } from 'millrace';
import { describe, expect, it } from 'vitest';
import type { CartState } from '../../src/shop/cart.js';
import { carts, orders, payments, shipments, stock } from '../../src/shop/messages.js';
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
  // Too little for some, or enough even for parcels that are too heavy.
  opening: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constant(1_500)),
  seed: fc.integer(),
});
type Shop = typeof shop extends fc.Arbitrary<infer T> ? T : never;

interface Chances {
  readonly repeats: (event: OutgoingEvent) => boolean;
  readonly remember?: number;
}

/** The shop at rest again, after everybody ordered, cancelled and collected when chance had it. */
function run({ wishes, opening, seed }: Shop, chances: Chances): Saga {
  const pick = chanceOf(seed);
  const declines = (orderId: string) => wishes[Number(orderId.slice(6))]?.declined === true;
  const saga = new Saga({ opening, declines, pick, ...chances });
  // What one customer does stays in order; what several do does not.
  const todo = wishes.flatMap((wish, i) => doings(wish, i));
  while (todo.length > 0) {
    const [line] = todo.splice(pick(todo.length), 1);
    const [next, ...rest] = line ?? [];
    if (next !== undefined) saga.say(next);
    if (rest.length > 0) todo.push(rest);
    for (let steps = pick(8); steps > 0; steps--) saga.step();
  }
  saga.drain();
  for (const i of wishes.keys())
    saga.say(shipments.say('CollectOrder', `order-${i}`, { orderId: `order-${i}` }));
  saga.drain();
  return saga;
}

function doings(wish: Shop['wishes'][number], i: number): OutgoingEvent[][] {
  const orderId = `order-${i}`;
  const customerId = `customer-${i}`;
  const { delivery, fromCart } = wish;
  const lines = wish.lines.map((line, n) => ({
    ...line,
    quantity: wish.tooHeavy && n === 0 ? 201 : line.quantity,
    unitPrice,
  }));
  const placed = orders.say('OrderPlaced', orderId, { orderId, customerId, lines, delivery });
  const bought = fromCart
    ? [
        ...lines.map((line) => carts.say('SetCartLine', customerId, { customerId, line })),
        ...Array.from({ length: wish.idTwice ? 2 : 1 }, () =>
          carts.say('CheckOutRequested', customerId, { orderId, customerId, delivery }),
        ),
      ]
    : [placed];
  const cancel = orders.say('CancelRequested', orderId, { orderId, customerId });
  const eve = orders.say('OrderPlaced', orderId, { orderId, customerId: 'eve', lines, delivery });
  return [
    bought,
    ...Array.from({ length: wish.cancels }, () => [cancel]),
    ...(wish.idTwice ? [[eve]] : []),
    ...(delivery === 'PICKUP' ? [[shipments.say('CollectOrder', orderId, { orderId })]] : []),
  ];
}

const COMMANDS = new Set([stock, payments, shipments].map(({ topic }) => topic));
// Levels are what the log is checked by: an old one said again would be a lie of the test's own.
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

  it('no order stuck, nothing oversold, nobody charged twice, whatever overtakes what', () => {
    const met = new Set<string>();
    check({ repeats: () => false }, (saga) => {
      for (const { type } of saga.log) met.add(type);
    });
    // Otherwise it would hold for want of anything happening.
    for (const type of Object.keys({ ...orders.shapes, ...payments.shapes, ...shipments.shapes }))
      expect(met).toContain(type);
  });

  it('D1: nor when commands are repeated at any later moment', () => {
    check({ repeats: isCommand });
  });

  it('nor when all that services say is repeated', () => {
    check({ repeats: (event) => isCommand(event) || event.topic === orders.topic });
  });

  it('a reservation that is repeated after it was forgotten is let go', () => {
    check({ repeats: ({ type }) => type === 'ReserveStock', remember: 0 });
  });

  it('carts are open again once their orders have ended or are confirmed', () => {
    check({ repeats: isCommand }, (saga) => {
      for (const { topic, key } of saga.log)
        if (topic === carts.topic) expect(saga.state<CartState>(topic, key)?.closedBy).toBeNull();
    });
  });
});
