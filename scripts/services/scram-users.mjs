import { pbkdf2, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { promisify } from 'node:util';

// Kafka's numbers, and the hash of each with its length in bytes.
const MECHANISMS = {
  'SCRAM-SHA-256': { number: 1, hash: 'sha256', length: 32 },
  'SCRAM-SHA-512': { number: 2, hash: 'sha512', length: 64 },
};
/** The smallest that Kafka accepts. */
const ITERATIONS = 4096;
const ALTER_USER_SCRAM_CREDENTIALS = 51;
const TIMEOUT_MS = 30_000;

/** Creates a user with both mechanisms, or changes the password. kafkajs does not have this request. */
export async function setScramUser(address, user, password) {
  // One request each: Kafka alters a user once in a request.
  for (const { number, hash, length } of Object.values(MECHANISMS)) {
    const salt = randomBytes(16);
    const salted = await promisify(pbkdf2)(password, salt, ITERATIONS, length, hash);
    const upsertion = [text(user), int8(number), int32(ITERATIONS), bytes(salt), bytes(salted), NO_TAGS];
    await alter(address, { deletions: [], upsertions: [upsertion] });
  }
}

export async function removeScramUser(address, user) {
  for (const { number } of Object.values(MECHANISMS))
    await alter(address, { deletions: [[text(user), int8(number), NO_TAGS]], upsertions: [] });
}

/** @throws with Kafka's message when it refuses one of them */
async function alter(address, { deletions, upsertions }) {
  // https://kafka.apache.org/protocol#The_Messages_AlterUserScramCredentials, version 0, with the request header 2.
  const header = [
    int16(ALTER_USER_SCRAM_CREDENTIALS),
    int16(0),
    int32(1),
    int16(0), // no client id
    NO_TAGS,
  ];
  const request = Buffer.concat([...header, list(deletions), list(upsertions), NO_TAGS]);
  // Skips the correlation id, the header's tags and the throttle time.
  const response = new Reader(await exchange(address, request), 9);
  for (let left = response.length(); left > 0; left--) {
    const user = response.text();
    const code = response.int16();
    const message = response.text();
    response.length(); // no tags
    if (code !== 0)
      throw new Error(`Kafka refused to alter the user ${user} (error ${code}): ${message ?? ''}`);
  }
}

/** Sends one request on a connection of its own, and resolves with the response without its length. */
function exchange(address, request) {
  const { hostname, port } = new URL(`kafka://${address}`);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('Kafka did not answer')));
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      resolve(received.subarray(4));
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('Kafka closed the connection')));
    socket.write(Buffer.concat([int32(request.length), request]));
  });
}

const NO_TAGS = Buffer.of(0);
const int8 = (value) => Buffer.of(value);

function int16(value) {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

function int32(value) {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

/** The compact types of the protocol start with the length plus one. All are short here, so that one byte is enough. */
const compact = (length, parts) => Buffer.concat([Buffer.of(length + 1), ...parts]);
const bytes = (value) => compact(value.length, [value]);
const text = (value) => bytes(Buffer.from(value));
const list = (items) => compact(items.length, items.flat());

class Reader {
  #buffer;
  #at;

  constructor(buffer, at) {
    this.#buffer = buffer;
    this.#at = at;
  }

  int16() {
    const value = this.#buffer.readInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  /** The number of items of a list, of which there are few; that of tags, which is 0, becomes -1. */
  length() {
    return this.#buffer[this.#at++] - 1;
  }

  /** @returns undefined for null */
  text() {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#buffer[this.#at++];
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (length === 0) return undefined;
    const value = this.#buffer.toString('utf8', this.#at, this.#at + length - 1);
    this.#at += length - 1;
    return value;
  }
}
