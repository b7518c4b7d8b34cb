import { fingerprint, type PartitionPosition } from '../../core/cursor.js';
import { type Relayed, UNKNOWN_TYPE } from '../../core/event.js';
import type { TopicPartition } from '../../core/position.js';

/** How a result goes on after the event that it shows. */
export const CURSOR = '"cursor":"';

/** An event on its way to subscribers, parsed at most once, and only when somebody wants it. */
export class ParsedEvent {
  readonly at: TopicPartition;
  readonly relayed: Relayed;
  #data: Readonly<Record<string, unknown>> | undefined;
  #extensions: string | undefined;

  constructor(at: TopicPartition, relayed: Relayed) {
    this.at = at;
    this.relayed = relayed;
  }

  /** The data with `__typename`, as execution and expressions see it. @throws when it is not JSON */
  get data(): Readonly<Record<string, unknown>> {
    this.#data ??= this.#parse();
    return this.#data;
  }

  /**
   * The JSON of a result from its `extensions` on, up to where the cursor begins: in `event` is what the client may
   * know of where it came from.
   */
  get extensions(): string {
    this.#extensions ??= `,"extensions":{"event":${this.#meta()},${CURSOR}`;
    return this.#extensions;
  }

  #meta(): string {
    const { event, offset } = this.relayed;
    return JSON.stringify({
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
export function reachedBy({ relayed }: ParsedEvent): PartitionPosition {
  return { offset: relayed.offset, fingerprint: fingerprint(relayed.event.id, relayed.timestamp) };
}
