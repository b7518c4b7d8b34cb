import type { OutcomeRequest } from '../binding/runtime/context.js';
import { deferred } from '../core/async.js';
import type { PartitionPosition, StreamPosition } from '../core/cursor.js';
import { topicFingerprintOf } from '../core/cursor.js';
import { MillraceError } from '../core/errors.js';
import type { Relayed } from '../core/event.js';
import { parseJson } from '../core/exact-json.js';
import type { Identity } from '../core/identity.js';
import { offset, type Partition, type Topic } from '../core/ids.js';
import { partitionsOf } from '../core/partitioner.js';
import type { Position, TopicPartition } from '../core/position.js';
import { ResourceStack } from '../core/resource-stack.js';
import { CLOCK_MARGIN_MS, type History, type LocatedEvent } from './history.js';
import { OutcomeFollowers, type OutcomeWaiter } from './outcome-followers.js';
import type { OutcomeSource } from './outcome-source.js';

/** A subscription in which a client can wait for an outcome that did not arrive in time. */
export interface FollowUp {
  readonly topic: Topic;
  /** The key that it follows. `undefined`: every key. */
  readonly key: string | undefined;
  /** The cursor with which the caller starts it after `position`. */
  cursor(position: StreamPosition): string;
}

interface OutcomesOptions {
  readonly source: OutcomeSource;
  /** Where a retry looks for the outcome of its first attempt. */
  readonly history: History;
  /** How many mutations may wait (C4). */
  readonly maxWaiting: number;
  followUp(field: string, args: Readonly<Record<string, unknown>>, identity: Identity): FollowUp;
}

/** The mutation that waits. */
interface OutcomeCaller {
  readonly identity: Identity;
  readonly correlationId: string;
  readonly signal: AbortSignal;
  /** When the first attempt began, if this is a later one: its outcome may be in the log already. */
  readonly firstStartedAt?: number | undefined;
  /** Called with the position of the outcome. */
  onFound?(position: Position): void;
}

/** Lets mutations wait for the events that answer them. */
export class Outcomes {
  readonly #options: OutcomesOptions;
  readonly #followers: OutcomeFollowers;
  #waiting = 0;

  constructor(options: OutcomesOptions) {
    this.#options = options;
    this.#followers = new OutcomeFollowers(options.source);
  }

  /**
   * Follows the partitions of the outcome, then publishes, then waits. In this order no outcome can be missed, not
   * even one that arrives before the log has acknowledged the mutation's own event (D2).
   * @returns the outcome's data, with `__typename`
   * @throws {MillraceError} OUTCOME_PENDING, OVERLOADED; what `publish` throws
   */
  async wait(
    given: OutcomeRequest,
    caller: OutcomeCaller,
    publish: () => Promise<unknown>,
  ): Promise<Readonly<Record<string, unknown>>> {
    await using resources = new ResourceStack();
    this.#admit(resources);
    const { source } = this.#options;
    const { key } = given;
    const request = { ...given, key: key === undefined ? undefined : source.subjectOf(given.topic, key) };
    const { field, args } = request.follow ?? {};
    const followUp =
      field === undefined ? undefined : this.#options.followUp(field, args ?? {}, caller.identity);
    const { id, partitions, ends } = await source.describe(request.topic, request.key ?? followUp?.key);
    // A follow-up begins in other partitions, should it have to, before anything that an earlier attempt may have caused.
    const asOf = Math.min(Date.now(), caller.firstStartedAt ?? Number.POSITIVE_INFINITY);
    const partitionsOfKey = (key: string | undefined): readonly Partition[] =>
      partitionsOf(source.placementOf(request.topic, key), partitions);
    const candidates = partitionsOfKey(request.key);
    const live = deferred<LocatedEvent | undefined>();
    const waiter: OutcomeWaiter = {
      topic: request.topic,
      correlationId: caller.correlationId,
      matches: matcherOf(request, caller.correlationId),
      onFound: (event, at) => live.resolve({ event, at }),
      onLost: () => live.resolve(undefined),
    };
    const positions = await this.#follow(
      request.topic,
      candidates,
      followUp === undefined ? [] : partitionsOfKey(followUp.key),
      waiter,
      caller.firstStartedAt,
      resources,
    );
    this.#followers.register(waiter, resources);
    const isElsewhere = (): boolean => partitionsOfKey(request.key).length > candidates.length;
    const others = partitionsOf(undefined, partitions)
      .filter((number) => !candidates.includes(number))
      .map((partition) => {
        const at = { topic: request.topic, partition };
        return caller.firstStartedAt === undefined
          ? { ...at, from: ends?.[partition] ?? offset(0) }
          : { ...at, since: caller.firstStartedAt };
      });
    const widen = once(() => this.#widen(waiter, others, resources));
    this.#onScattered(request.topic, () => isElsewhere() && widen(), resources);
    await publish();
    const found =
      (await this.#findEarlier(request.topic, candidates, waiter, caller.firstStartedAt)) ??
      (await withinTime(live.promise, request.within, waiter, caller.signal, resources));
    if (found !== undefined) {
      caller.onFound?.({ ...found.at, offset: found.event.offset });
      return answerOf(found.event);
    }
    const topicFingerprint = topicFingerprintOf(id);
    const cursor = followUp?.cursor({ positions, topicFingerprint, partitions, asOf });
    const { correlationId } = caller;
    const message = `The event is published, but its outcome did not arrive within ${request.within} ms.`;
    const details = { correlationId, ...(followUp !== undefined && { cursor, field, args }) };
    throw new MillraceError('OUTCOME_PENDING', message, { details });
  }

  /** C4: bounds the mutations that wait. @throws {MillraceError} OVERLOADED */
  #admit(resources: ResourceStack): void {
    if (this.#waiting >= this.#options.maxWaiting) {
      const message = `${this.#waiting} mutations are waiting for an outcome already; nothing was published. Retry later.`;
      throw new MillraceError('OVERLOADED', message, { details: { retryAfter: 1 } });
    }
    this.#waiting += 1;
    resources.defer(() => {
      this.#waiting -= 1;
    });
  }

  /**
   * Follows the partitions in which the outcome may be, and those of the follow-up subscription.
   * @returns where the follow-up starts. D4: for a retry that is before anything its first attempt may have caused
   */
  async #follow(
    topic: Topic,
    candidates: readonly Partition[],
    ofFollowUp: readonly Partition[],
    waiter: OutcomeWaiter,
    firstStartedAt: number | undefined,
    resources: ResourceStack,
  ): Promise<ReadonlyMap<Partition, PartitionPosition>> {
    const positions = new Map<Partition, PartitionPosition>();
    await Promise.all(
      [...new Set([...candidates, ...ofFollowUp])].map(async (partition) => {
        const at = { topic, partition };
        const isCandidate = candidates.includes(partition);
        const reached = await this.#followers.follow(at, isCandidate ? waiter : undefined, resources);
        if (ofFollowUp.includes(partition))
          positions.set(partition, await this.#positionBefore(at, reached, firstStartedAt));
      }),
    );
    return positions;
  }

  /** Calls `listener` now, and when keys of the topic may lie in any partition from then on. */
  #onScattered(topic: Topic, listener: () => unknown, resources: ResourceStack): void {
    const { listeners } = this.#options.source.placements;
    const onTopic = (scattered: Topic): void => void (scattered === topic && listener());
    listeners.add(onTopic);
    resources.defer(() => void listeners.delete(onTopic));
    listener();
  }

  /**
   * D2: the outcome may be in any partition. Follows the others too, and searches them from before the mutation's own
   * event on: the outcome may be the very record that revealed it.
   */
  async #widen(
    waiter: OutcomeWaiter,
    others: Parameters<History['findFirst']>[0],
    resources: ResourceStack,
  ): Promise<void> {
    await Promise.all(others.map((at) => this.#followers.follow(at, waiter, resources)));
    const found = await this.#options.history.findFirst(others, waiter.matches);
    if (found !== undefined) waiter.onFound(found.event, found.at);
  }

  async #positionBefore(
    at: TopicPartition,
    reached: PartitionPosition,
    firstStartedAt: number | undefined,
  ): Promise<PartitionPosition> {
    if (firstStartedAt === undefined) return reached;
    const before = await this.#options.source.offsetBefore(at, firstStartedAt - CLOCK_MARGIN_MS);
    return before < reached.offset ? { offset: before, fingerprint: 0 } : reached;
  }

  /** The outcome of an earlier attempt. It is searched for first: what arrives live may be a second outcome. */
  async #findEarlier(
    topic: Topic,
    candidates: readonly Partition[],
    { matches }: OutcomeWaiter,
    firstStartedAt: number | undefined,
  ): Promise<LocatedEvent | undefined> {
    if (firstStartedAt === undefined) return undefined;
    const ranges = candidates.map((partition) => ({ topic, partition, since: firstStartedAt }));
    return this.#options.history.findFirst(ranges, matches);
  }
}

/** `live`, or `undefined` once the time is over or the caller is gone. */
function withinTime(
  live: Promise<LocatedEvent | undefined>,
  ms: number,
  { onLost }: OutcomeWaiter,
  signal: AbortSignal,
  resources: ResourceStack,
): Promise<LocatedEvent | undefined> {
  const timer = setTimeout(onLost, ms);
  signal.addEventListener('abort', onLost, { once: true });
  resources.defer(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', onLost);
  });
  return live;
}

/** Events of other keys may share the correlation id and the partition: with a key, only its events match. */
function matcherOf({ types, key }: OutcomeRequest, correlationId: string): (event: Relayed) => boolean {
  const wanted = new Set(types);
  return ({ event }) =>
    event.correlationId === correlationId &&
    event.data !== null &&
    wanted.has(event.type) &&
    (key === undefined || event.subject === key);
}

function answerOf({ event }: Relayed): Readonly<Record<string, unknown>> {
  const data = event.data === null ? {} : parseJson(event.data);
  // The relay passes on JSON objects only (`decodeRecord`).
  return { ...(data as Record<string, unknown>), __typename: event.type };
}

/** Runs `work` at the first call only. A failure is not reported: the outcome is then pending, as if it were late. */
function once(work: () => Promise<void>): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work().catch(() => undefined);
  };
}
