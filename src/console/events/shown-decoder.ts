import { decodeRecord } from '../../core/envelope/decode.js';
import { type Decoded, fault } from '../../core/envelope/envelope.js';
import { messageOf } from '../../core/errors.js';
import { UNKNOWN_TYPE } from '../../core/event.js';
import type { Topic } from '../../core/ids.js';
import type { TopicPartition } from '../../core/position.js';
import type { LogRecord } from '../../core/record.js';
import { RecordDecoder } from '../../core/record-decoder.js';
import type { TopicFormat, TopicFormats } from '../../core/topic-format.js';

/** For topics of which the schema knows nothing: whatever is a JSON object is shown as data. */
const PLAIN_JSON: TopicFormat = { kind: 'JSON', type: UNKNOWN_TYPE };

/** Decodes records so that a person sees as much as there is to see. Never throws. */
export class ShownDecoder extends RecordDecoder {
  readonly #declared: ReadonlySet<Topic>;

  /** @param formats of the schema's topics, and of their dead-letter topics */
  constructor(formats: TopicFormats) {
    super(formats);
    this.#declared = new Set(formats.keys());
  }

  override decode(record: LogRecord, at: TopicPartition): Decoded {
    try {
      const decoded = super.decode(record, at);
      if (decoded.ok || this.#declared.has(at.topic)) return decoded;
      const plain = decodeRecord(record, PLAIN_JSON, at);
      return plain.ok ? plain : decoded;
    } catch (error) {
      return fault('data', messageOf(error));
    }
  }
}
