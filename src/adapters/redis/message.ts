import type { Relayed } from '../../core/event.js';
import { type Offset, offset, type TopicId, topicId } from '../../core/ids.js';
import type { NewestRelayed } from '../../ports/fanout.js';
import { decodeFrames } from './frame.js';

/**
 * A message on a partition's channel. Its first byte is its kind:
 *
 * | bytes                           | kind   | written by         |
 * |---------------------------------|--------|--------------------|
 * | `E<topic id> <prev>\n<frames>`  | events | the script `RELAY` |
 * | `B<topic id> <last>`            | beat   | `encodeBeat`       |
 * | `L`                             | layout | `LAYOUT_MESSAGE`   |
 *
 * Offsets are decimal text. The topic id is empty when the log does not report topic ids.
 */
type ChannelMessage =
  | {
      readonly kind: 'EVENTS';
      readonly topicId: TopicId | undefined;
      readonly prev: Offset;
      readonly events: readonly Relayed[];
    }
  | ({ readonly kind: 'BEAT' } & NewestRelayed)
  | { readonly kind: 'LAYOUT' };

const EVENTS = 0x45; // E
const BEAT = 0x42; // B
const LAYOUT = 0x4c; // L
const NEWLINE = 0x0a;

export const LAYOUT_MESSAGE = Buffer.of(LAYOUT);

export function encodeBeat({ topicId: id, last }: NewestRelayed): Buffer {
  return Buffer.from(`B${id ?? ''} ${last}`, 'latin1');
}

/** @throws {Error} when the bytes are not one of these messages */
export function decodeMessage(bytes: Buffer): ChannelMessage {
  if (bytes[0] === BEAT) {
    const { id, at } = decodeHead(bytes.toString('latin1', 1));
    return { kind: 'BEAT', topicId: id, last: at };
  }
  if (bytes[0] === LAYOUT) return { kind: 'LAYOUT' };
  const newline = bytes.indexOf(NEWLINE);
  if (bytes[0] !== EVENTS || newline < 0)
    throw new Error('The message is neither events nor a beat nor about a layout');
  const { id, at } = decodeHead(bytes.toString('latin1', 1, newline));
  return { kind: 'EVENTS', topicId: id, prev: at, events: decodeFrames(bytes.subarray(newline + 1)) };
}

function decodeHead(text: string): { id: TopicId | undefined; at: Offset } {
  const [id, at, more] = text.split(' ');
  if (at === undefined || more !== undefined)
    throw new Error('The message does not have the form `<topic id> <offset>`');
  return { id: decodeTopicId(id), at: decodeOffset(at) };
}

export function decodeTopicId(text: string | null | undefined): TopicId | undefined {
  return text ? topicId(text) : undefined;
}

/** @throws {Error} when the text is not an offset, or -1 (before the first) */
export function decodeOffset(text: string): Offset {
  if (!/^(?:-1|\d{1,16})$/.test(text)) throw new Error(`Not an offset: ${JSON.stringify(text.slice(0, 40))}`);
  return offset(Number(text));
}
