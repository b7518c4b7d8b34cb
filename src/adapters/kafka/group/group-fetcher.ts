import { pause, retryPauseMs, withSignal } from '../../../core/async.js';
import type { Topic } from '../../../core/ids.js';
import { partitionName } from '../../../core/position.js';
import { REFUSED_RETRY_MS, refusalIn } from '../../../core/refusal.js';
import type { OnProblem } from '../../../ports/problem.js';
import { type Connection, isTopicMissing } from '../wire/connection.js';
import { failureOf } from '../wire/failures.js';
import { type FetchedPartition, fetchFrom, type PartitionFetch } from '../wire/fetch.js';
import type { Broker } from '../wire/internal-types.js';
import type { Assignment } from './assignment.js';
import { ReadReplicas } from './read-replicas.js';

/** How long a broker holds a fetch that has nothing to return. It answers at once when a record arrives. */
const MAX_WAIT_MS = 250;
/** The same while a partition of the broker is left out because its queue is full: it should be asked for soon. */
const BUSY_MAX_WAIT_MS = 25;
const FAILURE_PAUSE_MS = 200;
const MAX_BACKOFF_MS = 5_000;

interface GroupFetcherOptions {
  readonly maxBytes: number;
  /** Where this client is: partitions are fetched from replicas there. */
  readonly rack?: string;
  readonly onProblem: OnProblem;
  /** Asks the cluster at once whether a topic was recreated. */
  recheckTopic(): void;
}

interface AssignmentFetch extends PartitionFetch {
  readonly assignment: Assignment;
  /** The assignment's epoch, which its answer has to carry: see `AssignmentState`. */
  readonly epoch: number;
}

interface BrokerFetch {
  readonly broker: Broker;
  readonly partitions: AssignmentFetch[];
  /** Whether every assignment that is fetched from the broker is in `partitions`. */
  complete: boolean;
}

/**
 * Fetches for the assignments of one generation. Each broker has at most one request under way, for all partitions
 * that are fetched from it and whose queues have room, so a partition with a slow handler holds up no other.
 */
export class GroupFetcher {
  readonly #connection: Connection;
  readonly #assignments: readonly Assignment[];
  readonly #options: GroupFetcherOptions;
  /** Node ids of the brokers with a request under way. */
  readonly #busy = new Set<number>();
  /** Assignments whose topic does not exist: left out until it does, so that they hold up no other. */
  readonly #missing = new Set<Assignment>();
  /** Assignments whose topic this process may not read: left out for a while, for the same reason. */
  readonly #refused = new Set<Assignment>();
  readonly #replicas = new ReadReplicas();
  #wake = (): void => {};

  constructor(connection: Connection, assignments: readonly Assignment[], options: GroupFetcherOptions) {
    this.#connection = connection;
    this.#assignments = assignments;
    this.#options = options;
    for (const assignment of assignments) assignment.onFetchable = () => this.#wake();
  }

  /** The topics exist: fetches their partitions again if it had given them up. */
  onPresent(topics: ReadonlySet<Topic>): void {
    for (const assignment of this.#missing) {
      if (!topics.has(assignment.at.topic)) continue;
      this.#missing.delete(assignment);
      this.#wake();
    }
  }

  /** Fetches until `signal` is aborted. Never rejects: failures are reported and retried. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => this.#wake();
    signal.addEventListener('abort', stop);
    try {
      for (let attempt = 0; !signal.aborted; ) {
        // Before the positions are read: whatever changes afterwards ends this wait.
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        try {
          for (const fetch of await this.#fetchesByBroker(signal)) this.#send(fetch, signal);
          attempt = 0;
        } catch (cause) {
          if (signal.aborted) return;
          const message = `The leaders of the group's partitions cannot be found: ${failureOf(cause).message}`;
          this.#options.onProblem({ kind: 'fetch', message, cause });
          await pause(retryPauseMs(cause, attempt++, MAX_BACKOFF_MS), signal);
          continue;
        }
        await woken;
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #fetchesByBroker(signal: AbortSignal): Promise<BrokerFetch[]> {
    const byBroker = new Map<Broker, BrokerFetch>();
    /** The brokers that were found, each once: there may be many partitions, at each request (bench: paced). */
    const brokers = new Map<number, Broker>();
    for (const assignment of this.#assignments) {
      if (this.#missing.has(assignment) || this.#refused.has(assignment)) continue;
      const broker =
        (await this.#replicaOf(assignment)) ??
        brokers.get(this.#connection.knownLeader(assignment.at) ?? -1) ??
        (await this.#leaderOf(assignment, signal));
      if (broker === undefined) continue;
      brokers.set(broker.nodeId, broker);
      const fetch = byBroker.get(broker) ?? { broker, partitions: [], complete: true };
      byBroker.set(broker, fetch);
      const position = assignment.fetchPosition;
      if (position === undefined) fetch.complete = false;
      else fetch.partitions.push({ ...assignment.at, ...position, assignment });
    }
    return [...byBroker.values()].filter(({ partitions }) => partitions.length > 0);
  }

  async #replicaOf(assignment: Assignment): Promise<Broker | undefined> {
    const nodeId = this.#replicas.of(assignment);
    if (nodeId === undefined) return undefined;
    try {
      return await this.#connection.broker(nodeId);
    } catch {
      // It is away, or has left the cluster. The leader names another one, or answers itself.
      this.#replicas.forget(assignment);
      return undefined;
    }
  }

  async #leaderOf(assignment: Assignment, signal: AbortSignal): Promise<Broker | undefined> {
    try {
      return await this.#connection.leader(assignment.at, signal);
    } catch (error) {
      if (refusalIn(error)?.kind === 'authorization') this.#leaveOut(assignment, signal);
      else if (!isTopicMissing(error)) throw error;
      else {
        this.#missing.add(assignment);
        this.#options.recheckTopic();
      }
      return undefined;
    }
  }

  /** The refusal is told already. Fetching again, slowly, shows that it was mended. */
  #leaveOut(assignment: Assignment, signal: AbortSignal): void {
    this.#refused.add(assignment);
    void pause(REFUSED_RETRY_MS, signal).then(() => {
      this.#refused.delete(assignment);
      this.#wake();
    });
  }

  #send(fetch: BrokerFetch, signal: AbortSignal): void {
    const { nodeId } = fetch.broker;
    if (this.#busy.has(nodeId)) return;
    this.#busy.add(nodeId);
    void this.#fetch(fetch, signal).finally(() => {
      this.#busy.delete(nodeId);
      // What became of this answer goes to the sockets first: the next request would delay it (bench: paced).
      setImmediate(() => this.#wake());
    });
  }

  /** Never rejects: a failure is reported, and the next request waits a moment. */
  async #fetch({ broker, partitions, complete }: BrokerFetch, signal: AbortSignal): Promise<void> {
    const { maxBytes, rack = '', onProblem } = this.#options;
    const maxWaitMs = complete ? MAX_WAIT_MS : BUSY_MAX_WAIT_MS;
    try {
      const answer = await withSignal(fetchFrom(broker, partitions, { maxWaitMs, maxBytes, rack }), signal);
      const failed = this.#deliver(partitions, answer, signal);
      if (failed === undefined) return;
      const message = `${partitionName(failed)} cannot be fetched: ${failureOf(failed.error).message}`;
      onProblem({ kind: 'fetch', message, cause: failed.error });
    } catch (cause) {
      if (signal.aborted) return;
      for (const { topic } of partitions) this.#connection.forget(topic);
      for (const { assignment } of partitions) this.#replicas.forget(assignment);
      onProblem({ kind: 'fetch', message: `A fetch failed: ${failureOf(cause).message}`, cause });
    }
    await pause(FAILURE_PAUSE_MS, signal);
  }

  /** Gives each assignment its part of an answer. @returns a partition that failed, if one did */
  #deliver(
    partitions: readonly AssignmentFetch[],
    answer: readonly FetchedPartition[],
    signal: AbortSignal,
  ): FetchedPartition | undefined {
    const byName = new Map(partitions.map((one) => [partitionName(one), one]));
    let failed: FetchedPartition | undefined;
    for (const fetched of answer) {
      const asked = byName.get(partitionName(fetched));
      if (asked === undefined) continue;
      const { assignment, epoch } = asked;
      // Not delivered: an answer without records would count as one that has passed over all of them.
      if (fetched.preferredReplica !== undefined) this.#replicas.prefer(assignment, fetched.preferredReplica);
      else if (fetched.error === undefined) assignment.deliver(fetched, epoch);
      // A follower may be behind what was read, or follow no longer. The leader decides, in the next request.
      else if (this.#replicas.forget(assignment)) failed = fetched;
      else if (failureOf(fetched.error).type === 'OFFSET_OUT_OF_RANGE') assignment.outOfRange(epoch);
      else if (refusalIn(this.#connection.explainTopic(fetched.error, fetched.topic)) !== undefined)
        this.#leaveOut(assignment, signal);
      else {
        // The leader has moved, or the topic was recreated.
        this.#connection.forget(fetched.topic);
        this.#options.recheckTopic();
        failed = fetched;
      }
    }
    return failed;
  }
}
