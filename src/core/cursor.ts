import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { MillraceError } from './errors.js';
import { type Offset, offset, type Partition, partition, type Topic, type TopicId } from './ids.js';

/** The position of a subscription in one partition. */
export interface PartitionPosition {
  readonly offset: Offset;
  /** `fingerprint` of the event at the offset; 0 when that event was not seen, as at a start from now. */
  readonly fingerprint: number;
}

export type Positions = ReadonlyMap<Partition, PartitionPosition>;

/** The position of a subscription in its topic, and what the topic was then. */
export interface StreamPosition {
  readonly positions: Positions;
  /** `topicFingerprintOf` the topic's id: shows that the topic was recreated. */
  readonly topicFingerprint: number;
  /** How many partitions the topic had. */
  readonly partitions: number;
  /** Milliseconds since 1970, in whole seconds: a time at which the topic was as described here, or earlier. */
  readonly asOf: number;
}

/** S3: what a cursor is valid for. It is useless for anything else. */
export interface CursorScope {
  readonly topic: Topic;
  readonly field: string;
  /** The field's arguments without `after` and `since`, as canonical JSON. */
  readonly args: string;
  /** The subscriber's `sub` claim. `undefined`: anonymous. */
  readonly subject: string | undefined;
}

type CursorFault = 'MALFORMED' | 'SIGNATURE' | 'FIELD' | 'ARGUMENTS' | 'SUBJECT';

const VERSION = 2;
const MAC_BYTES = 9;
/** How much of a SHA-256 digest a cursor has of its topic, field, arguments and subject. */
const DIGEST_BYTES = 6;

/**
 * Makes and reads cursors: opaque, signed, and short.
 *
 * A cursor is `<positions>.<scope>`. Both halves are base64url, and each has a MAC of its own (HMAC-SHA-256, truncated
 * as RFC 2104, section 5, allows).
 *
 * | positions: the same for all subscribers at a position, so made once per event (C1) | scope: the subscriber's own, made once |
 * |---|---|
 * | version (1 byte), key id (1), digest of the topic (6), fingerprint of the topic id (4), partitions (varint), `asOf` in seconds (varint), number of positions (varint); for each: partition (varint), offset + 1 (varint), fingerprint of the event (4); MAC (9) | key id (1), digests of field, arguments and subject (6 each); MAC (9) |
 *
 * Halves of two cursors can be combined, if both are valid for the subscriber's field, arguments and subject. The result
 * is another position in the same topic, which `since` reaches as well; rules are checked on replay as they are live
 * (S1).
 */
export class CursorCodec {
  readonly #keys: readonly { id: number; secret: string }[];
  /** Of the topics of the schema: a digest costs as much as the signature of a position. */
  readonly #topicDigests = new Map<Topic, Buffer>();

  /** @param secrets the first one signs, and all of them verify: so a secret can be rotated */
  constructor(secrets: readonly string[]) {
    if (secrets.length === 0) throw new Error('A cursor codec needs at least one secret');
    this.#keys = secrets.map((secret) => ({ id: digest(secret)[0] ?? 0, secret }));
  }

  /** The shared half: a position in `topic`. */
  position(topic: Topic, { positions, topicFingerprint, partitions, asOf }: StreamPosition): string {
    const body: number[] = [VERSION, this.#signing.id, ...this.#topicDigest(topic)];
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

  /** The subscriber's half, with the dot before it. */
  tag(scope: CursorScope): string {
    return `.${this.#seal(scopeBytes(this.#signing.id, scope), this.#signing.secret)}`;
  }

  /** @throws {MillraceError} CURSOR_INVALID, with `reason` in its details */
  read(cursor: string, scope: CursorScope): StreamPosition {
    const [left, right, more] = cursor.split('.');
    if (left === undefined || right === undefined || more !== undefined) throw invalid('MALFORMED');
    const place = this.#open(left, 1);
    const own = this.#open(right, 0);
    const expected = scopeBytes(own[0] ?? 0, scope);
    const faults = ['FIELD', 'ARGUMENTS', 'SUBJECT'] as const;
    for (const [i, fault] of faults.entries()) {
      const from = 1 + i * DIGEST_BYTES;
      if (!own.subarray(from, from + DIGEST_BYTES).equals(expected.subarray(from, from + DIGEST_BYTES))) {
        throw invalid(fault);
      }
    }
    if (place[0] !== VERSION) throw invalid('MALFORMED');
    if (!place.subarray(2, 2 + DIGEST_BYTES).equals(this.#topicDigest(scope.topic))) {
      throw invalid('FIELD');
    }
    return readStreamPosition(place, 2 + DIGEST_BYTES);
  }

  #topicDigest(topic: Topic): Buffer {
    const known = this.#topicDigests.get(topic);
    if (known !== undefined) return known;
    const made = digest(topic).subarray(0, DIGEST_BYTES);
    this.#topicDigests.set(topic, made);
    return made;
  }

  get #signing(): { id: number; secret: string } {
    const [first] = this.#keys;
    if (first === undefined) throw new Error('unreachable: the constructor requires a key');
    return first;
  }

  #seal(body: Buffer, secret: string): string {
    return Buffer.concat([body, mac(body, secret)]).toString('base64url');
  }

  /** Verifies one half. @param keyAt the index of its key id. @returns its bytes, without the MAC */
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

/**
 * Tells an event from another at the same offset, after the log lost its end and was written again: FNV-1a (32 bits)
 * over the event's id and timestamp. Never 0.
 */
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
  // The first character differs, so no subject equals an anonymous one.
  const who = subject === undefined ? '0' : `1${subject}`;
  return Buffer.concat([
    Buffer.from([keyId]),
    ...[field, args, who].map((part) => digest(part).subarray(0, DIGEST_BYTES)),
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
