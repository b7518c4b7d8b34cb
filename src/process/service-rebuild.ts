import { randomUUID } from 'node:crypto';
import { MillraceError } from '../core/errors.js';
import { type Offset, offset, partition, type Topic, topic } from '../core/ids.js';
import { type PartitionLife, placeName } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import type { EventLog, TopicDescription } from '../ports/event-log.js';
import type { From, Rebuild, RebuildRequest } from '../replay/rebuild.js';
import { type Generation, generationRecord, stateTopic, stateTopics } from './generations.js';
import { Handling, type HandlingOptions } from './handling.js';
import { fold, stateRecords } from './partition-state.js';

export interface ServiceRebuildOptions extends Pick<HandlingOptions, 'service' | 'decode' | 'remember'> {
  readonly log: EventLog;
  readonly group: string;
  readonly replicas: number;
}

/** As close to the end as folding has to come: the service folds the rest when it takes the state up. */
const CAUGHT_UP = 1_000;
/** How many states go in one request. */
const CHUNK = 500;

/** A partition whose state is being folded anew. */
interface Folding {
  readonly at: PartitionLife;
  readonly start: Offset;
  readonly states: Map<string, string>;
  next: Offset;
  events: number;
}

/**
 * Builds a service's state anew in topics of its own. Nobody reads them before one record in the list of
 * generations names them; that record says up to where each partition was folded, and whoever has the
 * partition folds the rest up to its own progress when it takes the state up.
 */
export class ServiceRebuild implements Rebuild {
  readonly kind = 'service';
  readonly name: string;

  constructor(private readonly options: ServiceRebuildOptions) {
    this.name = options.service.name;
  }

  async run(request: RebuildRequest): Promise<string> {
    const { log, group, replicas } = this.options;
    const { signal } = request;
    if (this.options.service.initial === undefined)
      throw new MillraceError('BAD_REQUEST', `The service ${this.name} has no state to build anew`);
    const id = randomUUID().slice(0, 8);
    const inputs = await log.describe(this.options.service.topics.map(topic), signal);
    const specs = stateTopics(group, inputs, { id, bases: {} }, replicas);
    await log.ensureTopics(specs, { create: true }, signal);
    const foldings = await this.#begin(inputs, request.from, signal);
    await this.#catchUp(foldings, request);
    const generation: Generation = { id, bases: basesOf(inputs, foldings) };
    await this.#write(foldings, generation, signal);
    signal.throwIfAborted();
    await log.append([generationRecord(group, generation)], signal);
    return 'Each partition goes on with it from its next events on, or from where it was folded to if the service is not that far.';
  }

  async #begin(
    inputs: ReadonlyMap<Topic, TopicDescription>,
    from: From,
    signal: AbortSignal,
  ): Promise<readonly Folding[]> {
    const { log } = this.options;
    const foldings: Folding[] = [];
    for (const [name, { id: topicId }] of inputs) {
      for (const [number, { earliest }] of (await log.bounds(name, signal)).entries()) {
        const at = { topic: name, partition: partition(number), topicId };
        const start =
          from.kind === 'start' ? earliest : await log.offsetAt(name, at.partition, from.time, signal);
        foldings.push({ at, start, next: start, states: new Map(), events: 0 });
      }
    }
    return foldings;
  }

  /** Again and again to the end as it is then, until little is left. */
  async #catchUp(foldings: readonly Folding[], { onProgress, signal }: RebuildRequest): Promise<void> {
    const { log } = this.options;
    const handling = new Handling({ ...this.options, onFailure: failed });
    for (let left = Number.POSITIVE_INFINITY, before = left; left > CAUGHT_UP; ) {
      const ends = await this.#ends(foldings, signal);
      for (const folding of foldings) {
        const until = ends.get(folding) ?? folding.next;
        const range = { ...folding.at, from: folding.next, until };
        for await (const { last, events } of fold({ ...folding, log, handling, range, signal })) {
          folding.next = offset(last + 1);
          folding.events += events;
          onProgress(progressOf(foldings, ends, folding.at.topic));
        }
        folding.next = until;
      }
      for (const name of new Set(foldings.map(({ at }) => at.topic)))
        onProgress(progressOf(foldings, ends, name));
      before = left;
      left = await this.#left(foldings, signal);
      // What comes as fast as it is folded is left to the service, which waits while it folds.
      if (left >= before) return;
    }
  }

  async #ends(foldings: readonly Folding[], signal: AbortSignal): Promise<Map<Folding, Offset>> {
    const ends = new Map<Folding, Offset>();
    for (const name of new Set(foldings.map(({ at }) => at.topic))) {
      const bounds = await this.options.log.bounds(name, signal);
      for (const one of foldings)
        if (one.at.topic === name) ends.set(one, bounds[one.at.partition]?.end ?? one.next);
    }
    return ends;
  }

  async #left(foldings: readonly Folding[], signal: AbortSignal): Promise<number> {
    const ends = await this.#ends(foldings, signal);
    return foldings.reduce((sum, one) => sum + Math.max(0, (ends.get(one) ?? one.next) - one.next), 0);
  }

  async #write(foldings: readonly Folding[], generation: Generation, signal: AbortSignal): Promise<void> {
    for (const { at, states } of foldings) {
      const records: NewRecord[] = stateRecords(
        stateTopic(this.options.group, at.topic, generation),
        at,
        states,
      );
      for (let i = 0; i < records.length; i += CHUNK)
        await this.options.log.append(records.slice(i, i + CHUNK), signal);
    }
  }
}

function progressOf(foldings: readonly Folding[], ends: ReadonlyMap<Folding, Offset>, name: Topic) {
  let [done, total, events] = [0, 0, 0];
  for (const one of foldings) {
    if (one.at.topic !== name) continue;
    done += one.next - one.start;
    total += Math.max(ends.get(one) ?? one.next, one.next) - one.start;
    events += one.events;
  }
  return { topic: name, done, total, events };
}

function basesOf(inputs: ReadonlyMap<Topic, TopicDescription>, foldings: readonly Folding[]) {
  const bases: Record<string, { life: string | null; next: number[] }> = {};
  for (const [name, { id }] of inputs) bases[name] = { life: id ?? null, next: [] };
  for (const { at, next } of foldings) {
    const base = bases[at.topic];
    if (base !== undefined) base.next[at.partition] = next;
  }
  return bases;
}

const failed: NonNullable<HandlingOptions['onFailure']> = (at, event, cause) => {
  const message = `The service fails on ${event.type} ${event.id} at ${placeName(at)}; the state in use is as it was`;
  throw new MillraceError('INTERNAL', message, { cause });
};
