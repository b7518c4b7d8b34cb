import type { Topic } from '../core/ids.js';
import { isEncoded } from '../core/key-format.js';
import { DEFAULT_PARTITIONER, type KeyPartitioner } from '../core/partitioner.js';
import type { TopicFormats } from '../core/topic-format.js';
import type { StateStore } from '../ports/state-store.js';
import { decodeLayout, encodeLayout, type Placing, type TopicLayout } from './topic-layout.js';

/** How the topic's producers place keys: as it is declared, or else assumed. `undefined`: nobody can say. */
export function placingOf(
  topic: Topic,
  formats: TopicFormats,
  { partitionOfKey }: { readonly partitionOfKey: KeyPartitioner | undefined },
): Placing | undefined {
  const { partitioner = DEFAULT_PARTITIONER, key } = formats.get(topic) ?? {};
  // D2, D3: a key that writers encode in different ways may be in several partitions.
  if (partitioner === 'NONE' || isEncoded(key) || partitionOfKey === undefined) return undefined;
  return { partitioner, partitionOfKey };
}

/**
 * The layouts of topics, the same on every node: in the state store. D6: all of them may be lost. A process that knows one
 * writes it again, and relays check again what they relay again.
 */
export class TopicLayouts {
  readonly #store: Pick<StateStore, 'get' | 'putIfAbsent' | 'replace'>;
  readonly #formats: TopicFormats;
  readonly #partitionOfKey: KeyPartitioner | undefined;

  constructor(
    store: Pick<StateStore, 'get' | 'putIfAbsent' | 'replace'>,
    formats: TopicFormats,
    log: { readonly partitionOfKey: KeyPartitioner | undefined },
  ) {
    this.#store = store;
    this.#formats = formats;
    this.#partitionOfKey = log.partitionOfKey;
  }

  /** `placingOf`. */
  placing(topic: Topic): Placing | undefined {
    return placingOf(topic, this.#formats, { partitionOfKey: this.#partitionOfKey });
  }

  /** @throws {MillraceError} when the store cannot be read */
  async read(topic: Topic): Promise<TopicLayout | undefined> {
    const bytes = await this.#store.get(this.#name(topic));
    return bytes && decodeLayout(bytes);
  }

  /**
   * Changes a topic's layout. Several processes may do so at once: `change` is then called again.
   * @param change returns its argument to change nothing
   * @throws {MillraceError} when the store cannot be read or written; the change may be done nevertheless
   */
  async update(topic: Topic, change: (stored: TopicLayout | undefined) => TopicLayout): Promise<TopicLayout> {
    const name = this.#name(topic);
    for (;;) {
      const bytes = await this.#store.get(name);
      const stored = bytes && decodeLayout(bytes);
      const layout = change(stored);
      if (layout === stored) return layout;
      const next = encodeLayout(layout);
      const isSaved =
        bytes === undefined
          ? (await this.#store.putIfAbsent(name, next)) === undefined
          : await this.#store.replace(name, bytes, next);
      if (isSaved) return layout;
    }
  }

  /** With the partitioner: another declaration finds other records misplaced. */
  #name(topic: Topic): string {
    return `layout:${topic}:${this.placing(topic)?.partitioner}`;
  }
}
