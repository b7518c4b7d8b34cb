import { fingerprint, type PartitionPosition } from '../core/cursor.js';
import type { Relayed } from '../core/event.js';
import { type Offset, offset } from '../core/ids.js';
import type { TopicPartition } from '../core/position.js';
import type { Metrics } from '../observe/metrics.js';
import type { DuplicateFilter } from './duplicate-filter.js';
import type { PartitionListener } from './partition-listener.js';
import type { Ring } from './ring.js';
import type { TickBudget } from './tick-budget.js';

interface LiveDeliveryParts {
  readonly at: TopicPartition;
  readonly listeners: ReadonlySet<PartitionListener>;
  readonly ring: Ring;
  readonly duplicates: DuplicateFilter;
  readonly tickBudget: TickBudget;
  readonly metrics: Metrics;
  /** C4: how many events may wait. Beyond that they are delivered whatever the tick budget. */
  readonly maxDue: number;
}

/** How many events are delivered between two checks of the tick budget. */
const SLICE_EVENTS = 8;

/**
 * Delivers the events of one partition to its listeners, in offset order, once the chain has proven that none is
 * missing before them. A burst is delivered over several ticks of the event loop (S4).
 *
 * Hot path (bench: fanout): called once per message of the fan-out, whatever the number of subscribers.
 */
export class LiveDelivery {
  readonly #parts: LiveDeliveryParts;
  /** Proven complete and not delivered yet, in order. */
  #due: Relayed[] = [];
  #scheduled: NodeJS.Immediate | undefined;
  /** Whether events were delivered at once in this tick. */
  #hasDelivered = false;
  /** The partition is proven complete up to here: every visible event at or below is due or delivered. */
  #provenThrough: Offset;
  #delivered: PartitionPosition;

  constructor(start: Offset, parts: LiveDeliveryParts) {
    this.#parts = parts;
    this.#provenThrough = start;
    this.#delivered = { offset: start, fingerprint: 0 };
  }

  /** Everything visible up to here has been delivered. */
  get delivered(): PartitionPosition {
    return this.#delivered;
  }

  /**
   * Adds events to deliver. The first ones of a tick are delivered at once: an event that comes alone waits for nothing. All
   * others of that tick are delivered together in the next, because most of the cost of a delivery is per call, not per event.
   * @param through the partition is complete up to here; may be above the last event, where offsets are not visible
   */
  push(events: readonly Relayed[], through: Offset): void {
    this.#provenThrough = through;
    for (const event of events) this.#due.push(event);
    if (this.#due.length === 0 || this.#due.length > this.#parts.maxDue) this.#deliver();
    else if (this.#hasDelivered) this.#schedule();
    else {
      // D3: before the delivery. What a listener causes to arrive comes after the events that the listeners are being given.
      this.#hasDelivered = true;
      try {
        this.#deliver();
      } finally {
        this.#schedule();
      }
    }
  }

  /** Delivers everything that is due, whatever the tick budget. Nothing after it is proven to follow. */
  flush(): void {
    if (this.#due.length > 0) this.#handOver(this.#due);
    this.clear();
    const last = offset(Math.max(this.#provenThrough, this.#delivered.offset));
    this.#delivered = { offset: last, fingerprint: 0 };
  }

  /**
   * Continues after a loss. `floor` is the offset before what is left, and counts as delivered at once (D5): a
   * subscriber that replays up to the loss would otherwise be where the node is, become live, and be given what
   * follows the loss silently. Now it is behind, reads, and learns of the loss.
   */
  restart(floor: Offset): void {
    // No fingerprint: the event there may be gone too.
    this.#delivered = { offset: offset(Math.max(floor, this.#delivered.offset)), fingerprint: 0 };
    this.#parts.ring.restart(floor);
  }

  /** Drops everything that is due. */
  clear(): void {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    this.#hasDelivered = false;
    this.#due = [];
  }

  /** Delivers what is due. Once the tick budget is spent, the rest waits for the next tick. */
  #deliver(): void {
    const { tickBudget, maxDue } = this.#parts;
    for (let first = true; this.#due.length > 0; first = false) {
      if (!first && tickBudget.isSpent && this.#due.length <= maxDue) {
        this.#schedule();
        return;
      }
      this.#handOver(this.#due.splice(0, SLICE_EVENTS));
    }
    if (this.#delivered.offset < this.#provenThrough)
      this.#delivered = { offset: this.#provenThrough, fingerprint: 0 };
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      this.#deliver();
      if (this.#scheduled === undefined) this.#hasDelivered = false;
    });
  }

  #handOver(all: readonly Relayed[]): void {
    const { at, listeners, ring, duplicates, metrics } = this.#parts;
    const events = duplicates.filter(all);
    const last = all.at(-1);
    if (last !== undefined) {
      this.#delivered = { offset: last.offset, fingerprint: fingerprint(last.event.id, last.timestamp) };
    }
    ring.push(events);
    metrics.received.inc({ topic: at.topic }, events.length);
    for (const listener of listeners) listener.onEvents(at, events);
  }
}
