import { retry, withSignal } from '../core/async.js';
import { Deadline } from '../core/deadline.js';
import { partition, type Topic } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import { RecordDecoder } from '../core/record-decoder.js';
import type { TopicFormats } from '../core/topic-format.js';
import type { EventTrail } from '../observe/event-trail.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import type { EventTracer } from '../observe/tracing/tracer.js';
import { WarningThrottle } from '../observe/warning-throttle.js';
import { PlacementCheck } from '../placement/placement-check.js';
import type { TopicLayouts } from '../placement/topic-layouts.js';
import type { AssignedBatch, GroupMember } from '../ports/consumer-groups.js';
import type { EventLog } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import { BatchDecoder } from './batch-decoder.js';
import { LatestCommit } from './latest-commit.js';
import { PartitionRelay } from './partition-relay.js';

interface RelayOptions {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** The consumer group. Relays of one group share the partitions. */
  readonly group: string;
  readonly formats: TopicFormats;
  /** What the names of dead-letter topics end with (`.dlt`). */
  readonly deadLetterSuffix?: string | undefined;
  /** The event types of each topic that the schema names. */
  readonly types?: ReadonlyMap<Topic, ReadonlySet<string>>;
  /** What is known of where the keys of topics lie. */
  readonly layouts: TopicLayouts;
  /** How many events of each partition the window keeps, approximately. */
  readonly windowEvents: number;
  readonly tracer?: EventTracer | undefined;
  readonly trail?: EventTrail | undefined;
}

/** D7: how often to check whether the beats of partitions are due. */
const BEAT_CHECK_INTERVAL_MS = 50;
/** How long the last commits may take when the relay stops. */
const LAST_COMMITS_TIMEOUT_MS = 1_000;

/**
 * Moves events from the log into the fan-out, as one member of the relays' consumer group. The group assigns each
 * partition to one member. A member that does not know yet that it lost a partition is fenced by the fan-out (D9).
 *
 * Each batch takes three steps: decode its records (`BatchDecoder`), append dead letters for those that are not valid
 * events, and relay the events in atomic stretches (`PartitionRelay`).
 */
export class Relay implements AsyncDisposable {
  readonly #options: RelayOptions;
  /** The partitions that are assigned to this member. */
  readonly #assigned = new Map<string, PartitionRelay>();
  /**
   * Per partition, and kept when it is reassigned: a commit of the former assignment may still be in flight, and the
   * first one of the new assignment has to wait for it.
   */
  readonly #commits = new Map<string, LatestCommit>();
  readonly #decoder: BatchDecoder;
  readonly #placements: PlacementCheck;
  readonly #warnings: WarningThrottle;
  #member: GroupMember | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: RelayOptions) {
    this.#options = options;
    this.#warnings = new WarningThrottle(options.logger);
    this.#placements = new PlacementCheck({
      ...options,
      announce: (topic, partitions) => this.#announceLayout(topic, partitions),
    });
    this.#decoder = new BatchDecoder({ ...options, decoder: new RecordDecoder(options.formats) });
  }

  /** Resolves once this member has joined the group. */
  static async start(options: RelayOptions, signal: AbortSignal): Promise<Relay> {
    const relay = new Relay(options);
    relay.#member = await options.log.join(
      { group: options.group, topics: [...options.formats.keys()] },
      {
        assigned: (assigned, lost) => relay.#assign(assigned, lost),
        batch: (batch) => relay.#relayBatch(batch),
      },
      signal,
    );
    relay.#timer = setInterval(() => relay.#sendBeats(), BEAT_CHECK_INTERVAL_MS);
    return relay;
  }

  /** Rejects when the relay cannot continue. */
  get ended(): Promise<void> {
    return this.#member?.ended ?? Promise.resolve();
  }

  #assign(assigned: TopicIdPartition, lost: AbortSignal) {
    const { log, fanout, metrics, windowEvents, tracer, trail, group } = this.#options;
    const relay = new PartitionRelay(assigned, {
      log,
      fanout,
      metrics,
      windowEvents,
      tracer,
      trail,
      group,
      decoder: this.#decoder,
      placements: this.#placements,
      onSkipped: ({ from, to }) => {
        metrics.problems.inc({ kind: 'retention' });
        const range = { partition: partitionName(assigned), from, to };
        this.#options.logger.warn(range, 'retention deleted offsets before they were relayed');
      },
    });
    const name = partitionName(assigned);
    this.#assigned.set(name, relay);
    lost.addEventListener('abort', () => {
      if (this.#assigned.get(name) !== relay) return;
      this.#assigned.delete(name);
      metrics.relayLag.remove({ topic: assigned.topic, partition: assigned.partition });
    });
    // The group waits for this: the first batch begins at the offset that the claim returns.
    return retry(() => relay.claim(lost), {
      signal: lost,
      onFailure: (error) => this.#problem('relay-claim', assigned, error),
    });
  }

  async #relayBatch(batch: AssignedBatch): Promise<void> {
    const relay = this.#assigned.get(partitionName(batch));
    if (relay === undefined)
      throw new Error(`The group delivered a batch of ${partitionName(batch)}, which is not assigned`);
    try {
      await relay.relay(batch, batch.signal);
    } catch (error) {
      if (!batch.signal.aborted) this.#problem('relay', batch, error);
      throw error;
    }
    // Only shows the group's lag to operators. The progress that counts is in the fan-out.
    this.#commitsOf(batch).push(() => batch.commit());
  }

  #commitsOf({ topic, partition: number }: AssignedBatch): LatestCommit {
    const at = { topic, partition: number };
    const name = partitionName(at);
    const commits =
      this.#commits.get(name) ?? new LatestCommit((error) => this.#problem('relay-commit', at, error));
    this.#commits.set(name, commits);
    return commits;
  }

  /** Tells every node that follows the topic. What gets lost is read from the layout within a second. */
  async #announceLayout(topic: Topic, partitions: number): Promise<void> {
    const numbers = Array.from({ length: partitions }, (_, number) => partition(number));
    try {
      await Promise.all(
        numbers.map((number) => this.#options.fanout.announceLayout({ topic, partition: number })),
      );
    } catch (error) {
      this.#count('relay-announce', error);
    }
  }

  #sendBeats(): void {
    for (const relay of this.#assigned.values()) {
      relay.beat().catch((error: unknown) => this.#count('relay-beat', error));
    }
  }

  #problem(kind: string, at: TopicPartition, error: unknown): void {
    this.#count(kind, error, partitionName(at));
  }

  #count(kind: string, error: unknown, name?: string): void {
    this.#options.metrics.problems.inc({ kind });
    this.#warnings.report(kind, error, `${kind} failed; retrying`, { partition: name });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    // While this is still a member: the group's lag is right then. The log may be away, so this waits for a moment only.
    const flushed = Promise.all([...this.#commits.values()].map((commits) => commits.flush()));
    using deadline = new Deadline(LAST_COMMITS_TIMEOUT_MS);
    await withSignal(flushed, deadline.signal).catch(() => undefined);
    await this.#member?.[Symbol.asyncDispose]();
    this.#warnings[Symbol.dispose]();
  }
}
