import { percentile } from '../row.js';
import type { ReceivedFrames } from './api.js';

/** The prefix of an id, before its twelve digits. Together they are as long as a UUID. */
const ID_PREFIX = '00000000-0000-4000-8000-';
const ID_DIGITS = 12;
/** `{"id":"<id>","type":"next","payload":`: every server here writes its members in this order. */
const OPENING = Buffer.from(`{"id":"${ID_PREFIX}`);
const NEXT = Buffer.from('","type":"next","payload":');
const COUNTER = Buffer.from('"n":');
const STAMP = Buffer.from('"at":');
const MAX_FAULTS = 10;

export const idOf = (index: number): string => ID_PREFIX + String(index).padStart(ID_DIGITS, '0');

/** The operations of one connection: `size` of them from `base`. An operation is the number in an id plus `shift`. */
interface OperationSlice {
  readonly base: number;
  readonly size: number;
  readonly shift: number;
}

/**
 * Checks every frame of every operation: that its id belongs to the connection, and that its event number `n` follows the one
 * before. Hot path: the load must not distort what is measured.
 */
export class Tally {
  readonly #last: Int32Array;
  readonly #counts: Uint32Array;
  readonly #faults: string[] = [];
  #faulty = 0;
  #frames = 0;
  #first = 0;
  #newest = 0;
  #stamps = false;
  #latencies: number[] = [];
  #progress = 0;
  #sample = '';
  /** Where `"n":` and `"at":` were found last, relative to the payload. */
  #counterAt = 0;
  #stampAt = 0;

  constructor(operations: number) {
    this.#last = new Int32Array(operations).fill(-1);
    this.#counts = new Uint32Array(operations);
  }

  get frames(): number {
    return this.#frames;
  }

  /** When the last frame arrived. */
  get progress(): number {
    return this.#progress;
  }

  get sample(): string {
    return this.#sample;
  }

  get reached(): number {
    return this.#last.reduce((least, last) => Math.min(least, last), Number.MAX_SAFE_INTEGER);
  }

  mark(stamps: boolean, at: number): void {
    this.#counts.fill(0);
    this.#frames = 0;
    this.#first = 0;
    this.#latencies = [];
    this.#stamps = stamps;
    this.#progress = at;
  }

  /** Counts a text frame of a connection with the operations `slice`. */
  frame(bytes: Buffer, start: number, end: number, slice: OperationSlice, at: number): void {
    const fault = this.#take(bytes, start, end, slice, at);
    if (fault !== undefined) this.fault(fault);
  }

  fault(what: string): void {
    this.#faulty += 1;
    if (this.#faults.length < MAX_FAULTS) this.#faults.push(what);
  }

  result(): ReceivedFrames {
    const more = this.#faulty - this.#faults.length;
    return {
      frames: this.#frames,
      first: this.#first,
      last: this.#newest,
      counts: [...this.#counts],
      latencies: {
        p50: percentile(this.#latencies, 0.5),
        p95: percentile(this.#latencies, 0.95),
        p99: percentile(this.#latencies, 0.99),
        max: percentile(this.#latencies, 1),
      },
      faults: more > 0 ? [...this.#faults, `${more} more`] : [...this.#faults],
    };
  }

  /** @returns the fault of the frame, if any */
  #take(bytes: Buffer, start: number, end: number, slice: OperationSlice, at: number): string | undefined {
    const digits = start + OPENING.length;
    const after = digits + ID_DIGITS;
    if (!matches(bytes, start, OPENING) || !matches(bytes, after, NEXT)) return otherwise(bytes, start, end);
    const operation = slice.shift + number(bytes, digits, after);
    const last = this.#last[operation];
    if (last === undefined || operation < slice.base || operation >= slice.base + slice.size)
      return `a frame for ${bytes.toString('latin1', digits, after)} arrived on a connection without it`;
    const payload = after + NEXT.length;
    this.#counterAt = find(bytes, payload, end, COUNTER, this.#counterAt);
    if (this.#counterAt < 0) return `no event: ${bytes.toString('utf8', start, Math.min(end, start + 300))}`;
    const n = number(bytes, payload + this.#counterAt + COUNTER.length, end);
    this.#last[operation] = n;
    this.#counts[operation] = (this.#counts[operation] ?? 0) + 1;
    if (this.#stamps) {
      this.#stampAt = find(bytes, payload, end, STAMP, this.#stampAt);
      if (this.#stampAt < 0) return 'a frame without its time';
      this.#latencies.push(at - number(bytes, payload + this.#stampAt + STAMP.length, end));
    }
    if (this.#frames === 0) {
      this.#first = at;
      this.#sample = bytes.toString('utf8', start, end);
    }
    this.#frames += 1;
    this.#newest = at;
    this.#progress = at;
    return last >= 0 && n !== last + 1
      ? `operation ${operation} received event ${n} after ${last}`
      : undefined;
  }
}

/** A message that is not a result: only a ping or an acknowledgement is valid. */
function otherwise(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString('utf8', start, Math.min(end, start + 300));
  if (text.startsWith('{"type":"ping"') || text.startsWith('{"type":"connection_ack"')) return undefined;
  return `not a result of an operation of this connection: ${text}`;
}

function matches(bytes: Buffer, at: number, wanted: Buffer): boolean {
  // From the end, where differences are most likely.
  for (let i = wanted.length - 1; i >= 0; i--) if (bytes[at + i] !== wanted[i]) return false;
  return true;
}

/** The position of `wanted` relative to `from`, or -1. Tries the usual position first. */
function find(bytes: Buffer, from: number, end: number, wanted: Buffer, usual: number): number {
  if (usual >= 0 && from + usual + wanted.length <= end && matches(bytes, from + usual, wanted)) return usual;
  return bytes.subarray(from, end).indexOf(wanted);
}

/** Parses a non-negative decimal number that starts at `from`. */
function number(bytes: Buffer, from: number, end: number): number {
  let value = 0;
  let unit = 0;
  for (let i = from; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === 46 && unit === 0) unit = 1;
    else if (byte < 48 || byte > 57) break;
    else if (unit === 0) value = value * 10 + (byte - 48);
    else {
      unit /= 10;
      value += (byte - 48) * unit;
    }
  }
  return value;
}
