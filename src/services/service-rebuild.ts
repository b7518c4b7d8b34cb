import { randomUUID } from 'node:crypto';
import { MillraceError } from '../core/errors.js';
import { type Topic, topic } from '../core/ids.js';
import { placeName } from '../core/position.js';
import type { NewRecord } from '../core/record.js';
import type { EventLog, TopicDescription } from '../ports/event-log.js';
import { catchUp, type FoldRange, type RebuildPartition, rebuildPartitions } from '../rebuild/catch-up.js';
import type { Rebuild, RebuildRequest } from '../rebuild/rebuild.js';
import { BatchProcessor, type BatchProcessorOptions } from './batch-processor.js';
import { changelogRecords, fold } from './partition-state.js';
import { changelogTopic, type StateVersion, stateTopics, versionRecord } from './state-versions.js';

export interface ServiceRebuildOptions
  extends Pick<BatchProcessorOptions, 'service' | 'decode' | 'rememberedIds'> {
  readonly log: EventLog;
  readonly group: string;
  readonly replicas: number;
}

/** How many states go in one request. */
const CHUNK = 500;

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
    const parts = await rebuildPartitions(log, inputs, request.from, signal);
    const states: States = new Map();
    const processor = new BatchProcessor({ ...this.options, onFailure: failed });
    const foldRange: FoldRange = (part, range) =>
      fold({ log, processor, range, states: statesOf(states, part), signal });
    await catchUp(log, parts, foldRange, request);
    const generation: StateVersion = { id, bases: basesOf(inputs, parts) };
    await this.#write(states, generation, signal);
    signal.throwIfAborted();
    await log.append([versionRecord(group, generation)], signal);
    return 'Each partition goes on with it from its next events on, or from where it was folded to if the service is not that far.';
  }

  async #write(all: States, generation: StateVersion, signal: AbortSignal): Promise<void> {
    for (const [{ at }, states] of all) {
      const records: NewRecord[] = changelogRecords(
        changelogTopic(this.options.group, at.topic, generation),
        at,
        states,
      );
      for (let i = 0; i < records.length; i += CHUNK)
        await this.options.log.append(records.slice(i, i + CHUNK), signal);
    }
  }
}

type States = Map<RebuildPartition, Map<string, string>>;

function statesOf(states: States, part: RebuildPartition): Map<string, string> {
  const known = states.get(part) ?? new Map<string, string>();
  states.set(part, known);
  return known;
}

function basesOf(inputs: ReadonlyMap<Topic, TopicDescription>, parts: readonly RebuildPartition[]) {
  const bases: Record<string, { life: string | null; next: number[] }> = {};
  for (const [name, { id }] of inputs) bases[name] = { life: id ?? null, next: [] };
  for (const { at, next } of parts) {
    const base = bases[at.topic];
    if (base !== undefined) base.next[at.partition] = next;
  }
  return bases;
}

const failed: NonNullable<BatchProcessorOptions['onFailure']> = (at, event, cause) => {
  const message = `The service fails on ${event.type} ${event.id} at ${placeName(at)}; the state in use is as it was`;
  throw new MillraceError('INTERNAL', message, { cause });
};
