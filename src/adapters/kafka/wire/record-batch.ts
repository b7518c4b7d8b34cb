import { textOfBytes } from '../../../core/byte-text.js';
import { messageOf } from '../../../core/errors.js';
import { offset } from '../../../core/ids.js';
import {
  type Header,
  type Headers,
  hasReordered,
  headersFrom,
  type LogRecord,
} from '../../../core/record.js';
import {
  ATTRIBUTES_AT,
  BATCH_HEADER_BYTES,
  CODEC_MASK,
  CONTROL,
  COUNT_AT,
  CRC_AT,
  FIRST_TIMESTAMP_AT,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LENGTH_END,
  LOG_APPEND_TIME,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_ID_AT,
  TRANSACTIONAL,
} from './batch-layout.js';
import { DEFAULT_MAX_INFLATED_BYTES } from './compression.js';
import { codecOf, crc32c } from './internals.js';

/**
 * A record batch, format 2. Its records are decoded on demand.
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export interface RecordBatch {
  /** The offset of the last record that it was written with. Compaction may have removed that record. */
  readonly last: number;
  readonly producerId: string;
  readonly isTransactional: boolean;
  /** Written by a broker: marks the end of a transaction. */
  readonly isControl: boolean;
  /** The bytes of its records, decompressed. */
  readonly bytes: number;
  /** For a control batch: whether it marks an abort. */
  aborts(): boolean;
  records(): readonly LogRecord[];
}

/**
 * Splits a partition's part of a Fetch answer into batches. The last one may be truncated, because a fetch is limited
 * by bytes, and is left out. Hot path (bench: relay): records are decoded straight into ours. kafkajs would create an
 * object for each 64-bit number.
 * @param maxBytes S4: once its batches have as many bytes when decompressed, the others are left to the next fetch
 * @throws when a batch is malformed, or its format is unknown
 */
export async function readBatches(
  bytes: Buffer,
  maxBytes = DEFAULT_MAX_INFLATED_BYTES,
): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  let read = 0;
  for (let at = 0; at + BATCH_HEADER_BYTES <= bytes.length && read < maxBytes; ) {
    const length = LENGTH_END + bytes.readInt32BE(at + LENGTH_AT);
    if (at + length > bytes.length) break;
    if (length < BATCH_HEADER_BYTES) throw new Error(`Malformed record batch: a length of ${length} bytes`);
    const batch = await readBatch(bytes.subarray(at, at + length));
    batches.push(batch);
    read += batch.bytes;
    at += length;
  }
  return batches;
}

async function readBatch(bytes: Buffer): Promise<RecordBatch> {
  const magic = bytes.readInt8(MAGIC_AT);
  if (magic !== 2) throw new Error(`Record batch of format ${magic}: only format 2 can be read`);
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  const first = Number(bytes.readBigInt64BE(0));
  const codec = codecOf(attributes & CODEC_MASK);
  const plain = bytes.subarray(BATCH_HEADER_BYTES);
  const body =
    codec === null ? plain : await codec.decompress(plain).catch((error) => reasonOf(bytes, error));
  const count = bytes.readInt32BE(COUNT_AT);
  const firstTimestamp = Number(bytes.readBigInt64BE(FIRST_TIMESTAMP_AT));
  const appended =
    (attributes & LOG_APPEND_TIME) === 0 ? undefined : Number(bytes.readBigInt64BE(MAX_TIMESTAMP_AT));
  const last = first + bytes.readInt32BE(LAST_OFFSET_DELTA_AT);
  return {
    last,
    producerId: bytes.readBigInt64BE(PRODUCER_ID_AT).toString(),
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    bytes: body.length,
    // The key of a control record has two int16: version and type. Type 0 is an abort.
    aborts: () =>
      count > 0 && typeof body !== 'string' && new RecordReader(body).keyOfNext().readInt16BE(2) === 0,
    records: () => {
      if (typeof body === 'string') {
        const unreadable = `the batch of ${count} records at the offsets ${first} to ${last} cannot be decompressed: ${body}`;
        const timestamp = Number(bytes.readBigInt64BE(MAX_TIMESTAMP_AT));
        return [{ offset: offset(last), timestamp, key: null, headers: {}, value: bytes, unreadable }];
      }
      const reader = new RecordReader(body);
      const records: LogRecord[] = [];
      for (let left = count; left > 0; left--) records.push(reader.next(first, firstTimestamp, appended));
      return records;
    },
  };
}

/**
 * D10: why a batch cannot be decompressed, if its producer wrote it so: reading it again would not help.
 * @throws the error, if the checksum shows that the batch was damaged on its way
 */
function reasonOf(bytes: Buffer, error: unknown): string {
  if (crc32c(bytes.subarray(ATTRIBUTES_AT)) !== bytes.readUInt32BE(CRC_AT)) throw error;
  return messageOf(error);
}

/** Sets a header of any name: assigning to `__proto__` would set the object's prototype instead. */
function setHeader(headers: Record<string, string>, name: string, value: string): void {
  if (name !== '__proto__') headers[name] = value;
  else Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true });
}

/** Decodes the records of a batch, one after the other. @throws {RangeError} when they are truncated */
class RecordReader {
  readonly #bytes: Buffer;
  /** The previous record's text in each slot, and where its bytes are. */
  readonly #previous: { readonly start: number; readonly length: number; readonly text: string }[] = [];
  /** How many headers the previous record had, and whether an object can hold names like those of its headers. */
  #headerCount = 0;
  #namesArePlain = true;
  /** The exact headers of the last record, if an object cannot hold them. */
  #headerList: readonly Header[] | undefined;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(firstOffset: number, firstTimestamp: number, appended: number | undefined): LogRecord {
    const end = this.#varint() + this.#at;
    this.#at += 1; // attributes, unused
    const timestamp = firstTimestamp + this.#varlong();
    const at = offset(firstOffset + this.#varint());
    const key = this.#text(0);
    const valueLength = this.#varint();
    const value = valueLength < 0 ? null : this.#bytes.subarray(this.#at, this.#skip(valueLength));
    const headers = this.#headers();
    const headerList = this.#headerList;
    this.#at = end;
    return {
      offset: at,
      timestamp: appended ?? timestamp,
      isAppendTime: appended !== undefined,
      key,
      headers,
      headerList,
      value,
    };
  }

  /**
   * Nearly all records have each name once, no null, and the names of the record before: then `#headerList` costs
   * nothing.
   */
  #headers(): Headers {
    const count = this.#varint();
    const start = this.#at;
    const headers: Record<string, string> = {};
    let hasNull = false;
    let sameNames = count === this.#headerCount;
    for (let i = 1; i <= count; i++) {
      const slot = 2 * i - 1;
      const before = this.#previous[slot];
      const name = this.#text(slot) ?? '';
      if (this.#previous[slot] !== before) sameNames = false;
      const value = this.#text(slot + 1);
      if (value === null) hasNull = true;
      else setHeader(headers, name, value);
    }
    if (!sameNames) {
      const names = Object.keys(headers);
      this.#headerCount = count;
      this.#namesArePlain = names.length === count && !hasReordered(names);
    }
    this.#headerList = undefined;
    return hasNull || !this.#namesArePlain ? this.#exactHeaders(start, count) : headers;
  }

  #exactHeaders(start: number, count: number): Headers {
    this.#at = start;
    const list: Header[] = [];
    for (let i = 1; i <= count; i++) list.push([this.#text(2 * i - 1) ?? '', this.#text(2 * i)]);
    const { headers, headerList } = headersFrom(list);
    this.#headerList = headerList;
    return headers;
  }

  keyOfNext(): Buffer {
    this.#varint();
    this.#at += 1;
    this.#varlong();
    this.#varint();
    const length = this.#varint();
    return this.#bytes.subarray(this.#at, this.#skip(length));
  }

  /**
   * The text in a slot of the record: slot 0 is the key, then the name and the value of each header. Consecutive
   * records mostly have the same texts, and comparing bytes costs less than creating a string.
   */
  #text(slot: number): string | null {
    const length = this.#varint();
    if (length < 0) return null;
    const start = this.#at;
    const end = this.#skip(length);
    const previous = this.#previous[slot];
    if (previous?.length === length && this.#repeats(previous.start, start, end)) return previous.text;
    const text = textOfBytes(this.#bytes, start, end);
    this.#previous[slot] = { start, length, text };
    return text;
  }

  #repeats(previousStart: number, start: number, end: number): boolean {
    const bytes = this.#bytes;
    for (let i = start, j = previousStart; i < end; i++, j++) if (bytes[i] !== bytes[j]) return false;
    return true;
  }

  /** @returns the position afterwards */
  #skip(length: number): number {
    this.#at += length;
    if (this.#at > this.#bytes.length)
      throw new RangeError('Malformed record batch: a record ends after its batch');
    return this.#at;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('Malformed record batch: a record ends after its batch');
    return byte;
  }

  /** A zigzag varint, up to 32 bits. */
  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return (value >>> 1) ^ -(value & 1);
    }
    throw new RangeError('Malformed record: a varint of more than 32 bits');
  }

  /** A zigzag varint, up to 64 bits: a difference of timestamps, small unless a producer's clock is wrong. */
  #varlong(): number {
    let value = 0n;
    const start = this.#at;
    for (let i = 0; i < 4; i++) if (this.#byte() < 128) return this.#short(start);
    this.#at = start;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n)));
    }
    throw new RangeError('Malformed record: a varint of more than 64 bits');
  }

  #short(start: number): number {
    this.#at = start;
    return this.#varint();
  }
}
