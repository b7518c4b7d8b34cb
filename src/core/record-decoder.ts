import { bytesOfText } from './byte-text.js';
import { ConnectReader } from './envelope/connect.js';
import { decodeRecord, typeOfRecord } from './envelope/decode.js';
import type { Decoded } from './envelope/envelope.js';
import { framedKey, framedValue } from './envelope/schema-header.js';
import type { Event } from './event.js';
import { type ConvertData, parseJson } from './exact-json.js';
import type { Topic } from './ids.js';
import type { TopicPartition } from './position.js';
import type { LogRecord } from './record.js';
import type { EncodedValue } from './schema-codec.js';
import { DEFAULT_FORMAT, type TopicFormat, type TopicFormats } from './topic-format.js';

/**
 * Decodes records of any topic by the topic's format. For each batch: `prepare`, await its answer if there is one,
 * then `decode` each record.
 */
export class RecordDecoder {
  readonly #formats: TopicFormats;
  readonly #convert: ConvertData;
  readonly #connect = new ConnectReader();

  /** @param convert for `dataOf`; without it, every integer beyond 2^53 stays a `bigint` */
  constructor(formats: TopicFormats = new Map(), convert: ConvertData = (_, data) => data) {
    this.#formats = formats;
    this.#convert = convert;
  }

  /**
   * Makes ready to decode a batch.
   * @returns `undefined` when there is nothing to wait for, as for JSON: then nothing is allocated either. Otherwise a
   *   promise, which rejects when the batch cannot be decoded at the moment and has to be retried
   */
  prepare(topic: Topic, records: readonly LogRecord[], signal: AbortSignal): Promise<void> | undefined {
    const format = this.formatOf(topic);
    const { codec, keyCodec } = format;
    if (codec?.prepareDecode === undefined && keyCodec?.prepareDecode === undefined) return undefined;
    const values = codec?.prepareDecode?.(valuesOf(records, format), signal);
    const keys = keyCodec?.prepareDecode?.(keysOf(records), signal);
    return Promise.all([values, keys]).then(() => undefined);
  }

  decode(record: LogRecord, at: TopicPartition): Decoded {
    return decodeRecord(record, this.formatOf(at.topic), at, this.#connect);
  }

  /** The parsed data of a decoded event, as a project's code is given it. `null`: a tombstone. */
  dataOf({ type, data }: Event): Readonly<Record<string, unknown>> | null {
    if (data === null) return null;
    // Decoding has checked that data is a JSON object.
    return parseJson(data, (long) => this.#convert(type, long)) as Readonly<Record<string, unknown>>;
  }

  formatOf(topic: Topic): TopicFormat {
    return this.#formats.get(topic) ?? DEFAULT_FORMAT;
  }
}

function valuesOf(records: readonly LogRecord[], format: TopicFormat): readonly EncodedValue[] {
  return records.flatMap((record) =>
    record.value === null || record.unreadable !== undefined
      ? []
      : [{ type: typeOfRecord(record, format), value: framedValue(record, record.value) }],
  );
}

function keysOf(records: readonly LogRecord[]): readonly EncodedValue[] {
  return records.flatMap(({ key, headers }) =>
    key === null ? [] : [{ type: '', value: framedKey(headers, bytesOfText(key)) }],
  );
}
