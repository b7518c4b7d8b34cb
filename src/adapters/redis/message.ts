import type { Relayed } from '../../core/event.js';
import { type Offset, offset } from '../../core/ids.js';
import { decodeFrames } from './frame.js';

/**
 * What is published on a partition's channel. The first byte says which it is:
 * `E<prev>\n<frames>` are events, `B<last>` is a beat. Offsets are decimal text. The relay script writes
 * the first, `encodeBeat` the second.
 */
export type Message =
  | { readonly kind: 'EVENTS'; readonly prev: Offset; readonly events: readonly Relayed[] }
  | { readonly kind: 'BEAT'; readonly last: Offset };

const E = 0x45;
const B = 0x42;
const NEWLINE = 0x0a;

export function encodeBeat(last: Offset): Buffer {
  return Buffer.from(`B${last}`, 'latin1');
}

/** @throws {Error} when the bytes are no message of ours */
export function decodeMessage(bytes: Buffer): Message {
  if (bytes[0] === B) return { kind: 'BEAT', last: decodeOffset(bytes.toString('latin1', 1)) };
  const newline = bytes.indexOf(NEWLINE);
  if (bytes[0] !== E || newline < 0) throw new Error('The message is neither events nor a beat');
  const prev = decodeOffset(bytes.toString('latin1', 1, newline));
  return { kind: 'EVENTS', prev, events: decodeFrames(bytes.subarray(newline + 1)) };
}

/** @throws {Error} when the text is not an offset (-1 stands before the first) */
export function decodeOffset(text: string): Offset {
  if (!/^(?:-1|\d{1,16})$/.test(text)) throw new Error(`Not an offset: ${JSON.stringify(text.slice(0, 40))}`);
  return offset(Number(text));
}
