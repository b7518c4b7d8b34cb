import { randomUUID } from 'node:crypto';
import type { Message } from 'kafkajs';
import { now } from './clock.js';
import { saidEvent, TEXT } from './said-event.js';

/** A key whose events are numbered, so that its subscribers can check that none is missing. */
export class NumberedRoom {
  readonly name: string;
  #next = 0;

  constructor(name: string = randomUUID()) {
    this.name = name;
  }

  /** The number of the last event; -1 before the first. */
  get last(): number {
    return this.#next - 1;
  }

  /** The next events, each with its number and the time of its creation. */
  events(count: number, more: Readonly<Record<string, unknown>> = {}): Message[] {
    return Array.from({ length: count }, () =>
      saidEvent(this.name, { room: this.name, n: this.#next++, at: now(), text: TEXT, ...more }),
    );
  }
}
