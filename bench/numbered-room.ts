import { randomUUID } from 'node:crypto';
import type { Message } from 'kafkajs';
import { now } from './clock.js';

/** The length of the text that makes an event of about 250 bytes. */
const TEXT = 'x'.repeat(180);

/** A CloudEvent in binary mode, as every producer could write it. */
export function eventOf(key: string, data: unknown): Message {
  return {
    key,
    value: JSON.stringify(data),
    headers: {
      ce_specversion: '1.0',
      ce_id: randomUUID(),
      ce_source: '/bench',
      ce_type: 'Said',
      'content-type': 'application/json',
    },
  };
}

/** A key whose events are numbered, so that who follows it can tell that none is missing. */
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

  /** The next events: they say their number and when they were made. */
  events(count: number, more: Readonly<Record<string, unknown>> = {}): Message[] {
    return Array.from({ length: count }, () =>
      eventOf(this.name, { room: this.name, n: this.#next++, at: now(), text: TEXT, ...more }),
    );
  }
}
