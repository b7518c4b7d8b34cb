import type { Splitter } from './proxy.js';

/** Splits Redis's protocol (RESP2) into whole commands one way, and whole replies and pushes the other way. */
export function respFrames(): Splitter {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const frames: Buffer[] = [];
      let at = 0;
      for (let end = frameEnd(bytes, at); end !== undefined; end = frameEnd(bytes, at)) {
        frames.push(bytes.subarray(at, end));
        at = end;
      }
      rest = bytes.subarray(at);
      return frames;
    },
  };
}

/** The elements of an array of bulk strings, such as a command or a push. Empty for any other frame. */
export function bulkStrings(frame: Buffer): readonly Buffer[] {
  const head = line(frame, 0);
  if (head === undefined || frame[0] !== ARRAY) return [];
  const found: Buffer[] = [];
  let at = head.next;
  while (at < frame.length) {
    const next = line(frame, at);
    if (next === undefined || frame[at] !== BULK || next.number < 0) return [];
    found.push(frame.subarray(next.next, next.next + next.number));
    at = next.next + next.number + 2;
  }
  return found;
}

/** Whether a command runs the relay's script: only that one has these keys. */
export function isRelayScript(frame: Buffer): boolean {
  const [command, , keys, , stream] = bulkStrings(frame).map((word) => word.toString('latin1', 0, 200));
  return (
    /^eval(sha)?$/i.test(command ?? '') &&
    keys === '2' &&
    bulkStrings(frame).length > 9 &&
    /:stream$/.test(stream ?? '')
  );
}

/** The key of a query for the newest offset, which a node sends for a silent partition; `undefined` for others. */
export function newestQuery(frame: Buffer): string | undefined {
  const [command, key, field] = bulkStrings(frame).map((word) => word.toString('latin1'));
  return command?.toLowerCase() === 'hget' && field === 'newest' ? key : undefined;
}

/** Encodes a command. */
export function command(...parts: readonly string[]): Buffer {
  const bulk = parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return Buffer.from(`*${parts.length}\r\n${bulk.join('')}`);
}

/** The channel of a message that Redis pushes to a subscriber, and whether the message is a beat. */
export function pushedMessage(
  frame: Buffer,
): { readonly channel: string; readonly beat: boolean } | undefined {
  const [kind, channel, message] = bulkStrings(frame);
  if (kind?.toString('latin1') !== 'message' || channel === undefined) return undefined;
  return { channel: channel.toString('latin1'), beat: message?.[0] === BEAT };
}

/** A reply of the relay's script: `RELAYED` and the number of duplicates, `FENCED`, or `GAP`. */
export function relayReply(frame: Buffer): { readonly status: string; readonly number: number } | undefined {
  const [status, number, ...more] = bulkStrings(frame).map((word) => word.toString('latin1'));
  if (status === undefined || more.length > 0 || !['RELAYED', 'FENCED', 'GAP'].includes(status))
    return undefined;
  return { status, number: Number(number) };
}

const ARRAY = 0x2a;
const BULK = 0x24;
const BEAT = 0x42;

/** The number in the line that starts at `at`, and where the next line starts. */
function line(bytes: Buffer, at: number): { readonly number: number; readonly next: number } | undefined {
  const end = bytes.indexOf('\r\n', at, 'latin1');
  return end < 0 ? undefined : { number: Number(bytes.toString('latin1', at + 1, end)), next: end + 2 };
}

function frameEnd(bytes: Buffer, at: number): number | undefined {
  if (at >= bytes.length) return undefined;
  const head = line(bytes, at);
  if (head === undefined) return undefined;
  if (bytes[at] === BULK) {
    const end = head.number < 0 ? head.next : head.next + head.number + 2;
    return end <= bytes.length ? end : undefined;
  }
  let end: number | undefined = head.next;
  if (bytes[at] !== ARRAY) return end;
  for (let i = 0; i < head.number; i++) {
    end = frameEnd(bytes, end);
    if (end === undefined) return undefined;
  }
  return end;
}
