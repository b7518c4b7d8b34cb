import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { MillraceError } from './errors.js';
import { type Offset, offset, type Partition, partition, type Topic, type TopicId } from './ids.js';

/** What a subscription has reached in one partition. */
export interface PartitionPosition {
  readonly offset: Offset;
  /** `fingerprint` of the event there; 0 when the event there was not seen, such as at a start from now. */
  readonly fingerprint: number;
}

export type Positions = ReadonlyMap<Partition, PartitionPosition>;

/** Where a subscription stands, and what its topic was then. */
export interface StreamPosition {
  readonly positions: Positions;
  /** `topicFingerprintOf` the topic's id: shows that the topic was recreated. */
  readonly topicFingerprint: number;
  /** How many partitions the topic had. */
  readonly partitions: number;
  /** Milliseconds since 1970, in whole seconds: not later than when it stood there. */
  readonly asOf: number;
}

/** What a cursor is good for, and nothing else (S3). */
export interface CursorScope {
  readonly topic: Topic;
  readonly field: string;
  /** The field's arguments without `after` and `since`, as JSON in a fixed order. */
  readonly args: string;
  /** Who subscribed; `undefined`: somebody without a name. */
  readonly subject: string | undefined;
}

export type CursorFault = 'MALFORMED' | 'SIGNATURE' | 'FIELD' | 'ARGUMENTS' | 'SUBJECT';

const VERSION = 2;
const MAC_BYTES = 9;
const PART_BYTES = 6;

/**
 * Cursors: opaque, signed, and as short as they can be while they prove themselves.
 *
 * A cursor is `<positions>.<scope>`, both base64url, each with its own MAC (HMAC-SHA-256, truncated as
 * RFC 2104 section 5 allows). The first half is the same for all subscribers that stand at the same
 * place, so it is made once per event (C1); the second is the subscriber's own and never changes. Halves
 * of two cursors put together give a place in the same topic for one's own field, arguments and subject:
 * nothing that `since` does not give anyway, and the rules hold on replay as they do live (S1).
 */
export class CursorCodec {
  readonly #keys: readonly { id: number; secret: string }[];

  /** @param secrets the first signs; all of them verify, so that a key can be rotated without a break */
  constructor(secrets: readonly string[]) {
    if (secrets.length === 0) throw new Error('A cursor codec needs at least one secret');
    this.#keys = secrets.map((secret) => ({ id: digest(secret)[0] ?? 0, secret }));
  }

  /** The shared half: where a subscription to `topic` stands. */
  position(topic: Topic, { positions, topicFingerprint, partitions, asOf }: StreamPosition): string {
    const body: number[] = [VERSION, this.#signing.id, ...digest(topic).subarray(0, PART_BYTES)];
    uint32(body, topicFingerprint);
    varint(body, partitions);
    varint(body, Math.max(0, Math.floor(asOf / 1000)));
    varint(body, positions.size);
    for (const [number, reached] of positions) {
      varint(body, number);
      varint(body, reached.offset + 1);
      uint32(body, reached.fingerprint);
    }
    return this.#seal(Buffer.from(body), this.#signing.secret);
  }

  /** The subscriber's half, with the dot that joins it. */
  tag(scope: CursorScope): string {
    return `.${this.#seal(scopeBytes(this.#signing.id, scope), this.#signing.secret)}`;
  }

  /** @throws {MillraceError} CURSOR_INVALID with `reason`, before anything is read */
  read(cursor: string, scope: CursorScope): StreamPosition {
    const [left, right, more] = cursor.split('.');
    if (left === undefined || right === undefined || more !== undefined) throw invalid('MALFORMED');
    const place = this.#open(left, 1);
    const own = this.#open(right, 0);
    const expected = scopeBytes(own[0] ?? 0, scope);
    const faults = ['FIELD', 'ARGUMENTS', 'SUBJECT'] as const;
    for (const [i, fault] of faults.entries()) {
      const from = 1 + i * PART_BYTES;
      if (!own.subarray(from, from + PART_BYTES).equals(expected.subarray(from, from + PART_BYTES))) {
        throw invalid(fault);
      }
    }
    if (place[0] !== VERSION) throw invalid('MALFORMED');
    if (!place.subarray(2, 2 + PART_BYTES).equals(digest(scope.topic).subarray(0, PART_BYTES))) {
      throw invalid('FIELD');
    }
    return readStreamPosition(place, 2 + PART_BYTES);
  }

  get #signing(): { id: number; secret: string } {
    const [first] = this.#keys;
    if (first === undefined) throw new Error('unreachable: the constructor requires a key');
    return first;
  }

  #seal(body: Buffer, secret: string): string {
    return Buffer.concat([body, mac(body, secret)]).toString('base64url');
  }

  #open(text: string, keyAt: number): Buffer {
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length <= MAC_BYTES + keyAt || bytes.toString('base64url') !== text) throw invalid('MALFORMED');
    const body = bytes.subarray(0, -MAC_BYTES);
    const given = bytes.subarray(-MAC_BYTES);
    const known = this.#keys.filter(({ id }) => id === body[keyAt]);
    if (!known.some(({ secret }) => timingSafeEqual(mac(body, secret), given))) throw invalid('SIGNATURE');
    return body;
  }
}

/** A few bytes of a topic's id, to recognise a recreated topic; 0 when the log does not report topic ids. */
export function topicFingerprintOf(id: TopicId | undefined): number {
  return id === undefined ? 0 : fingerprint(id, 0);
}

/** A few bytes that tell one event from another at the same offset: FNV-1a over its id and timestamp; never 0. */
export function fingerprint(id: string, timestamp: number): number {
  let hash = 0x811c9dc5;
  for (const text of [id, String(timestamp)]) {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0 || 1;
}

const FAULT_MESSAGES: Record<CursorFault, string> = {
  MALFORMED: 'it is not a complete cursor',
  SIGNATURE: 'it was not signed by this gateway, or with a secret that is no longer configured',
  FIELD: 'it belongs to another field',
  ARGUMENTS: 'it belongs to other arguments of this field',
  SUBJECT: 'it belongs to another subject',
};

function invalid(reason: CursorFault): MillraceError {
  return new MillraceError('CURSOR_INVALID', `Invalid cursor: ${FAULT_MESSAGES[reason]}.`, {
    details: { reason },
  });
}

function scopeBytes(keyId: number, { field, args, subject }: CursorScope): Buffer {
  // A named subject and nobody never look alike: the first byte differs.
  const who = subject === undefined ? '0' : `1${subject}`;
  return Buffer.concat([
    Buffer.from([keyId]),
    ...[field, args, who].map((part) => digest(part).subarray(0, PART_BYTES)),
  ]);
}

function readStreamPosition(bytes: Buffer, start: number): StreamPosition {
  let at = start;
  const nextUint32 = (): number => {
    if (at + 4 > bytes.length) throw invalid('MALFORMED');
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined || scale > 2 ** 53) throw invalid('MALFORMED');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const topicFingerprint = nextUint32();
  const partitions = next();
  const asOf = next() * 1000;
  const positions = new Map<Partition, PartitionPosition>();
  for (let left = next(); left > 0; left--) {
    const number = partition(next());
    const reached = offset(next() - 1);
    positions.set(number, { offset: reached, fingerprint: nextUint32() });
  }
  return { positions, topicFingerprint, partitions, asOf };
}

function uint32(into: number[], value: number): void {
  into.push(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

function varint(into: number[], value: number): void {
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) into.push((left % 128) | 128);
  into.push(left);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const mac = (body: Buffer, secret: string): Buffer =>
  createHmac('sha256', secret).update(body).digest().subarray(0, MAC_BYTES);
