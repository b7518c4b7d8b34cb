import { bisect } from '../../core/bisect.js';
import type { Relayed } from '../../core/event.js';
import { type Offset, offset, type TopicId } from '../../core/ids.js';
import { RecentIds } from '../../core/recent-ids.js';
import type {
  Claim,
  FanoutListener,
  NewestRelayed,
  RelayChunk,
  RelayOutcome,
  ResetPoint,
} from '../../ports/fanout.js';

/** C4: how many ids of idempotent events are remembered for each partition. The oldest leave first. */
const MAX_REMEMBERED_IDS = 100_000;

interface WindowEntry {
  /** The visible offset before this event. */
  readonly prev: Offset;
  readonly relayed: Relayed;
}

/** A message for the listeners of a partition. */
export type Publish = (call: (listener: FanoutListener) => void) => void;

/**
 * One partition of the in-process fan-out: claim, progress and window. The counterpart of the scripts in
 * `redis/scripts.ts`; each method runs in one tick, which makes it atomic.
 */
export class FanoutPartition {
  /** The current claim. Grows with each claim. */
  #token = 0;
  /** Every offset up to here is relayed or skipped. `undefined` until the first reset. */
  #progress: Offset | undefined;
  #topicId: TopicId | undefined;
  /** The newest visible offset; `undefined` until the first event after a reset. */
  #newest: Offset | undefined;
  /** The progress at the last reset. Visible offsets are above it. */
  #floor: Offset = offset(-1);
  /** In offset order. */
  #window: WindowEntry[] = [];
  readonly #ids = new RecentIds<Offset>(MAX_REMEMBERED_IDS);
  readonly #windowEvents: number;

  constructor(windowEvents: number) {
    this.#windowEvents = windowEvents;
  }

  get newest(): NewestRelayed | undefined {
    return this.#progress === undefined ? undefined : { topicId: this.#topicId, last: this.#last };
  }

  claim(): Claim {
    this.#token += 1;
    return { token: String(this.#token), progress: this.#progress, topicId: this.#topicId };
  }

  reset(token: string, { topicId, progress }: ResetPoint): 'RESET' | 'FENCED' {
    if (token !== String(this.#token)) return 'FENCED';
    this.#progress = progress;
    this.#topicId = topicId;
    this.#floor = progress;
    this.#newest = undefined;
    this.#ids.clear();
    this.#window = [];
    return 'RESET';
  }

  relay(token: string, { after, through, events }: RelayChunk, publish: Publish): RelayOutcome {
    const progress = this.#progress;
    // D9: another relay's claim has ended this relay's right to write.
    if (token !== String(this.#token) || progress === undefined) return { status: 'FENCED' };
    if (after > progress) return { status: 'GAP', progress };
    const prev = this.#last;
    const added = events.filter((relayed) => relayed.offset > progress && !this.#isDuplicate(relayed));
    for (const relayed of added) this.#add(relayed);
    this.#progress = offset(Math.max(progress, through));
    const topicId = this.#topicId;
    if (added.length > 0) publish((listener) => listener.relayed(prev, added, topicId));
    return { status: 'RELAYED', duplicates: events.length - added.length };
  }

  /** The visible events in `(after, through]`; `undefined` when the window cannot prove that it has all of them. */
  read(topicId: TopicId | undefined, after: Offset, through: Offset): readonly Relayed[] | undefined {
    if (this.#topicId !== topicId || this.#progress === undefined || this.#progress < through)
      return undefined;
    if (this.#last <= after) return [];
    const from = this.#indexAfter(after);
    const first = this.#window[from];
    // The first entry has to follow `after`. Otherwise the entries in between were trimmed.
    if (first === undefined || first.prev > after) return undefined;
    return this.#window.slice(from, this.#indexAfter(through)).map(({ relayed }) => relayed);
  }

  /** The newest visible offset, or else where the partition was last reset. */
  get #last(): Offset {
    return this.#newest ?? this.#floor;
  }

  #add(relayed: Relayed): void {
    this.#window.push({ prev: this.#last, relayed });
    this.#newest = relayed.offset;
    // Trims only at twice the size, so that each event is copied at most once.
    if (this.#window.length >= 2 * this.#windowEvents) this.#window = this.#window.slice(-this.#windowEvents);
  }

  /** D1: whether the id of an idempotent event was seen at another offset. */
  #isDuplicate({ event, offset: at }: Relayed): boolean {
    if (event.idempotent !== true) return false;
    const seen = this.#ids.get(event.id);
    if (seen !== undefined) return seen !== at;
    this.#ids.add(event.id, at);
    return false;
  }

  /** The index of the first entry above `at`. */
  #indexAfter(at: Offset): number {
    const window = this.#window;
    return bisect(0, window.length, (i) => (window[i]?.relayed.offset ?? Number.POSITIVE_INFINITY) <= at);
  }
}
