import type { Topic } from '../core/ids.js';
import {
  DEFAULT_PARTITIONER,
  isPlaced,
  type KeyPartitioner,
  type KeyPlacement,
} from '../core/partitioner.js';
import type { TopicFormats } from '../core/topic-format.js';

interface KeyPlacementsParts {
  readonly log: { readonly partitionOfKey: KeyPartitioner | undefined };
  readonly formats: TopicFormats;
}

/** Where the keys of each topic lie: as the topic's partitioner puts them, or anywhere. */
export class KeyPlacements {
  readonly #parts: KeyPlacementsParts;

  constructor(parts: KeyPlacementsParts) {
    this.#parts = parts;
  }

  /** The placement of `key`; `undefined` when its records, or those of every key, may be in any partition. */
  of(topic: Topic, key: string | undefined): KeyPlacement | undefined {
    const { log, formats } = this.#parts;
    const { partitionOfKey } = log;
    const partitioner = formats.get(topic)?.partitioner ?? DEFAULT_PARTITIONER;
    if (key === undefined || partitionOfKey === undefined) return undefined;
    if (partitioner === 'NONE' || !isPlaced(key, partitioner)) return undefined;
    return (partitions) => partitionOfKey(key, partitions, partitioner);
  }
}
