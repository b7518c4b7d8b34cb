import { fingerprint, type Reached } from '../core/cursor.js';
import { type Relayed, UNKNOWN_TYPE } from '../core/event.js';
import type { TopicPartition } from '../core/position.js';

/** An event on its way to subscribers, parsed at most once, and only when somebody wants it. */
export class ParsedEvent {
  readonly at: TopicPartition;
  readonly relayed: Relayed;
  #data: Readonly<Record<string, unknown>> | undefined;
  #meta: string | undefined;

  constructor(at: TopicPartition, relayed: Relayed) {
    this.at = at;
    this.relayed = relayed;
  }

  /** The data with `__typename`, as execution and expressions see it. @throws when it is not JSON */
  get data(): Readonly<Record<string, unknown>> {
    this.#data ??= this.#parse();
    return this.#data;
  }

  /** The JSON of `extensions.event`: what the client may know of where it came from. */
  get meta(): string {
    const { event, offset } = this.relayed;
    this.#meta ??= JSON.stringify({
      id: event.id,
      // A tombstone may have none.
      type: event.type === UNKNOWN_TYPE ? undefined : event.type,
      key: event.subject ?? undefined,
      time: event.time,
      topic: this.at.topic,
      partition: this.at.partition,
      offset: String(offset),
      correlationId: event.correlationId,
      traceparent: event.traceparent,
    });
    return this.#meta;
  }

  #parse(): Readonly<Record<string, unknown>> {
    const { data, type } = this.relayed.event;
    // The relay passed on nothing but JSON objects and tombstones (decodeRecord).
    const parsed = data === null ? {} : (JSON.parse(data.toString('utf8')) as Record<string, unknown>);
    parsed['__typename'] = type;
    return parsed;
  }
}

/** Where one stands that was handed this event. */
export function reachedBy({ relayed }: ParsedEvent): Reached {
  return { offset: relayed.offset, fingerprint: fingerprint(relayed.event.id, relayed.timestamp) };
}
