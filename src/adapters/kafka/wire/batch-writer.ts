import type { NewRecord } from '../../../core/record.js';
import { crc32c } from './internals.js';

export interface BatchOptions {
  /** Milliseconds since 1970, of all records. */
  readonly timestamp: number;
  readonly producerId: string;
  readonly producerEpoch: number;
  readonly firstSequence: number;
  readonly transactional: boolean;
}

const LENGTH_AT = 8;
const MAGIC_AT = 16;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;
const HEADER = 61;
const TRANSACTIONAL = 0x10;
/** Up to here a loop is faster than a call into C++. */
const SHORT = 48;
/** What a varint of 32 bits takes at the most. */
const VARINT = 5;

/**
 * Records as one record batch, format 2, not compressed. Hot path (bench: mutations): written at once into
 * one buffer. kafkajs makes several buffers of each record on the way.
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export function writeBatch(records: readonly NewRecord[], options: BatchOptions): Buffer {
  const writer = new Writer(HEADER + records.reduce((sum, record) => sum + atMost(record), 0));
  for (const [i, record] of records.entries()) writer.record(record, i);
  const bytes = writer.done();
  const timestamp = BigInt(options.timestamp);
  bytes.writeInt32BE(bytes.length - LENGTH_AT - 4, LENGTH_AT);
  bytes.writeInt8(2, MAGIC_AT);
  bytes.writeInt16BE(options.transactional ? TRANSACTIONAL : 0, ATTRIBUTES_AT);
  bytes.writeInt32BE(records.length - 1, ATTRIBUTES_AT + 2);
  bytes.writeBigInt64BE(timestamp, ATTRIBUTES_AT + 6);
  bytes.writeBigInt64BE(timestamp, ATTRIBUTES_AT + 14);
  bytes.writeBigInt64BE(BigInt(options.producerId), ATTRIBUTES_AT + 22);
  bytes.writeInt16BE(options.producerEpoch, ATTRIBUTES_AT + 30);
  bytes.writeInt32BE(options.firstSequence, ATTRIBUTES_AT + 32);
  bytes.writeInt32BE(records.length, ATTRIBUTES_AT + 36);
  bytes.writeUInt32BE(crc32c(bytes.subarray(ATTRIBUTES_AT)), CRC_AT);
  return bytes;
}

/** A bound of a record's bytes: no character of UTF-16 takes more than three in UTF-8. */
function atMost({ key, value, headers }: NewRecord): number {
  let bytes = 6 * VARINT + 1 + (key?.length ?? 0) * 3 + (value?.length ?? 0);
  for (const name in headers) bytes += 2 * VARINT + (name.length + (headers[name]?.length ?? 0)) * 3;
  return bytes;
}

class Writer {
  readonly #bytes: Buffer;
  #at = HEADER;

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size).fill(0, 0, HEADER);
  }

  record({ key, value, headers }: NewRecord, offsetDelta: number): void {
    const start = this.#at;
    // Most records need two bytes for their length: the rest is moved when it is otherwise.
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
    const names = Object.keys(headers);
    this.#varint(names.length);
    for (const name of names) {
      this.#text(name);
      this.#text(headers[name] ?? '');
    }
    const length = this.#at - start - 2;
    const width = widthOf(length);
    if (width !== 2) this.#bytes.copyWithin(start + width, start + 2, this.#at);
    this.#at = start;
    this.#varint(length);
    this.#at += length;
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
    if (length <= SHORT) {
      const start = this.#at;
      this.#varint(length);
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 0x7f) break;
        this.#bytes[this.#at++] = code;
      }
      if (i === length) return;
      this.#at = start;
    }
    this.#varint(Buffer.byteLength(text));
    this.#at += this.#bytes.write(text, this.#at, 'utf8');
  }

  /** A zigzag varint. */
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
