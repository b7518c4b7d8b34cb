import { offset } from '../../../core/ids.js';
import type { LogRecord } from '../../../core/record.js';
import { codecOf } from './internals.js';

/**
 * A record batch, format 2.
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export interface RecordBatch {
  /** The offset of the last record that it was written with; compaction may have taken that one. */
  readonly last: number;
  readonly producerId: string;
  readonly isTransactional: boolean;
  /** Written by brokers: the end of a transaction. */
  readonly isControl: boolean;
  /** Of a control batch: whether it ends a transaction by an abort. */
  aborts(): boolean;
  records(): readonly LogRecord[];
}

/** The fixed part of a record batch before its records, in bytes. */
const BATCH_HEADER = 61;

const LENGTH_AT = 8;
const MAGIC_AT = 16;
const ATTRIBUTES_AT = 21;
const LAST_DELTA_AT = 23;
const FIRST_TIMESTAMP_AT = 27;
const MAX_TIMESTAMP_AT = 35;
const PRODUCER_AT = 43;
const COUNT_AT = 57;

const CODEC = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/**
 * The batches of a fetch. The last one may be cut off, and is left out: `maxBytes` of a fetch counts bytes.
 * Hot path (bench: relay): records become ours at once. kafkajs makes 64-bit objects of every number on the way.
 */
export async function readBatches(bytes: Buffer): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  for (let at = 0; at + BATCH_HEADER <= bytes.length; ) {
    const length = LENGTH_AT + 4 + bytes.readInt32BE(at + LENGTH_AT);
    if (at + length > bytes.length) break;
    if (length < BATCH_HEADER) throw new Error(`A record batch of ${length} bytes`);
    batches.push(await readBatch(bytes.subarray(at, at + length)));
    at += length;
  }
  return batches;
}

async function readBatch(bytes: Buffer): Promise<RecordBatch> {
  const magic = bytes.readInt8(MAGIC_AT);
  if (magic !== 2) throw new Error(`A record batch of format ${magic}; only format 2 can be read`);
  const attributes = bytes.readInt16BE(ATTRIBUTES_AT);
  const first = Number(bytes.readBigInt64BE(0));
  const codec = codecOf(attributes & CODEC);
  const plain = bytes.subarray(BATCH_HEADER);
  const body = codec === null ? plain : await codec.decompress(plain);
  const count = bytes.readInt32BE(COUNT_AT);
  const firstTimestamp = Number(bytes.readBigInt64BE(FIRST_TIMESTAMP_AT));
  const appended =
    (attributes & LOG_APPEND_TIME) === 0 ? undefined : Number(bytes.readBigInt64BE(MAX_TIMESTAMP_AT));
  return {
    last: first + bytes.readInt32BE(LAST_DELTA_AT),
    producerId: bytes.readBigInt64BE(PRODUCER_AT).toString(),
    isTransactional: (attributes & TRANSACTIONAL) !== 0,
    isControl: (attributes & CONTROL) !== 0,
    // The key of a control record is its version and its type, int16 each: 0 is an abort.
    aborts: () => count > 0 && new RecordReader(body).keyOfNext().readInt16BE(2) === 0,
    records: () => {
      const reader = new RecordReader(body);
      const records: LogRecord[] = [];
      for (let left = count; left > 0; left--) records.push(reader.next(first, firstTimestamp, appended));
      return records;
    },
  };
}

/** Also a name that is no plain object's to have: `__proto__`. */
function set(headers: Record<string, string>, name: string, value: string): void {
  if (name !== '__proto__') headers[name] = value;
  else Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true });
}

/** Reads the records of a batch one after the other. @throws {RangeError} when they end too soon */
class RecordReader {
  readonly #bytes: Buffer;
  /** The last text in each slot, and where its bytes are. */
  readonly #before: { readonly start: number; readonly length: number; readonly text: string }[] = [];
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(firstOffset: number, firstTimestamp: number, appended: number | undefined): LogRecord {
    const end = this.#varint() + this.#at;
    this.#at += 1; // attributes: none are in use
    const timestamp = firstTimestamp + this.#varlong();
    const at = offset(firstOffset + this.#varint());
    const key = this.#text(0);
    const valueLength = this.#varint();
    const value = valueLength < 0 ? null : this.#bytes.subarray(this.#at, this.#skip(valueLength));
    const headers: Record<string, string> = {};
    const count = this.#varint();
    for (let i = 1; i <= count; i++) {
      const name = this.#text(2 * i - 1) ?? '';
      // A header may have no value at all: it is there, and empty. Of several of one name the last one counts.
      set(headers, name, this.#text(2 * i) ?? '');
    }
    this.#at = end;
    return { offset: at, timestamp: appended ?? timestamp, key, headers, value };
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
   * The text in a slot of the record: its key, or the name or the value of its n-th header. Records that follow
   * each other mostly say the same there, and to compare bytes costs less than to make a string of them.
   */
  #text(slot: number): string | null {
    const length = this.#varint();
    if (length < 0) return null;
    const start = this.#at;
    const end = this.#skip(length);
    const before = this.#before[slot];
    if (before?.length === length && this.#repeats(before.start, start, end)) return before.text;
    const text = this.#bytes.toString('utf8', start, end);
    this.#before[slot] = { start, length, text };
    return text;
  }

  #repeats(before: number, start: number, end: number): boolean {
    const bytes = this.#bytes;
    for (let i = start, j = before; i < end; i++, j++) if (bytes[i] !== bytes[j]) return false;
    return true;
  }

  /** @returns where it stands afterwards */
  #skip(length: number): number {
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('A record ends after its batch');
    return this.#at;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('A record ends after its batch');
    return byte;
  }

  /** Zigzag, up to 32 bits. */
  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return (value >>> 1) ^ -(value & 1);
    }
    throw new RangeError('A number of more than 32 bits in a record');
  }

  /** Zigzag, up to 64 bits: differences of timestamps, which are small unless a producer's clock is wild. */
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
    throw new RangeError('A number of more than 64 bits in a record');
  }

  #short(start: number): number {
    this.#at = start;
    return this.#varint();
  }
}
