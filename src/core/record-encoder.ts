import { encodeEvent } from './envelope/encode.js';
import type { Event } from './event.js';
import type { Topic } from './ids.js';
import { canonicalSubject } from './key-format.js';
import type { NewRecord } from './record.js';
import type { TopicFormats } from './topic-format.js';

/**
 * Encodes events for any topic by the topic's codec. While `waits`, `prepare` comes before `encode`, with all events
 * that are encoded together.
 */
export class RecordEncoder {
  readonly #formats: TopicFormats;
  /** Whether a codec may have to wait, such as for a registry. If not, `prepare` need not be called. */
  readonly waits: boolean;

  constructor(formats: TopicFormats = new Map()) {
    this.#formats = formats;
    this.waits = [...formats.values()].some(
      ({ codec, keyCodec }) => codec?.prepareEncode !== undefined || keyCodec?.prepareEncode !== undefined,
    );
  }

  /**
   * Makes ready to encode events of these types for these topics.
   * @throws when that is not possible at the moment
   */
  async prepare(
    events: readonly { readonly topic: Topic; readonly type: string }[],
    signal: AbortSignal,
  ): Promise<void> {
    const typesByTopic = new Map<Topic, Set<string>>();
    for (const { topic, type } of events) {
      const types = typesByTopic.get(topic) ?? new Set();
      typesByTopic.set(topic, types.add(type));
    }
    for (const [topic, types] of typesByTopic) {
      const { codec, keyCodec } = this.#formats.get(topic) ?? {};
      await codec?.prepareEncode?.([...types], signal);
      await keyCodec?.prepareEncode?.([], signal);
    }
  }

  /**
   * @throws {KeyFormatError} when the subject is not a key of the topic
   * @throws {Error} when the topic's codec cannot encode the data: it does not match the schema of its type
   */
  encode(topic: Topic, given: Event): NewRecord {
    const format = this.#formats.get(topic);
    const { subject } = given;
    const isDeclared = format?.key !== undefined && subject !== null;
    // What decodes the record finds the one text of the key.
    const event = isDeclared ? { ...given, subject: canonicalSubject(format.key, subject) } : given;
    const record = encodeEvent(topic, event, format);
    const { partitioner } = format ?? {};
    // With `NONE` its readers look everywhere, so ours may go where they like.
    return partitioner === undefined || partitioner === 'NONE' ? record : { ...record, partitioner };
  }
}
