import type { Relayed } from '../../core/event.js';
import { type Offset, offset, type TopicId, topicId } from '../../core/ids.js';
import type { Newest } from '../../ports/fanout.js';
import { decodeFrames } from './frame.js';

/**
 * What is published on a partition's channel. The first byte says which it is:
 * `E<topic id> <prev>\n<frames>` are events, `B<topic id> <last>` is a beat. Offsets are decimal text; the
 * id of a topic whose log does not tell is empty. The relay script writes the first, `encodeBeat` the second.
 */
export type Message =
  | {
      readonly kind: 'EVENTS';
      readonly topicId: TopicId | undefined;
      readonly prev: Offset;
      readonly events: readonly Relayed[];
    }
  | ({ readonly kind: 'BEAT' } & Newest);

const E = 0x45;
const B = 0x42;
const NEWLINE = 0x0a;

export function encodeBeat({ topicId: id, last }: Newest): Buffer {
  return Buffer.from(`B${id ?? ''} ${last}`, 'latin1');
}

/** @throws {Error} when the bytes are no message of ours */
export function decodeMessage(bytes: Buffer): Message {
  if (bytes[0] === B) {
    const { id, at } = decodeHead(bytes.toString('latin1', 1));
    return { kind: 'BEAT', topicId: id, last: at };
  }
  const newline = bytes.indexOf(NEWLINE);
  if (bytes[0] !== E || newline < 0) throw new Error('The message is neither events nor a beat');
  const { id, at } = decodeHead(bytes.toString('latin1', 1, newline));
  return { kind: 'EVENTS', topicId: id, prev: at, events: decodeFrames(bytes.subarray(newline + 1)) };
}

function decodeHead(text: string): { id: TopicId | undefined; at: Offset } {
  const [id, at, more] = text.split(' ');
  if (at === undefined || more !== undefined) throw new Error('The message does not say what it follows');
  return { id: decodeTopicId(id), at: decodeOffset(at) };
}

export function decodeTopicId(text: string | null | undefined): TopicId | undefined {
  return text ? topicId(text) : undefined;
}

/** @throws {Error} when the text is not an offset (-1 stands before the first) */
export function decodeOffset(text: string): Offset {
  if (!/^(?:-1|\d{1,16})$/.test(text)) throw new Error(`Not an offset: ${JSON.stringify(text.slice(0, 40))}`);
  return offset(Number(text));
}
