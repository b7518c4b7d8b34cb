import { offset, partition, type Topic, topic } from '../core/ids.js';
import type { NewRecord } from '../core/record.js';
import type { EventLog } from '../ports/event-log.js';
import { FIRST_GENERATION } from './state-topic.js';

/** For how long what was read counts, in milliseconds. */
const FRESH = 1_000;

/** Says, in its last record, which generation of states the service's members use. */
export const generationTopic = (group: string): Topic => topic(`${group}.state`);

export function generationRecord(group: string, generation: string): NewRecord {
  return { topic: generationTopic(group), key: 'generation', headers: {}, value: Buffer.from(generation) };
}

/** The generation of states that counts, as its topic says. */
export class Generation {
  readonly #log: EventLog;
  readonly #topic: Topic;
  #known: { readonly generation: string; readonly end: number } = { generation: FIRST_GENERATION, end: 0 };
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(log: EventLog, group: string) {
    this.#log = log;
    this.#topic = generationTopic(group);
  }

  /** As it was at most a second ago. */
  async recent(signal: AbortSignal): Promise<string> {
    const fresh = performance.now() - this.#readAt < FRESH;
    return fresh ? this.#known.generation : this.current(signal);
  }

  async current(signal: AbortSignal): Promise<string> {
    const at = performance.now();
    const [bounds] = await this.#log.bounds(this.#topic, signal);
    if (bounds !== undefined && bounds.end > this.#known.end) {
      const from = offset(Math.max(bounds.earliest, this.#known.end));
      let { generation } = this.#known;
      const range = { topic: this.#topic, partition: partition(0), from, until: bounds.end };
      for await (const { records } of this.#log.read(range, signal))
        for (const { value } of records) generation = value?.toString() ?? generation;
      this.#known = { generation, end: bounds.end };
    }
    this.#readAt = at;
    return this.#known.generation;
  }
}
