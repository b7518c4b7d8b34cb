import { pause } from '../../core/async.js';
import { type Offset, offset, type Topic } from '../../core/ids.js';
import type { EventLog } from '../../ports/event-log.js';

/** How often the log is asked for the ends of a topic that somebody follows. */
const POLL_INTERVAL_MS = 400;

/** The end of each partition of a topic, and when the log said so. */
export interface KnownEnds {
  readonly ends: readonly Offset[];
  readonly asOf: Date;
}

interface Followed {
  followers: number;
  /** The newest answer, or the next one. */
  next: Promise<KnownEnds>;
  readonly stop: AbortController;
}

/** Asks the log for the ends of topics, once for all tabs of a node that follow one (C1). */
export class TopicEnds {
  readonly #log: Pick<EventLog, 'bounds' | 'inspection'>;
  readonly #closed: AbortSignal;
  readonly #topics = new Map<Topic, Followed>();

  constructor(log: Pick<EventLog, 'bounds' | 'inspection'>, closed: AbortSignal) {
    this.#log = log;
    this.#closed = closed;
  }

  /** Follows a topic until it is disposed. `next` resolves with each new answer: a promise is made before the wait. */
  follow(topic: Topic): { next(): Promise<KnownEnds> } & Disposable {
    let followed = this.#topics.get(topic);
    if (followed === undefined) {
      followed = {
        followers: 0,
        next: Promise.reject(new Error('not asked yet')),
        stop: new AbortController(),
      };
      this.#poll(topic, followed);
      this.#topics.set(topic, followed);
    }
    const one = followed;
    one.followers += 1;
    return {
      next: () => one.next,
      [Symbol.dispose]: () => {
        one.followers -= 1;
        if (one.followers > 0) return;
        this.#topics.delete(topic);
        one.stop.abort();
      },
    };
  }

  #poll(topic: Topic, followed: Followed): void {
    const signal = AbortSignal.any([this.#closed, followed.stop.signal]);
    const ask = async (): Promise<KnownEnds> => {
      await pause(POLL_INTERVAL_MS, signal);
      signal.throwIfAborted();
      return { ends: await this.#endsOf(topic, signal), asOf: new Date() };
    };
    const again = (): void => {
      followed.next.catch(() => undefined);
      followed.next = ask();
      // A failure reaches the callers that wait now. Later callers ask again.
      followed.next.then(again, () => {
        if (!signal.aborted) again();
      });
    };
    again();
  }

  /** @throws {MillraceError} TOPIC_MISSING, LOG_UNAVAILABLE */
  async #endsOf(topic: Topic, signal: AbortSignal): Promise<readonly Offset[]> {
    // One request per broker, where the log can be asked so. It leaves out a topic that is gone: `bounds` says why.
    const ends = (await this.#log.inspection?.ends([topic], signal))?.get(topic);
    return ends ?? (await this.#log.bounds(topic, signal)).map(({ end }) => offset(end));
  }
}
