import { bisect } from '../core/bisect.js';
import type { Relayed } from '../core/event.js';
import type { Topic } from '../core/ids.js';
import type { TopicPartition } from '../core/position.js';
import { DeliveryTally } from './delivery-tally.js';

/** C4: how many entries a node keeps: 2.4 MB. Entries that are alike in neighbouring events are one. */
const DEFAULT_ENTRIES = 65_536;
/** C4: how many entries one answer has. */
const MAX_ANSWERED = 1_000;

/**
 * What a node did with some events: moved them into the fan-out, was sent them, showed them to the clients of a field that
 * were live, or read them because the fan-out had lost them.
 */
type TrailKind = 'relayed' | 'received' | 'shown' | 'repaired';
const KINDS: readonly TrailKind[] = ['relayed', 'received', 'shown', 'repaired'];
const [RELAYED, RECEIVED, SHOWN, REPAIRED] = [0, 1, 2, 3];

/** The events of a partition from `first` to `last` that the same happened to. */
interface TrailEntry {
  readonly kind: TrailKind;
  /** The index of the question that it answers. */
  readonly of: number;
  readonly first: number;
  readonly last: number;
  /** By the node's clock, in milliseconds since 1970. */
  readonly time: number;
  /** Of `shown`: the Subscription field, and how many clients took each event. */
  readonly field?: string;
  readonly clients?: number;
}

/** Some offsets of a partition. */
export interface TrailQuestion {
  readonly topic: string;
  readonly partition: number;
  readonly offsets: readonly number[];
}

export interface TrailAnswer {
  /** What happened before is not known: the node had not started, or needed the room. In milliseconds since 1970. */
  readonly since: number;
  readonly entries: readonly TrailEntry[];
  /** Whether there were more. */
  readonly isCut: boolean;
}

/**
 * A node's memory of what it did with recent events, for operators. A ring in typed arrays: it is written once for each event
 * or batch, whatever the number of subscribers, and allocates nothing then. Lost with the process.
 *
 * Replays are not in it: they are per subscriber.
 */
export class EventTrail {
  readonly #size: number;
  readonly #now: () => number;
  readonly #kinds: Uint8Array;
  readonly #topics: Uint16Array;
  readonly #partitions: Uint32Array;
  readonly #firsts: Float64Array;
  readonly #lasts: Float64Array;
  readonly #times: Float64Array;
  readonly #fields: Uint16Array;
  readonly #clients: Uint32Array;
  /** Topics and fields are of the schema, so there are few. */
  readonly #topicNames: Topic[] = [];
  readonly #topicNumbers = new Map<Topic, number>();
  readonly #fieldNames: string[] = [];
  readonly #tally = new DeliveryTally();
  #written = 0;
  readonly #began: number;

  constructor({ entries = DEFAULT_ENTRIES, now = Date.now } = {}) {
    this.#size = entries;
    this.#now = now;
    this.#began = now();
    this.#kinds = new Uint8Array(entries);
    this.#topics = new Uint16Array(entries);
    this.#partitions = new Uint32Array(entries);
    this.#firsts = new Float64Array(entries);
    this.#lasts = new Float64Array(entries);
    this.#times = new Float64Array(entries);
    this.#fields = new Uint16Array(entries);
    this.#clients = new Uint32Array(entries);
  }

  /** The number of a Subscription field, for `DeliveryTally.shown`. */
  fieldNumber(name: string): number {
    const known = this.#fieldNames.indexOf(name);
    return known >= 0 ? known : this.#fieldNames.push(name) - 1;
  }

  /** The events are in the fan-out. */
  relayed(at: TopicPartition, events: readonly Relayed[]): void {
    this.#range(RELAYED, at, events[0]?.offset, events.at(-1)?.offset);
  }

  /** The fan-out had lost what is above `after`, up to `through`, and it was read elsewhere. */
  repaired(at: TopicPartition, after: number, through: number): void {
    this.#range(REPAIRED, at, after + 1, through);
  }

  /** The tally of the next delivery. It is always the same one: a delivery takes no pause. */
  tally(events: readonly Relayed[]): DeliveryTally {
    this.#tally.begin(events);
    return this.#tally;
  }

  /** Live clients have been given the events of the tally. Hot path (bench: fanout): once for each event and field. */
  delivered(at: TopicPartition, tally: DeliveryTally): void {
    const topic = this.#topicNumber(at.topic);
    const time = this.#now();
    tally.runs((field, first, last, clients) => {
      const slot = this.#slot(field < 0 ? RECEIVED : SHOWN, topic, at.partition, time);
      this.#firsts[slot] = first;
      this.#lasts[slot] = last;
      this.#fields[slot] = Math.max(0, field);
      this.#clients[slot] = clients;
    });
  }

  /** What is known of some events. */
  answer(questions: readonly TrailQuestion[]): TrailAnswer {
    const wanted = new Map<number, number>();
    for (const [of, { topic, partition }] of questions.entries()) {
      const number = this.#topicNumbers.get(topic as Topic); // Only compared.
      if (number !== undefined) wanted.set(partitionNumber(number, partition), of);
    }
    const asked = questions.map(({ offsets }) => new AskedOffsets(offsets));
    const oldest = Math.max(0, this.#written - this.#size);
    const entries: TrailEntry[] = [];
    let isCut = false;
    // The newest first: they are what is asked for, if there are too many.
    for (let index = this.#written - 1; index >= oldest; index -= 1) {
      const slot = index % this.#size;
      const of = wanted.get(partitionNumber(this.#topics[slot] ?? 0, this.#partitions[slot] ?? 0));
      if (of === undefined) continue;
      const [first = 0, last = 0] = [this.#firsts[slot], this.#lasts[slot]];
      if (asked[of]?.hasWithin(first, last) !== true) continue;
      isCut = entries.length >= MAX_ANSWERED;
      if (isCut) break;
      entries.push(this.#entry(slot, of));
    }
    const since = this.#written > this.#size ? (this.#times[this.#written % this.#size] ?? 0) : this.#began;
    return { since, entries: entries.reverse(), isCut };
  }

  #entry(slot: number, of: number): TrailEntry {
    const kind = KINDS[this.#kinds[slot] ?? 0] ?? 'received';
    return {
      kind,
      of,
      first: this.#firsts[slot] ?? 0,
      last: this.#lasts[slot] ?? 0,
      time: this.#times[slot] ?? 0,
      ...(kind === 'shown' && {
        field: this.#fieldNames[this.#fields[slot] ?? 0] ?? '',
        clients: this.#clients[slot] ?? 0,
      }),
    };
  }

  #range(kind: number, at: TopicPartition, first: number | undefined, last: number | undefined): void {
    if (first === undefined || last === undefined || last < first) return;
    const slot = this.#slot(kind, this.#topicNumber(at.topic), at.partition, this.#now());
    this.#firsts[slot] = first;
    this.#lasts[slot] = last;
  }

  /** The next entry, which takes the place of the oldest one. */
  #slot(kind: number, topic: number, partition: number, time: number): number {
    const slot = this.#written % this.#size;
    this.#written += 1;
    this.#kinds[slot] = kind;
    this.#topics[slot] = topic;
    this.#partitions[slot] = partition;
    this.#times[slot] = time;
    return slot;
  }

  #topicNumber(topic: Topic): number {
    const known = this.#topicNumbers.get(topic);
    if (known !== undefined) return known;
    const number = this.#topicNames.push(topic) - 1;
    this.#topicNumbers.set(topic, number);
    return number;
  }
}

/** One number for each partition: a question looks at every entry, and texts would take ten times as long (S4). */
const partitionNumber = (topic: number, partition: number): number => topic * 2 ** 32 + partition;

/** Offsets that a question is about. Asked for every entry of the ring (S4), most of which are about one event. */
class AskedOffsets {
  readonly #all: ReadonlySet<number>;
  readonly #sorted: readonly number[];

  constructor(offsets: readonly number[]) {
    this.#all = new Set(offsets);
    this.#sorted = [...offsets].sort((a, b) => a - b);
  }

  /** Whether one of them is in `[first, last]`. */
  hasWithin(first: number, last: number): boolean {
    if (first === last) return this.#all.has(first);
    const sorted = this.#sorted;
    const found = sorted[bisect(0, sorted.length, (index) => (sorted[index] ?? 0) < first)];
    return found !== undefined && found <= last;
  }
}
