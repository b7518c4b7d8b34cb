import type { OutgoingEvent } from 'millrace';
import { type CartState, cartMachine } from '../../src/shop/cart.js';
import { inventoryMachine, type StockState } from '../../src/shop/inventory.js';
import { orderMachine } from '../../src/shop/order.js';
import type { OrderState } from '../../src/shop/order-state.js';
import { callFor, type PaymentState, settle } from '../../src/shop/payment.js';
import { type ShipmentState, shippingMachine } from '../../src/shop/shipping.js';
import type { StateMachine, Step } from '../../src/shop/state-machine.js';
import { carts, orders, payments, shipments, stock } from '../../src/shop/topics.js';
import { eventOf } from './machine-tools.js';

/** A random choice: a whole number from 0, less than `below`. */
export type Pick = (below: number) => number;

export interface SagaOptions {
  readonly opening: number;
  readonly declines: (orderId: string) => boolean;
  /** Which events may be published a second time, at any later time. */
  readonly repeats: (event: OutgoingEvent) => boolean;
  readonly pick: Pick;
  readonly rememberedOrders?: number;
}

/**
 * The whole shop in memory. Each key of each topic has a queue, and every step handles the first event of a
 * random one. So topics overtake each other, while the events of one key keep their order.
 */
export class Saga {
  /** Every event, in the order in which they were published. */
  readonly log: OutgoingEvent[] = [];
  /** Whether the provider accepted, by idempotency key. */
  readonly booked = new Map<string, boolean>();
  readonly #waiting = new Map<string, OutgoingEvent[]>();
  readonly #states = new Map<string, unknown>();
  readonly #options: SagaOptions;
  readonly #machines: ReadonlyMap<string, StateMachine<unknown>>;
  #events = 0;

  constructor(options: SagaOptions) {
    this.#options = options;
    const { opening, rememberedOrders } = options;
    const inventory = inventoryMachine({
      opening: () => opening,
      ...(rememberedOrders === undefined ? {} : { rememberedOrders }),
    });
    this.#machines = new Map<string, StateMachine<unknown>>([
      [orders.topic, (state, event) => orderMachine((state ?? { at: 'UNKNOWN' }) as OrderState, event)],
      [stock.topic, (state, event) => inventory((state ?? null) as StockState, event)],
      [payments.topic, (state, event) => this.#pay((state ?? { at: 'NONE' }) as PaymentState, event)],
      [shipments.topic, (state, event) => shippingMachine((state ?? { at: 'NONE' }) as ShipmentState, event)],
      [
        carts.topic,
        (state, event) => cartMachine((state ?? { lines: [], closedBy: null }) as CartState, event),
      ],
    ]);
  }

  publish(event: OutgoingEvent): void {
    this.log.push(event);
    const name = `${event.topic}/${event.key}`;
    this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), event]);
  }

  /** Handles one event. @returns whether there was one */
  step(): boolean {
    const names = [...this.#waiting.keys()];
    const name = names[this.#options.pick(names.length)];
    if (name === undefined) return false;
    const [event, ...rest] = this.#waiting.get(name) ?? [];
    if (rest.length > 0) this.#waiting.set(name, rest);
    else this.#waiting.delete(name);
    if (event === undefined) return true;
    const machine = this.#machines.get(event.topic);
    if (machine === undefined) return true;
    const input = eventOf(event, `e-${++this.#events}`);
    const state = this.#states.get(name);
    const step: Step<unknown> = machine(state, input);
    // A service may handle an event again after a crash: its answer must be the same.
    const again: Step<unknown> = machine(state, input);
    if (JSON.stringify(again) !== JSON.stringify(step))
      throw new Error(`${event.type} was answered differently the second time`);
    this.#states.set(name, JSON.parse(JSON.stringify(step.state)));
    for (const out of step.events) {
      this.publish(out);
      if (this.#options.repeats(out) && this.#options.pick(6) === 0) this.#repeated.push(out);
    }
    const repeated = this.#repeated;
    if (repeated.length > 0 && this.#options.pick(3) === 0) {
      const [out] = repeated.splice(this.#options.pick(repeated.length), 1);
      if (out !== undefined) this.publish(out);
    }
    return true;
  }

  readonly #repeated: OutgoingEvent[] = [];

  drain(): void {
    let steps = 0;
    for (;;) {
      while (this.step()) if (++steps > 100_000) throw new Error('The shop does not come to rest.');
      const [late] = this.#repeated.splice(0, 1);
      if (late === undefined) return;
      this.publish(late);
    }
  }

  state<State>(topic: string, key: string): State | undefined {
    // The caller knows which service keeps the topic's state.
    return this.#states.get(`${topic}/${key}`) as State | undefined;
  }

  #pay(state: PaymentState, event: Parameters<typeof callFor>[1]): Step<PaymentState> {
    const call = callFor(state, event);
    if (call === undefined) return { state, events: [] };
    const key = `${call.orderId}/${call.what}`;
    const ok = this.booked.get(key) ?? !(call.what === 'charge' && this.#options.declines(call.orderId));
    this.booked.set(key, ok);
    return settle(state, call, ok ? { ok, id: `ch-${call.orderId}` } : { ok, reason: 'declined' });
  }
}
