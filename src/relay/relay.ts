import { retry } from '../core/async.js';
import type { Topic } from '../core/ids.js';
import { partitionName, type TopicIdPartition, type TopicPartition } from '../core/position.js';
import type { TopicFormat } from '../core/topic-format.js';
import type { Logger } from '../observe/log.js';
import type { Metrics } from '../observe/metrics.js';
import { WarningThrottle } from '../observe/warning-throttle.js';
import type { AssignedBatch, EventLog, GroupMember } from '../ports/event-log.js';
import type { Fanout } from '../ports/fanout.js';
import { LatestCommit } from './latest-commit.js';
import { PartitionRelay } from './partition-relay.js';
import { Triage } from './triage.js';

export interface RelayOptions {
  readonly log: EventLog;
  readonly fanout: Fanout;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** The consumer group: relays of one group share the partitions. */
  readonly group: string;
  readonly formats: ReadonlyMap<Topic, TopicFormat>;
  readonly windowEvents: number;
}

/** D7: how often it is looked at whether a partition's beat is due, in milliseconds. */
const BEAT_INTERVAL = 50;

/** Moves events from the log into the fan-out: one member of the relays' consumer group. */
export class Relay implements AsyncDisposable {
  readonly #options: RelayOptions;
  readonly #partitions = new Map<string, PartitionRelay>();
  /** By partition, over all of its assignments. */
  readonly #committing = new Map<string, LatestCommit>();
  readonly #triage: Triage;
  readonly #warnings: WarningThrottle;
  #member: GroupMember | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: RelayOptions) {
    this.#options = options;
    this.#warnings = new WarningThrottle(options.logger);
    this.#triage = new Triage(options.log, options.formats, options.metrics, options.logger);
  }

  /** Resolves once this member has joined the group. */
  static async start(options: RelayOptions, signal: AbortSignal): Promise<Relay> {
    const relay = new Relay(options);
    relay.#member = await options.log.join(
      { group: options.group, topics: [...options.formats.keys()] },
      {
        assigned: (partition, lost) => relay.#assigned(partition, lost),
        batch: (batch) => relay.#batch(batch),
      },
      signal,
    );
    relay.#timer = setInterval(() => relay.#beat(), BEAT_INTERVAL);
    return relay;
  }

  /** Rejects when the relay cannot go on. */
  get ended(): Promise<void> {
    return this.#member?.ended ?? Promise.resolve();
  }

  #assigned(partition: TopicIdPartition, lost: AbortSignal) {
    const { log, fanout, metrics, windowEvents } = this.#options;
    const mine = new PartitionRelay(partition, {
      log,
      fanout,
      metrics,
      windowEvents,
      triage: this.#triage,
      onSkipped: ({ from, to }) => {
        metrics.problems.inc({ kind: 'retention' });
        const about = { partition: partitionName(partition), from, to };
        this.#options.logger.warn(about, 'retention has taken offsets before they were relayed');
      },
    });
    const name = partitionName(partition);
    this.#partitions.set(name, mine);
    lost.addEventListener('abort', () => {
      if (this.#partitions.get(name) === mine) this.#partitions.delete(name);
    });
    return retry(() => mine.claim(lost), {
      signal: lost,
      onFailure: (error) => this.#problem('relay-claim', partition, error),
    });
  }

  async #batch(batch: AssignedBatch): Promise<void> {
    const mine = this.#partitions.get(partitionName(batch));
    if (mine === undefined) throw new Error(`${partitionName(batch)} was never assigned`);
    try {
      await mine.relay(batch, batch.signal);
    } catch (error) {
      if (!batch.signal.aborted) this.#problem('relay', batch, error);
      throw error;
    }
    // Only for those who watch the group's lag: the progress that counts is the fan-out's.
    this.#commits(batch).push(() => batch.commit());
  }

  #commits({ topic, partition }: AssignedBatch): LatestCommit {
    const at = { topic, partition };
    const name = partitionName(at);
    const commits =
      this.#committing.get(name) ?? new LatestCommit((error) => this.#problem('relay-commit', at, error));
    this.#committing.set(name, commits);
    return commits;
  }

  #beat(): void {
    for (const mine of this.#partitions.values()) {
      mine.beat().catch((error: unknown) => this.#count('relay-beat', error));
    }
  }

  #problem(kind: string, partition: TopicPartition, error: unknown): void {
    this.#count(kind, error, partitionName(partition));
  }

  #count(kind: string, error: unknown, partition?: string): void {
    this.#options.metrics.problems.inc({ kind });
    this.#warnings.report(kind, error, `${kind} failed; it is tried again`, { partition });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#member?.[Symbol.asyncDispose]();
    this.#warnings[Symbol.dispose]();
  }
}
