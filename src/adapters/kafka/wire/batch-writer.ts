import { bytesOfText, isWellFormed } from '../../../core/byte-text.js';
import type { Headers, NewRecord } from '../../../core/record.js';
import {
  ATTRIBUTES_AT,
  BATCH_HEADER_BYTES,
  COUNT_AT,
  CRC_AT,
  FIRST_SEQUENCE_AT,
  FIRST_TIMESTAMP_AT,
  LAST_OFFSET_DELTA_AT,
  LENGTH_AT,
  LENGTH_END,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  TRANSACTIONAL,
} from './batch-layout.js';
import { crc32c } from './internals.js';

interface BatchOptions {
  /** Of all records, in milliseconds since 1970. */
  readonly timestamp: number;
  readonly producerId: string;
  readonly producerEpoch: number;
  /** The sequence number of the first record; the others follow. */
  readonly firstSequence: number;
  readonly transactional: boolean;
}

/** Up to this length, writing ASCII in a loop is faster than a call into C++. */
const SHORT_TEXT_LENGTH = 48;
const MAX_VARINT_BYTES = 5;

/**
 * Encodes records as one uncompressed record batch, format 2. Hot path (bench: mutations): everything is written
 * straight into one buffer. kafkajs would create several buffers for each record.
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export function writeBatch(records: readonly NewRecord[], options: BatchOptions): Buffer {
  const writer = new RecordWriter(
    BATCH_HEADER_BYTES + records.reduce((sum, record) => sum + maxRecordBytes(record), 0),
  );
  for (const [i, record] of records.entries()) writer.record(record, i);
  const bytes = writer.done();
  const timestamp = BigInt(options.timestamp);
  bytes.writeInt32BE(bytes.length - LENGTH_END, LENGTH_AT);
  bytes.writeInt8(2, MAGIC_AT);
  bytes.writeInt16BE(options.transactional ? TRANSACTIONAL : 0, ATTRIBUTES_AT);
  bytes.writeInt32BE(records.length - 1, LAST_OFFSET_DELTA_AT);
  bytes.writeBigInt64BE(timestamp, FIRST_TIMESTAMP_AT);
  bytes.writeBigInt64BE(timestamp, MAX_TIMESTAMP_AT);
  bytes.writeBigInt64BE(BigInt(options.producerId), PRODUCER_ID_AT);
  bytes.writeInt16BE(options.producerEpoch, PRODUCER_EPOCH_AT);
  bytes.writeInt32BE(options.firstSequence, FIRST_SEQUENCE_AT);
  bytes.writeInt32BE(records.length, COUNT_AT);
  bytes.writeUInt32BE(crc32c(bytes.subarray(ATTRIBUTES_AT)), CRC_AT);
  return bytes;
}

/** An upper bound, which is cheap to compute: a UTF-16 code unit takes at most three bytes in UTF-8. */
function maxRecordBytes({ key, value, headers, headerList }: NewRecord): number {
  let bytes = 6 * MAX_VARINT_BYTES + 1 + (key?.length ?? 0) * 3 + (value?.length ?? 0);
  if (headerList !== undefined) {
    for (const [name, text] of headerList)
      bytes += 2 * MAX_VARINT_BYTES + (name.length + (text?.length ?? 0)) * 3;
    return bytes;
  }
  for (const name in headers)
    bytes += 2 * MAX_VARINT_BYTES + (name.length + (headers[name]?.length ?? 0)) * 3;
  return bytes;
}

class RecordWriter {
  readonly #bytes: Buffer;
  #at = BATCH_HEADER_BYTES;

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size).fill(0, 0, BATCH_HEADER_BYTES);
  }

  record({ key, value, headers, headerList }: NewRecord, offsetDelta: number): void {
    const start = this.#at;
    // The length comes first, and is known last. Most need two bytes; for any other width the record is moved.
    this.#at += 2;
    this.#bytes[this.#at++] = 0; // Attributes.
    this.#bytes[this.#at++] = 0; // Timestamp delta.
    this.#varint(offsetDelta);
    this.#text(key);
    if (value === null) this.#varint(-1);
    else {
      this.#varint(value.length);
      value.copy(this.#bytes, this.#at);
      this.#at += value.length;
    }
    if (headerList === undefined) this.#headers(headers);
    else {
      this.#varint(headerList.length);
      for (const [name, text] of headerList) {
        this.#text(name);
        this.#text(text);
      }
    }
    const length = this.#at - start - 2;
    const width = widthOf(length);
    if (width !== 2) this.#bytes.copyWithin(start + width, start + 2, this.#at);
    this.#at = start;
    this.#varint(length);
    this.#at += length;
  }

  #headers(headers: Headers): void {
    const names = Object.keys(headers);
    this.#varint(names.length);
    for (const name of names) {
      this.#text(name);
      this.#text(headers[name] ?? '');
    }
  }

  done(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  #text(text: string | null): void {
    if (text === null) {
      this.#varint(-1);
      return;
    }
    const { length } = text;
    if (length <= SHORT_TEXT_LENGTH) {
      const start = this.#at;
      this.#varint(length);
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 0x7f) break;
        this.#bytes[this.#at++] = code;
      }
      if (i === length) return;
      // Not ASCII: the byte length differs, and so may the width of its varint.
      this.#at = start;
    }
    if (!isWellFormed(text)) {
      const bytes = bytesOfText(text);
      this.#varint(bytes.length);
      this.#at += bytes.copy(this.#bytes, this.#at);
      return;
    }
    this.#varint(Buffer.byteLength(text));
    this.#at += this.#bytes.write(text, this.#at, 'utf8');
  }

  /** A zigzag varint of 32 bits. */
  #varint(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }
}

function widthOf(value: number): number {
  let width = 1;
  for (let rest = (value << 1) >>> 7; rest > 0; rest >>>= 7) width += 1;
  return width;
}
