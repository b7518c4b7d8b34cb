import type { Activation, ShownOfRecord } from '../../binding/bindings.js';
import { fingerprint, type PartitionPosition } from '../../core/cursor.js';
import type { Relayed } from '../../core/event.js';
import { parseJson } from '../../core/exact-json.js';
import type { TopicPartition } from '../../core/position.js';
import { eventExtensions } from '../delivery/result-layout.js';
import type { Plan } from '../plan/plan.js';
import { type EventRecord, eventRecord, shownMembers } from './event-record.js';

/** An event on its way to subscribers, parsed at most once, and only if a cohort needs its data. */
export class ParsedEvent {
  readonly at: TopicPartition;
  readonly relayed: Relayed;
  #data: Readonly<Record<string, unknown>> | undefined;
  #record: EventRecord | undefined;
  #extensions: string | undefined;
  #shown: Map<ShownOfRecord, string> | undefined;

  constructor(at: TopicPartition, relayed: Relayed) {
    this.at = at;
    this.relayed = relayed;
  }

  /**
   * The data with `__typename`, as execution and expressions see it. An integer beyond 2^53 is a `bigint`.
   * @throws when it is not JSON
   */
  get data(): Readonly<Record<string, unknown>> {
    this.#data ??= this.#parse();
    return this.#data;
  }

  /** @throws when the data is not JSON */
  parse(): void {
    this.#data ??= this.#parse();
  }

  /** What filters and rules read of its record. */
  get record(): EventRecord {
    this.#record ??= eventRecord(this.at, this.relayed);
    return this.#record;
  }

  /** The JSON of a result's `extensions`, up to where the cursor begins. Made once for all fields that show the same. */
  extensions(shown?: ShownOfRecord): string {
    if (shown !== undefined) return this.#shownExtensions(shown);
    this.#extensions ??= eventExtensions(this.at, this.relayed);
    return this.#extensions;
  }

  #shownExtensions(shown: ShownOfRecord): string {
    this.#shown ??= new Map();
    const known = this.#shown.get(shown);
    if (known !== undefined) return known;
    const made = eventExtensions(this.at, this.relayed, shownMembers(this.record, shown));
    this.#shown.set(shown, made);
    return made;
  }

  #parse(): Readonly<Record<string, unknown>> {
    const { data, type } = this.relayed.event;
    // The relay passed on nothing but JSON objects and tombstones (decodeRecord).
    const parsed = data === null ? {} : (parseJson(data) as Record<string, unknown>);
    parsed['__typename'] = type;
    return parsed;
  }
}

/** The variables of a filter or rule over an event. What an expression does not read is not parsed. */
export class EventActivation implements Activation {
  readonly args: Activation['args'];
  readonly claims: Activation['claims'];
  readonly parsed: ParsedEvent;

  constructor({ args, identity }: Pick<Plan, 'args' | 'identity'>, parsed: ParsedEvent) {
    this.args = args;
    this.claims = identity.claims;
    this.parsed = parsed;
  }

  get event(): ParsedEvent['data'] {
    return this.parsed.data;
  }

  get record(): EventRecord {
    return this.parsed.record;
  }
}

/** The position of a subscriber that has received this event. */
export function reachedBy({ relayed }: ParsedEvent): PartitionPosition {
  return { offset: relayed.offset, fingerprint: fingerprint(relayed.event.id, relayed.timestamp) };
}
