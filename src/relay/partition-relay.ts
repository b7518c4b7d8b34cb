import { MillraceError } from '../core/errors.js';
import type { Relayed } from '../core/event.js';
import { type Offset, offset } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import type { LogBatch } from '../core/record.js';
import type { Metrics } from '../observe/metrics.js';
import { type EventLog, OffsetOutOfRange } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import type { Triage } from './triage.js';

export interface PartitionRelayParts {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly triage: Triage;
  readonly metrics: Metrics;
  /** How many events the window of a partition holds: how far back a relay begins when nothing is known. */
  readonly windowEvents: number;
  /** Offsets that retention has taken before they were relayed: from `from` on, before `to`. */
  readonly onSkipped: (stretch: TopicPartition & { readonly from: Offset; readonly to: Offset }) => void;
}

/** How much one atomic step of the fan-out carries, so that it does not hold the fan-out up for long. */
const STRETCH_EVENTS = 500;
const STRETCH_BYTES = 1 << 20;
/**
 * D7: how long after the last event its beats follow, in milliseconds. While events follow each other more
 * quickly, each shows the loss of the one before. The second beat is for when the first is lost too.
 */
const BEATS = [150, 350];

/**
 * Relays one partition while it is assigned to this member. The progress is the fan-out's own, changed in
 * the same atomic step as the events are published; this object only remembers it.
 */
export class PartitionRelay {
  readonly #at: TopicIdPartition;
  readonly #parts: PartitionRelayParts;
  /** The right to write; `undefined` until claimed, and once it was refused. */
  #token: string | undefined;
  /** Relayed or passed over up to here. */
  #passed: Offset = offset(-1);
  /** The next offset that the group brings. */
  #next: Offset = offset(0);
  /** When something was last relayed, by the clock that never jumps, and how many beats followed it. */
  #touchedAt = 0;
  #beats = BEATS.length;

  constructor(at: TopicIdPartition, parts: PartitionRelayParts) {
    this.#at = at;
    this.#parts = parts;
  }

  /** Claims the partition. @returns where to read on */
  async claim(signal: AbortSignal): Promise<Offset> {
    const { log, fanout, windowEvents } = this.#parts;
    const claim = await fanout.claim(this.#at, signal);
    const bounds = (await log.bounds(this.#at.topic, signal))[this.#at.partition];
    if (bounds === undefined) throw new MillraceError('TOPIC_MISSING', `${partitionName(this.#at)} is gone.`);
    const { topicId } = this.#at;
    const another = topicId !== undefined && claim.topicId !== topicId;
    // Held only once it is known where the fan-out stands: a claim that fails half-way is made anew.
    this.#token = undefined;
    if (another || claim.passed === undefined || claim.passed >= bounds.end) {
      // Wiped, never relayed, or the topic was made anew: fill the window from the log. Nodes that missed
      // what was before it have a gap, and repair it.
      await this.#reset(claim.token, offset(Math.max(bounds.earliest, bounds.end - windowEvents) - 1));
    } else {
      this.#passed = claim.passed;
      if (claim.passed + 1 < bounds.earliest) await this.#skip(claim.token, bounds.earliest);
    }
    this.#token = claim.token;
    this.#next = offset(Math.max(this.#passed + 1, bounds.earliest));
    return this.#next;
  }

  /**
   * D5: retention has passed the progress, so that what comes next does not follow it. Nodes that stand before
   * have a gap that cannot be repaired, and say so.
   */
  async #skip(token: string, earliest: Offset): Promise<void> {
    const from = offset(this.#passed + 1);
    await this.#reset(token, offset(earliest - 1));
    this.#parts.onSkipped({ ...this.#at, from, to: earliest });
  }

  /** Goes on after `passed`, whatever was before. Beats show it also when nothing comes next. */
  async #reset(token: string, passed: Offset): Promise<void> {
    const { topicId } = this.#at;
    const outcome = await this.#parts.fanout.reset(this.#at, token, { topicId, passed });
    if (outcome === 'FENCED') throw this.#fenced();
    this.#passed = passed;
    this.#touch();
  }

  /** Relays a batch that the group brought. @throws when it has to be brought again */
  async relay(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const expected = this.#next;
    if (this.#token === undefined) {
      await this.claim(signal);
      this.#next = expected;
    }
    if (this.#passed + 1 < this.#next) await this.#catchUp(this.#next, signal);
    await this.#pass(batch);
    this.#next = offset(Math.max(this.#next, batch.last + 1));
  }

  /** D7: a beat when one is due after the last event, so that a loss with nothing after it shows. */
  async beat(): Promise<void> {
    const due = BEATS[this.#beats];
    if (due === undefined || performance.now() - this.#touchedAt < due) return;
    this.#beats += 1;
    await this.#parts.fanout.beat(this.#at);
  }

  #touch(): void {
    this.#touchedAt = performance.now();
    this.#beats = 0;
  }

  /** The fan-out stands before what the group brings next, as after a wipe: the log has the rest. */
  async #catchUp(until: Offset, signal: AbortSignal): Promise<void> {
    while (this.#passed + 1 < until) {
      const from = offset(this.#passed + 1);
      try {
        for await (const batch of this.#parts.log.read({ ...this.#at, from, until }, signal)) {
          await this.#pass(batch);
        }
        return;
      } catch (error) {
        if (!(error instanceof OffsetOutOfRange) || error.bounds.earliest <= error.at.offset) throw error;
        await this.#skip(this.#held(), error.bounds.earliest);
      }
    }
  }

  async #pass(batch: LogBatch): Promise<void> {
    const events = await this.#parts.triage.sort(batch);
    for (const { slice, through } of stretches(events, batch.last)) await this.#write(slice, through);
  }

  async #write(events: readonly Relayed[], through: Offset): Promise<void> {
    if (through <= this.#passed) return;
    const { fanout, metrics } = this.#parts;
    const outcome = await fanout.relay(this.#at, this.#held(), { after: this.#passed, through, events });
    switch (outcome.status) {
      case 'RELAYED':
        this.#passed = through;
        if (events.length > 0) this.#touch();
        metrics.relayed.inc({ topic: this.#at.topic }, events.length - outcome.duplicates);
        if (outcome.duplicates > 0)
          metrics.relayDuplicates.inc({ topic: this.#at.topic }, outcome.duplicates);
        return;
      case 'GAP':
        // The fan-out lost its newest writes. Claim again, and catch up from where it stands.
        this.#token = undefined;
        throw new MillraceError(
          'FANOUT_UNAVAILABLE',
          `${partitionName(this.#at)} fell back to ${outcome.passed}.`,
        );
      case 'FENCED':
        throw this.#fenced();
    }
  }

  #held(): string {
    if (this.#token === undefined) throw this.#fenced();
    return this.#token;
  }

  /** D9: somebody else has claimed the partition, or the fan-out was wiped. Nothing was written. */
  #fenced(): MillraceError {
    this.#token = undefined;
    this.#parts.metrics.relayFenced.inc({ topic: this.#at.topic });
    return new MillraceError(
      'FANOUT_UNAVAILABLE',
      `The claim on ${partitionName(this.#at)} no longer holds.`,
    );
  }
}

interface Slice {
  readonly slice: readonly Relayed[];
  readonly through: Offset;
}

/** Cuts events into stretches that one step can carry; the last one reaches to `last`. */
function* stretches(events: readonly Relayed[], last: Offset): Generator<Slice> {
  let start = 0;
  let bytes = 0;
  for (const [i, { offset: at, event }] of events.entries()) {
    bytes += event.data?.length ?? 0;
    if (i + 1 - start >= STRETCH_EVENTS || bytes >= STRETCH_BYTES) {
      yield { slice: events.slice(start, i + 1), through: at };
      start = i + 1;
      bytes = 0;
    }
  }
  yield { slice: events.slice(start), through: last };
}
