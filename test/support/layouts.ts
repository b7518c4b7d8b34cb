import type { KeyPartitioner } from '../../src/core/partitioner.js';
import type { TopicFormats } from '../../src/core/topic-format.js';
import { TopicLayouts } from '../../src/placement/topic-layouts.js';

/** Layouts in the memory of one test. */
export function memoryLayouts(
  formats: TopicFormats,
  log: { readonly partitionOfKey: KeyPartitioner | undefined },
): TopicLayouts {
  const values = new Map<string, Buffer>();
  const store = {
    get: async (key: string) => values.get(key),
    putIfAbsent: async (key: string, value: Buffer) => {
      const present = values.get(key);
      if (present === undefined) values.set(key, value);
      return present;
    },
    replace: async (key: string, expected: Buffer, value: Buffer) => {
      if (values.get(key)?.equals(expected) !== true) return false;
      values.set(key, value);
      return true;
    },
  };
  return new TopicLayouts(store, formats, log);
}
