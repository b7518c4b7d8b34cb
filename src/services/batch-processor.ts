import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import type { Decoded, InvalidKind } from '../core/cloudevent.js';
import type { Event } from '../core/event.js';
import { type Position, partitionName, type TopicPartition } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import type { AnyService, OutgoingEvent, ServiceEvent } from './service.js';
import { toServiceEvent } from './service-event.js';

export interface BatchProcessorOptions {
  readonly service: AnyService;
  /** What a record says, by the format of its topic. */
  readonly decode: (record: LogRecord, at: TopicPartition) => Decoded;
  /** A record that is no valid event: it is passed over. */
  readonly onInvalid?: (at: Position, kind: InvalidKind, reason: string) => void;
  /** The service threw. */
  readonly onFailure?: (at: Position, event: ServiceEvent, error: unknown) => void;
  /** How many ids of idempotent events are remembered, so that a repeated one is passed over. */
  readonly rememberedIds?: number;
}

/** Records of one partition that are handled together. */
export interface InputBatch extends TopicPartition {
  readonly records: readonly LogRecord[];
}

/** The states of a partition by key, as JSON. A key that is not there has the service's `initial`. */
export type States = ReadonlyMap<string, string>;
/** What keys have from now on; `null`: what they have before their first event. */
export type Changes = ReadonlyMap<string, string | null>;

/** What came of a stretch. Nothing of it counts yet. */
export interface Outcome {
  /** In the order of the inputs. */
  readonly said: readonly { readonly cause: Event; readonly events: readonly OutgoingEvent[] }[];
  readonly changes: Changes;
  /** To be told to `settle` when it counts. */
  readonly repeatable: ReadonlySet<string>;
}

interface Job {
  readonly event: Event;
  readonly record: LogRecord;
  readonly place: number;
}

/** How many ids of idempotent events are remembered when nothing else is said. */
export const DEFAULT_REMEMBERED_IDS = 10_000;

/** Lets a service handle stretches of events, without deciding what becomes of what it says. */
export class BatchProcessor {
  readonly #options: BatchProcessorOptions;
  readonly #initial: string | undefined;
  /** Idempotent events that count, by partition and id. */
  readonly #done: LRUCache<string, true>;

  constructor(options: BatchProcessorOptions) {
    this.#options = options;
    const { initial } = options.service;
    this.#initial = initial === undefined ? undefined : stringified(initial, options.service, 'initial');
    this.#done = new LRUCache({ max: options.rememberedIds ?? DEFAULT_REMEMBERED_IDS });
  }

  /** Rejects with the service's first failure, once everything that it had begun has ended. */
  async run(stretch: InputBatch, states: States, signal: AbortSignal): Promise<Outcome> {
    // Apart from `#done` until they count: a stretch that fails must act when it is given again.
    const repeatable = new Set<string>();
    const jobs = this.#jobs(stretch, repeatable);
    const changes = new Map<string, string | null>();
    const said: { cause: Event; events: readonly OutgoingEvent[] }[] = [];
    const handle = async (job: Job): Promise<void> => {
      signal.throwIfAborted();
      const events = await this.#handle(job, stretch, states, changes, signal);
      said[job.place] = { cause: job.event, events };
    };
    const concurrency = this.#options.service.concurrency ?? 1;
    if (concurrency > 1) await inLanes(jobs, concurrency, handle);
    else for (const job of jobs) await handle(job);
    return { said, changes, repeatable };
  }

  /** What came of a stretch counts. */
  settle(repeatable: ReadonlySet<string>): void {
    for (const name of repeatable) this.#done.set(name, true);
  }

  /** One for the same service that remembers no events. */
  anew(): BatchProcessor {
    return new BatchProcessor(this.#options);
  }

  /** Remembers all that `other` does. */
  adopt(other: BatchProcessor): void {
    for (const name of other.#done.rkeys()) this.#done.set(name, true);
  }

  /** Remembers idempotent events that were handled by somebody else. */
  recall({ topic, partition, records }: InputBatch): void {
    for (const record of records) {
      const decoded = this.#options.decode(record, { topic, partition });
      if (decoded.ok && decoded.event.idempotent === true)
        this.#done.set(nameOf({ topic, partition }, decoded.event), true);
    }
  }

  #jobs(stretch: InputBatch, repeatable: Set<string>): Job[] {
    const { topic, partition, records } = stretch;
    const jobs: Job[] = [];
    for (const record of records) {
      const decoded = this.#options.decode(record, { topic, partition });
      if (!decoded.ok) {
        this.#options.onInvalid?.({ topic, partition, offset: record.offset }, decoded.kind, decoded.reason);
        continue;
      }
      const { event } = decoded;
      if (event.idempotent === true) {
        const name = nameOf(stretch, event);
        if (repeatable.has(name) || this.#done.has(name)) continue;
        repeatable.add(name);
      }
      jobs.push({ event, record, place: jobs.length });
    }
    return jobs;
  }

  async #handle(
    { event, record }: Job,
    { topic, partition }: InputBatch,
    states: States,
    changes: Map<string, string | null>,
    signal: AbortSignal,
  ): Promise<readonly OutgoingEvent[]> {
    const { service } = this.#options;
    const seen = toServiceEvent(event, record, topic);
    try {
      const before = seen.key === null ? undefined : currentOf(seen.key, states, changes);
      const json = before ?? this.#initial;
      const state: unknown = json === undefined ? undefined : JSON.parse(json);
      const answer = await service.handle(seen, { state, signal });
      if (!('state' in answer)) return answer;
      if (this.#initial !== undefined && seen.key !== null) {
        const after = this.#after(answer.state, seen.key);
        if (after !== (before ?? null)) changes.set(seen.key, after);
      }
      return answer.events ?? [];
    } catch (error) {
      if (!signal.aborted)
        this.#options.onFailure?.({ topic, partition, offset: record.offset }, seen, error);
      throw error;
    }
  }

  #after(state: unknown, key: string): string | null {
    const { service } = this.#options;
    const json = stringified(state, service, `the state of ${key}`);
    if (json === this.#initial) return null;
    return isDeepStrictEqual(JSON.parse(json), JSON.parse(this.#initial ?? 'null')) ? null : json;
  }
}

const nameOf = (at: TopicPartition, event: Event): string => `${partitionName(at)}/${event.id}`;

function currentOf(key: string, states: States, changes: Changes): string | undefined {
  const changed = changes.get(key);
  return changed === undefined ? states.get(key) : (changed ?? undefined);
}

function stringified(state: unknown, { name }: AnyService, what: string): string {
  const json: string | undefined = JSON.stringify(state);
  if (json === undefined) throw new TypeError(`The service ${name}: ${what} is not JSON`);
  return json;
}

/** At most `width` keys at a time, those of one key one after the other. Nothing begins after a failure. */
async function inLanes(
  jobs: readonly Job[],
  width: number,
  handle: (job: Job) => Promise<void>,
): Promise<void> {
  const lanes = new Map<string | null, Job[]>();
  for (const job of jobs) {
    const lane = lanes.get(job.event.subject);
    if (lane === undefined) lanes.set(job.event.subject, [job]);
    else lane.push(job);
  }
  const waiting = lanes.values();
  let failed = false;
  const work = async (): Promise<void> => {
    for (const lane of waiting) {
      for (const job of lane) {
        if (failed) return;
        await handle(job).catch((error: unknown) => {
          failed = true;
          throw error;
        });
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(width, lanes.size) }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
