import type { OutcomeRequest } from '../binding/runtime/context.js';
import type { PartitionPosition, StreamPosition } from '../core/cursor.js';
import { topicFingerprintOf } from '../core/cursor.js';
import { MillraceError } from '../core/errors.js';
import type { Relayed } from '../core/event.js';
import type { Identity } from '../core/identity.js';
import type { Offset, Partition, Topic, TopicId } from '../core/ids.js';
import { type Position, partitionName, type TopicPartition } from '../core/position.js';
import { ResourceStack } from '../core/resource-stack.js';
import { CLOCK_MARGIN_MS, type History, type LocatedEvent } from './history.js';

/** Hears what comes to a partition, in order. */
export interface OutcomeListener {
  events(at: TopicPartition, events: readonly Relayed[]): void;
  /** Events of it are gone: among them may have been what is waited for. */
  lost(at: TopicPartition, loss: unknown): void;
}

/** Where events come from: the node's hub, which follows a partition once for everybody. */
export interface OutcomeSource {
  readonly topics: {
    describe(topic: Topic): Promise<{ readonly id: TopicId | undefined; readonly partitions: number }>;
  };
  /** D2: resolves once nothing that is appended from now on can be missed. */
  follow(
    at: TopicPartition,
    listener: OutcomeListener,
  ): Promise<{
    readonly partition: {
      readonly reached: PartitionPosition;
      readonly listeners: { delete(listener: OutcomeListener): unknown };
    };
    release(): void;
  }>;
  /** The partitions that may hold records of `key`; of every key when it is `undefined`. */
  partitionsOf(key: string | undefined, partitions: number): readonly Partition[];
  /** The offset before the first event at or after `timestamp`. */
  offsetBefore(at: TopicPartition, timestamp: number): Promise<Offset>;
}

/** A subscription that goes on where a mutation's answer is still to come. */
export interface FollowUp {
  readonly topic: Topic;
  /** Only this key's partition; `undefined`: all. */
  readonly key: string | undefined;
  /** A whole cursor of the field, its arguments and the caller. */
  cursor(place: StreamPosition): string;
}

export interface OutcomesOptions {
  readonly source: OutcomeSource;
  /** Where an attempt anew looks for the outcome of the one before. */
  readonly history: History;
  /** How many mutations may wait (C4). */
  readonly maxWaiting: number;
  followUp(field: string, args: Readonly<Record<string, unknown>>, identity: Identity): FollowUp;
}

/** Whose mutation waits. */
export interface OutcomeCaller {
  readonly identity: Identity;
  readonly correlationId: string;
  readonly signal: AbortSignal;
  /** When the first attempt began, if this is another one: the outcome may be there since. */
  readonly since?: number | undefined;
  /** Is told where the outcome is. */
  at?(position: Position): void;
}

interface Waiting {
  readonly topic: Topic;
  is(event: Relayed): boolean;
  found(event: Relayed, at: TopicPartition): void;
  missed(): void;
}

interface Shared {
  readonly followed: ReturnType<OutcomeSource['follow']>;
  readonly waiting: Set<Waiting>;
  users: number;
}

/**
 * Outcomes that mutations of this node wait for. A partition is followed once for all of them, and an event
 * is looked up by its correlation id, however many wait.
 */
export class Outcomes {
  readonly #options: OutcomesOptions;
  readonly #byCorrelation = new Map<string, Set<Waiting>>();
  readonly #shared = new Map<string, Shared>();
  #count = 0;

  constructor(options: OutcomesOptions) {
    this.#options = options;
  }

  /**
   * Follows, then publishes, then waits.
   * @throws {MillraceError} OUTCOME_PENDING, OVERLOADED; as `publish` does
   */
  async wait(
    wanted: OutcomeRequest,
    caller: OutcomeCaller,
    publish: () => Promise<unknown>,
  ): Promise<Readonly<Record<string, unknown>>> {
    if (this.#count >= this.#options.maxWaiting) {
      throw new MillraceError(
        'OVERLOADED',
        `${this.#count} mutations are waiting for an outcome already; nothing was published. Retry later.`,
        {
          details: { retryAfter: 1 },
        },
      );
    }
    this.#count += 1;
    await using held = new ResourceStack();
    held.defer(() => {
      this.#count -= 1;
    });
    const follow = wanted.follow;
    const next = follow && this.#options.followUp(follow.field, follow.args, caller.identity);
    const { source } = this.#options;
    const { id, partitions } = await source.topics.describe(wanted.topic);
    const asOf = Date.now();
    const ours = new Set(source.partitionsOf(wanted.key, partitions));
    const theirs = next === undefined ? [] : source.partitionsOf(next.key, partitions);
    let settle = (_found: LocatedEvent | undefined): void => {};
    const live = new Promise<LocatedEvent | undefined>((resolve) => {
      settle = resolve;
    });
    const waiting: Waiting = {
      topic: wanted.topic,
      is: matcherOf(wanted, caller.correlationId),
      found: (event, at) => settle({ event, at }),
      missed: () => settle(undefined),
    };
    const reached = new Map<Partition, PartitionPosition>();
    await Promise.all(
      [...new Set([...ours, ...theirs])].map(async (number) => {
        const at = { topic: wanted.topic, partition: number };
        const here = await this.#follow(at, ours.has(number) ? waiting : undefined, held);
        // D4: a cursor of an attempt anew stands before what the first one may have led to.
        if (theirs.includes(number)) reached.set(number, await this.#placeOf(at, here, caller.since));
      }),
    );
    this.#register(caller.correlationId, waiting, held);
    await publish();
    const soon = (): Promise<LocatedEvent | undefined> => {
      const timer = setTimeout(waiting.missed, wanted.within);
      held.defer(() => clearTimeout(timer));
      caller.signal.addEventListener('abort', waiting.missed, { once: true });
      held.defer(() => caller.signal.removeEventListener('abort', waiting.missed));
      return live;
    };
    const found = (await this.#before(wanted.topic, ours, waiting, caller.since)) ?? (await soon());
    if (found !== undefined) {
      caller.at?.({ ...found.at, offset: found.event.offset });
      return answerOf(found.event);
    }
    const { correlationId } = caller;
    const cursor = next?.cursor({
      positions: reached,
      topicFingerprint: topicFingerprintOf(id),
      partitions,
      asOf,
    });
    throw new MillraceError(
      'OUTCOME_PENDING',
      `The event is published, but its outcome did not arrive within ${wanted.within} ms.`,
      {
        details: { correlationId, ...(follow && { cursor, field: follow.field, args: follow.args }) },
      },
    );
  }

  /** The first one that came of an earlier attempt; what is heard live may be a later one. */
  async #before(
    topic: Topic,
    numbers: ReadonlySet<Partition>,
    { is }: Waiting,
    since: number | undefined,
  ): Promise<LocatedEvent | undefined> {
    if (since === undefined) return undefined;
    const partitions = [...numbers].map((partition) => ({ topic, partition }));
    return this.#options.history.findFirst(partitions, since, is);
  }

  async #placeOf(
    at: TopicPartition,
    here: PartitionPosition,
    since: number | undefined,
  ): Promise<PartitionPosition> {
    if (since === undefined) return here;
    const before = await this.#options.source.offsetBefore(at, since - CLOCK_MARGIN_MS);
    return before < here.offset ? { offset: before, fingerprint: 0 } : here;
  }

  async #follow(
    at: TopicPartition,
    waiting: Waiting | undefined,
    held: ResourceStack,
  ): Promise<PartitionPosition> {
    const name = partitionName(at);
    const shared = this.#shared.get(name) ?? this.#open(at, name);
    shared.users += 1;
    if (waiting !== undefined) shared.waiting.add(waiting);
    held.defer(() => {
      if (waiting !== undefined) shared.waiting.delete(waiting);
      shared.users -= 1;
      if (shared.users === 0) this.#close(name, shared);
    });
    return (await shared.followed).partition.reached;
  }

  #open(at: TopicPartition, name: string): Shared {
    const waiting = new Set<Waiting>();
    const listener: OutcomeListener = {
      events: (_at, events) => {
        for (const event of events) this.#heard(at, event);
      },
      lost: () => {
        // Who waits here is told that it is late, and who comes next follows what there is now.
        this.#close(name, shared);
        for (const one of waiting) one.missed();
      },
    };
    const followed = this.#options.source.follow(at, listener).then((one) => ({
      partition: one.partition,
      release: () => {
        one.partition.listeners.delete(listener);
        one.release();
      },
    }));
    const shared: Shared = { followed, waiting, users: 0 };
    this.#shared.set(name, shared);
    followed.catch(() => this.#close(name, shared));
    return shared;
  }

  #close(name: string, shared: Shared): void {
    if (this.#shared.get(name) !== shared) return;
    this.#shared.delete(name);
    shared.followed.then(({ release }) => release()).catch(() => undefined); // It was never followed.
  }

  #heard(at: TopicPartition, event: Relayed): void {
    const { correlationId } = event.event;
    const those = correlationId === undefined ? undefined : this.#byCorrelation.get(correlationId);
    for (const one of those ?? []) if (one.topic === at.topic && one.is(event)) one.found(event, at);
  }

  #register(correlationId: string, waiting: Waiting, held: ResourceStack): void {
    const those = this.#byCorrelation.get(correlationId) ?? new Set();
    this.#byCorrelation.set(correlationId, those.add(waiting));
    held.defer(() => {
      those.delete(waiting);
      if (those.size === 0 && this.#byCorrelation.get(correlationId) === those)
        this.#byCorrelation.delete(correlationId);
    });
  }
}

/** Of one key only its own events: others may share the correlation id, and the partition. */
function matcherOf({ types, key }: OutcomeRequest, correlationId: string): (event: Relayed) => boolean {
  const wanted = new Set(types);
  return ({ event }) =>
    event.correlationId === correlationId &&
    event.data !== null &&
    wanted.has(event.type) &&
    (key === undefined || event.subject === key);
}

function answerOf({ event }: Relayed): Readonly<Record<string, unknown>> {
  const data: unknown = JSON.parse(event.data?.toString() ?? '{}');
  // An event's data is an object of the shape of its type.
  return { ...(data as Record<string, unknown>), __typename: event.type };
}
