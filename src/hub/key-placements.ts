import { isWellFormed } from '../core/byte-text.js';
import type { Topic } from '../core/ids.js';
import { canonicalSubject, recordKeyOf } from '../core/key-format.js';
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

  /** The subject of the events with this key, which may be written in another way. @throws {KeyFormatError} */
  subjectOf(topic: Topic, key: string): string {
    return canonicalSubject(this.#parts.formats.get(topic)?.key, key);
  }

  /**
   * The placement of `key`; `undefined` when its records, or those of every key, may be in any partition.
   * @param key the subject of its events
   * @throws {KeyFormatError}
   */
  of(topic: Topic, key: string | undefined): KeyPlacement | undefined {
    const { log, formats } = this.#parts;
    const { partitionOfKey } = log;
    const partitioner = formats.get(topic)?.partitioner ?? DEFAULT_PARTITIONER;
    if (key === undefined || partitionOfKey === undefined) return undefined;
    if (partitioner === 'NONE' || !isPlaced(key, partitioner)) return undefined;
    // No record's key has half of a surrogate pair, so any partition will do.
    const recordKey = isWellFormed(key) ? recordKeyOf(formats.get(topic)?.key, key) : key;
    return (partitions) => partitionOfKey(recordKey, partitions, partitioner);
  }
}
