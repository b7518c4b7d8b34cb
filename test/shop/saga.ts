import type { OutgoingEvent } from 'millrace';
import { type CartState, cartMachine } from '../../src/shop/cart.js';
import { inventoryMachine, type StockState } from '../../src/shop/inventory.js';
import { carts, orders, payments, shipments, stock } from '../../src/shop/messages.js';
import { type OrderState, orderMachine } from '../../src/shop/order.js';
import { callFor, type PaymentState, settle } from '../../src/shop/payment.js';
import { type ShipmentState, shippingMachine } from '../../src/shop/shipping.js';
import type { Machine, Step } from '../../src/shop/step.js';
import { eventOf } from './event.js';

/** What chance decides; each number is from 0 up to, not including, `below`. */
export type Pick = (below: number) => number;

export interface SagaOptions {
  readonly opening: number;
  readonly declines: (orderId: string) => boolean;
  /** Which events may be said a second time, at any later moment. */
  readonly repeats: (event: OutgoingEvent) => boolean;
  readonly pick: Pick;
  readonly remember?: number;
}

/**
 * The whole shop in memory. Each key of each topic is a line of its own: of all that wait, chance takes the
 * first of any, so topics overtake each other as they like while the events of one key keep their order.
 */
export class Saga {
  /** Everything that was said, in the order in which it was said. */
  readonly log: OutgoingEvent[] = [];
  /** What the provider did, by idempotency key. */
  readonly booked = new Map<string, boolean>();
  readonly #waiting = new Map<string, OutgoingEvent[]>();
  readonly #states = new Map<string, unknown>();
  readonly #options: SagaOptions;
  readonly #machines: ReadonlyMap<string, Machine<unknown>>;
  #events = 0;

  constructor(options: SagaOptions) {
    this.#options = options;
    const { opening, remember } = options;
    const inventory = inventoryMachine({
      opening: () => opening,
      ...(remember === undefined ? {} : { remember }),
    });
    this.#machines = new Map<string, Machine<unknown>>([
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

  say(event: OutgoingEvent): void {
    this.log.push(event);
    const name = `${event.topic}/${event.key}`;
    this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), event]);
  }

  /** One event of any line. @returns whether there was one */
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
    const said = eventOf(event, `e-${++this.#events}`);
    const state = this.#states.get(name);
    const step: Step<unknown> = machine(state, said);
    // The same again: a service is asked again after a crash, and must not answer something else.
    const again: Step<unknown> = machine(state, said);
    if (JSON.stringify(again) !== JSON.stringify(step))
      throw new Error(`${event.type} is answered differently`);
    this.#states.set(name, JSON.parse(JSON.stringify(step.state)));
    for (const out of step.events) {
      this.say(out);
      if (this.#options.repeats(out) && this.#options.pick(6) === 0) this.#repeated.push(out);
    }
    const repeated = this.#repeated;
    if (repeated.length > 0 && this.#options.pick(3) === 0) {
      const [out] = repeated.splice(this.#options.pick(repeated.length), 1);
      if (out !== undefined) this.say(out);
    }
    return true;
  }

  readonly #repeated: OutgoingEvent[] = [];

  drain(): void {
    let steps = 0;
    for (;;) {
      while (this.step()) if (++steps > 100_000) throw new Error('It never comes to rest');
      const [late] = this.#repeated.splice(0, 1);
      if (late === undefined) return;
      this.say(late);
    }
  }

  state<State>(topic: string, key: string): State | undefined {
    // Whoever asks knows which service keeps the topic's state.
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
