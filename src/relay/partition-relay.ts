import { MillraceError } from '../core/errors.js';
import type { Relayed } from '../core/event.js';
import { metadataLength } from '../core/event-metadata.js';
import { type Offset, offset } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import type { LogBatch } from '../core/record.js';
import type { EventTrail } from '../observe/event-trail.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventTracer } from '../observe/tracing/tracer.js';
import type { PlacementCheck } from '../placement/placement-check.js';
import type { EventLog } from '../ports/event-log.js';
import type { Fanout, RelayChunk, RelayOutcome } from '../ports/fanout.js';
import { readRetained } from '../ports/retained.js';
import type { BatchDecoder } from './batch-decoder.js';

interface PartitionRelayParts {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly decoder: BatchDecoder;
  readonly placements: PlacementCheck;
  readonly metrics: Metrics;
  /** How many events a partition's window holds. If the progress is unknown, the relay starts this many offsets before the end. */
  readonly windowEvents: number;
  readonly tracer?: EventTracer | undefined;
  readonly trail?: EventTrail | undefined;
  /** The relays' consumer group, which spans name. */
  readonly group?: string | undefined;
  /** Called with offsets in `[from, to)` that retention deleted before they were relayed. */
  readonly onSkipped: (range: TopicPartition & { readonly from: Offset; readonly to: Offset }) => void;
}

/** The limits of one atomic step: Redis is blocked while the script runs. */
const MAX_CHUNK_EVENTS = 500;
const MAX_CHUNK_BYTES = 1 << 20;
/**
 * D7: when beats follow the last event. While events follow each other more quickly, each one shows the loss of the
 * one before it, so no beat is due. The second beat covers the loss of the first.
 */
const BEAT_DELAYS_MS = [150, 350];

/**
 * Relays one partition while it is assigned to this member of the group.
 *
 * The progress that counts is in the fan-out, where it changes in the same atomic step as the events are published.
 * `#progress` is a copy of it, correct as long as the claim holds. Whenever the two may differ, the claim is dropped
 * (`#token = undefined`), and the next batch begins with a new claim, which reads the progress again. There are three
 * such cases:
 *
 * 1. *Another relay claimed the partition.* This one was paused past its session, the group gave the partition to
 *    another member, that one claimed it, and now this one's write arrives. Its token is old: FENCED (D9).
 * 2. *Redis was wiped.* The progress is gone, so the next write is FENCED as well. The new claim finds no progress and
 *    resets the partition near the end of the log.
 * 3. *Redis lost its newest writes*, after a failover to a replica that was behind. The progress is before `#progress`, so
 *    the chunk does not follow it: GAP. The new claim finds the older progress, and `#catchUp` reads the rest from
 *    the log.
 */
export class PartitionRelay {
  readonly #at: TopicIdPartition;
  readonly #parts: PartitionRelayParts;
  /** The right to write; `undefined` until the partition is claimed, and again once a write was refused. */
  #token: string | undefined;
  /** Every offset up to here is relayed or skipped. */
  #progress: Offset = offset(-1);
  /** The next offset that the group delivers. */
  #next: Offset = offset(0);
  /** When something was last relayed, by the monotonic clock (`performance.now`). */
  #lastRelayedAt = 0;
  /** How many beats were sent since then. */
  #beatsSent = BEAT_DELAYS_MS.length;

  constructor(at: TopicIdPartition, parts: PartitionRelayParts) {
    this.#at = at;
    this.#parts = parts;
  }

  /** Claims the partition, which fences every other relay of it (D9). @returns the offset to continue at */
  async claim(signal: AbortSignal): Promise<Offset> {
    const { log, fanout, placements, windowEvents } = this.#parts;
    const claim = await fanout.claim(this.#at, signal);
    const all = await log.bounds(this.#at.topic, signal);
    const bounds = all[this.#at.partition];
    if (bounds === undefined)
      throw new MillraceError('TOPIC_MISSING', `${partitionName(this.#at)} does not exist.`);
    const { topicId } = this.#at;
    // Not `isRecreated`: a progress without a topic id may belong to another topic, so it is not trusted.
    const isOfAnotherTopic = topicId !== undefined && claim.topicId !== topicId;
    // Set only at the end: when this fails half-way, the next batch claims again.
    this.#token = undefined;
    const isKnown = !isOfAnotherTopic && claim.progress !== undefined && claim.progress < bounds.end;
    const resumed = isKnown ? claim.progress : undefined;
    if (resumed === undefined) {
      // Redis was wiped, the partition was never relayed, or the topic was recreated: fill the window from the log.
      // Nodes that missed events before it have a gap, and repair it.
      await this.#reset(claim.token, offset(Math.max(bounds.earliest, bounds.end - windowEvents) - 1));
    } else {
      this.#progress = resumed;
      if (resumed + 1 < bounds.earliest) await this.#skip(claim.token, bounds.earliest);
    }
    await placements.begin(this.#at, all, resumed === undefined ? this.#progress : undefined);
    this.#token = claim.token;
    this.#next = offset(Math.max(this.#progress + 1, bounds.earliest));
    return this.#next;
  }

  /**
   * D5: retention has deleted offsets after the progress. The progress moves to the first offset that is left. Nodes
   * that are before it then have a gap, find that the log cannot repair it, and notify their subscribers.
   */
  async #skip(token: string, earliest: Offset): Promise<void> {
    const from = offset(this.#progress + 1);
    await this.#reset(token, offset(earliest - 1));
    this.#parts.onSkipped({ ...this.#at, from, to: earliest });
  }

  /** Sets the progress to `progress`, whatever it was. Beats follow, so nodes notice even when no event does. */
  async #reset(token: string, progress: Offset): Promise<void> {
    const { topicId } = this.#at;
    const outcome = await this.#parts.fanout.reset(this.#at, token, { topicId, progress });
    if (outcome === 'FENCED') throw this.#fenced();
    this.#progress = progress;
    this.#restartBeats();
  }

  /** Relays a batch that the group delivered. @throws when the group has to deliver it again */
  async relay(batch: LogBatch, signal: AbortSignal): Promise<void> {
    const expected = this.#next;
    const { topic, partition } = this.#at;
    // While the fan-out is away, the relay stays in this batch: it is behind by all of it.
    const { relayLag } = this.#parts.metrics;
    relayLag.set({ topic, partition }, Math.max(0, batch.end - (batch.records[0]?.offset ?? batch.end)));
    if (this.#token === undefined) {
      await this.claim(signal);
      // The group continues at its own offset, wherever the claim found the progress.
      this.#next = expected;
    }
    if (this.#progress + 1 < this.#next) await this.#catchUp(this.#next, signal);
    await this.#relayBatch(batch, signal);
    relayLag.set({ topic, partition }, Math.max(0, batch.end - batch.last - 1));
    this.#next = offset(Math.max(this.#next, batch.last + 1));
  }

  /** D7: sends a beat if one is due, so that the loss of the last event shows although no event follows. */
  async beat(): Promise<void> {
    const delayMs = BEAT_DELAYS_MS[this.#beatsSent];
    if (delayMs === undefined || performance.now() - this.#lastRelayedAt < delayMs) return;
    this.#beatsSent += 1;
    await this.#parts.fanout.beat(this.#at);
  }

  #restartBeats(): void {
    this.#lastRelayedAt = performance.now();
    this.#beatsSent = 0;
  }

  /** The progress is before the group's next offset, as after a wipe or a failover: relays what lies between. */
  async #catchUp(until: Offset, signal: AbortSignal): Promise<void> {
    const range = { ...this.#at, from: offset(this.#progress + 1), until };
    const onSkipped = (earliest: Offset): Promise<void> => this.#skip(this.#requireToken(), earliest);
    for await (const batch of readRetained(this.#parts.log, range, signal, onSkipped))
      await this.#relayBatch(batch, signal);
  }

  async #relayBatch(batch: LogBatch, signal: AbortSignal): Promise<void> {
    // Before anything is relayed: a node that has an event also knows, or soon learns, where its key's others may be.
    const found = this.#parts.placements.check(batch, signal);
    if (found !== undefined) await found;
    const events = await this.#parts.decoder.decode(batch, signal);
    for (const chunk of chunksOf(events, batch.last)) await this.#write(chunk.events, chunk.through);
  }

  async #write(events: readonly Relayed[], through: Offset): Promise<void> {
    if (through <= this.#progress) return;
    const { fanout, metrics, tracer, trail, group } = this.#parts;
    const chunk = { after: this.#progress, through, events };
    const relaying = fanout.relay(this.#at, this.#requireToken(), chunk);
    const spans = tracer?.relay(this.#at, group, events);
    const outcome = await (spans === undefined ? relaying : spans.during(relaying, refusedStatus));
    switch (outcome.status) {
      case 'RELAYED':
        this.#progress = through;
        if (events.length > 0) this.#restartBeats();
        trail?.relayed(this.#at, events);
        metrics.relayed.inc({ topic: this.#at.topic }, events.length - outcome.duplicates);
        if (outcome.duplicates > 0)
          metrics.relayDuplicates.inc({ topic: this.#at.topic }, outcome.duplicates);
        return;
      case 'GAP':
        // The fan-out lost its newest writes. The next batch claims again and catches up from `outcome.progress`.
        this.#token = undefined;
        throw new MillraceError(
          'FANOUT_UNAVAILABLE',
          `The fan-out lost progress of ${partitionName(this.#at)}: it is back at ${outcome.progress}. Retrying from there.`,
        );
      case 'FENCED':
        throw this.#fenced();
    }
  }

  #requireToken(): string {
    if (this.#token === undefined) throw this.#fenced();
    return this.#token;
  }

  /** D9: another relay has claimed the partition, or the fan-out was wiped. Nothing was written. */
  #fenced(): MillraceError {
    this.#token = undefined;
    this.#parts.metrics.relayFenced.inc({ topic: this.#at.topic });
    return new MillraceError(
      'FANOUT_UNAVAILABLE',
      `Lost the claim on ${partitionName(this.#at)}: another relay claimed it, or Redis was wiped. Claiming it again.`,
    );
  }
}

const refusedStatus = ({ status }: RelayOutcome): string | undefined =>
  status === 'RELAYED' ? undefined : status;

/** Cuts events into chunks that one atomic step can carry. The last chunk reaches to `last`. */
function* chunksOf(
  events: readonly Relayed[],
  last: Offset,
): Generator<Pick<RelayChunk, 'events' | 'through'>> {
  let start = 0;
  let bytes = 0;
  for (const [i, { offset: at, event }] of events.entries()) {
    bytes += (event.data?.length ?? 0) + metadataLength(event.metadata);
    if (i + 1 - start >= MAX_CHUNK_EVENTS || bytes >= MAX_CHUNK_BYTES) {
      yield { events: events.slice(start, i + 1), through: at };
      start = i + 1;
      bytes = 0;
    }
  }
  yield { events: events.slice(start), through: last };
}
