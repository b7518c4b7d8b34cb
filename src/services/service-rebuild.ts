import { randomUUID } from 'node:crypto';
import { MillraceError } from '../core/errors.js';
import { type Topic, topic } from '../core/ids.js';
import { isEncoded, recordKeyOf } from '../core/key-format.js';
import { isPlaced } from '../core/partitioner.js';
import { partitionName, positionName } from '../core/position.js';
import type { DeadLetter } from '../dead-letters/dead-letter.js';
import type { Placing } from '../placement/topic-layout.js';
import type { EventLog, TopicDescription } from '../ports/event-log.js';
import { catchUp, type FoldRange, type RebuildPartition, rebuildPartitions } from '../rebuild/catch-up.js';
import type { Rebuild, RebuildRequest } from '../rebuild/rebuild.js';
import { BatchProcessor, type BatchProcessorOptions } from './batch-processor.js';
import { changelogRecords } from './changelog.js';
import { foldRange } from './fold-range.js';
import { readSetAside, type SetAside } from './set-aside.js';
import {
  changelogTopic,
  type RebuiltTopic,
  type StateVersion,
  stateTopicSpecs,
  versionRecord,
} from './state-versions.js';

interface ServiceRebuildOptions extends Pick<BatchProcessorOptions, 'service' | 'decoder' | 'rememberedIds'> {
  readonly log: EventLog;
  readonly group: string;
  readonly replicas: number;
  /** What the names of dead-letter topics end with (`.dlt`). */
  readonly deadLetterSuffix?: string | undefined;
  /** Where the keys of a topic belong; `undefined`: nobody can say. */
  readonly placingOf?: (of: Topic) => Placing | undefined;
}

const MAX_RECORDS_PER_APPEND = 500;

/**
 * Rebuilds a service's state in changelog topics of its own. Nobody reads them until one record in the
 * versions topic names them. That record says how far each partition was folded. The owner of a partition
 * folds the rest, up to its own progress, when it adopts the version.
 */
export class ServiceRebuild implements Rebuild {
  readonly kind = 'service';
  readonly name: string;
  readonly #options: ServiceRebuildOptions;

  constructor(options: ServiceRebuildOptions) {
    this.name = options.service.name;
    this.#options = options;
  }

  async run(request: RebuildRequest): Promise<string> {
    const { log, group, replicas, service } = this.#options;
    const { signal } = request;
    if (service.initial === undefined)
      throw new MillraceError('BAD_REQUEST', `The service ${this.name} has no state to rebuild.`);
    const id = randomUUID().slice(0, 8);
    const inputs = await log.describe(service.topics.map(topic), signal);
    const specs = stateTopicSpecs(group, inputs, { id, bases: {} }, replicas);
    await log.ensureTopics(specs, { create: true }, signal);
    const partitions = await rebuildPartitions(log, inputs, request.from, signal);
    const states: StatesByPartition = new Map();
    const processor = new BatchProcessor({ ...this.#options, onFailure: failRebuild });
    const setAside = await this.#setAside(signal);
    const fold: FoldRange = (one, range) =>
      foldRange({ log, processor, range, states: statesOf(states, one), setAside, signal });
    await catchUp(log, partitions, fold, request);
    this.#checkPlacement(states, inputs);
    const version: StateVersion = { id, bases: basesOf(inputs, partitions) };
    await this.#write(states, version, signal);
    signal.throwIfAborted();
    await log.append([versionRecord(group, version)], signal);
    return 'Each partition adopts it with its next events, as soon as the service has reached the offset up to which it was folded.';
  }

  async #setAside(signal: AbortSignal): Promise<SetAside> {
    const { log, service, deadLetterSuffix } = this.#options;
    const isBy = (letter: DeadLetter): boolean => letter.service === service.name;
    const all = await Promise.all(
      service.topics.map((name) => readSetAside(log, topic(name), deadLetterSuffix, isBy, signal)),
    );
    return new Set(all.flatMap((one) => [...one]));
  }

  /**
   * A key whose state lies elsewhere than where its next events go would begin again there, from `initial`: its topic has
   * grown, or some producers use another partitioner.
   */
  #checkPlacement(all: StatesByPartition, inputs: ReadonlyMap<Topic, TopicDescription>): void {
    const { decoder, placingOf } = this.#options;
    for (const [{ at }, states] of all) {
      const placing = placingOf?.(at.topic);
      const count = inputs.get(at.topic)?.partitions;
      const { key: format } = decoder.formatOf(at.topic);
      if (placing === undefined || count === undefined || isEncoded(format)) continue;
      const { partitioner, partitionOfKey } = placing;
      for (const key of states.keys()) {
        const recordKey = recordKeyOf(format, key);
        const belongs = partitionOfKey(recordKey, count, partitioner);
        if (belongs === at.partition || !isPlaced(recordKey, partitioner)) continue;
        const message = `The state of the key ${key} would be in ${partitionName(at)}, but ${partitioner} puts its next events into partition ${belongs}, where its state would begin again: the topic has grown, or has producers with another partitioner. The state in use is unchanged. Declare the partitioner that fits (\`millrace check --live\` says which), or rebuild from a time after which all events lie right.`;
        throw new MillraceError('BAD_REQUEST', message);
      }
    }
  }

  async #write(all: StatesByPartition, version: StateVersion, signal: AbortSignal): Promise<void> {
    const { log, group } = this.#options;
    for (const [{ at }, states] of all) {
      const records = changelogRecords(changelogTopic(group, at.topic, version), at, states);
      for (let i = 0; i < records.length; i += MAX_RECORDS_PER_APPEND)
        await log.append(records.slice(i, i + MAX_RECORDS_PER_APPEND), signal);
    }
  }
}

type StatesByPartition = Map<RebuildPartition, Map<string, string>>;

function statesOf(all: StatesByPartition, partition: RebuildPartition): Map<string, string> {
  const states = all.get(partition) ?? new Map<string, string>();
  all.set(partition, states);
  return states;
}

/** How far each input topic was folded, as the version's record has it. */
function basesOf(
  inputs: ReadonlyMap<Topic, TopicDescription>,
  partitions: readonly RebuildPartition[],
): Record<string, RebuiltTopic> {
  const bases: Record<string, RebuiltTopic & { next: number[] }> = {};
  for (const [name, { id }] of inputs) bases[name] = { life: id ?? null, next: [] };
  for (const { at, next } of partitions) {
    const base = bases[at.topic];
    if (base !== undefined) base.next[at.partition] = next;
  }
  return bases;
}

/** A service that throws ends its rebuild: retrying would repeat the same fold on the same event. */
const failRebuild: NonNullable<BatchProcessorOptions['onFailure']> = (at, event, cause) => {
  const message = `The service failed on ${event.type} ${event.id} at ${positionName(at)}. The state in use is unchanged; fix the service, and run the rebuild again.`;
  throw new MillraceError('INTERNAL', message, { cause });
};
