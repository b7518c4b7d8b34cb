import type { Splitter } from './proxy.js';

/** Frames of Redis's protocol (RESP2), whole commands one way and whole replies and pushes the other. */
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

/** The texts of an array of bulk strings, such as a command or a push; empty for any other frame. */
export function words(frame: Buffer): readonly Buffer[] {
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

/** What the relay's script, and no other command, has. */
export function isRelayScript(frame: Buffer): boolean {
  const [command, , keys, , stream] = words(frame).map((word) => word.toString('latin1', 0, 200));
  return (
    /^eval(sha)?$/i.test(command ?? '') &&
    keys === '2' &&
    words(frame).length > 9 &&
    /:stream$/.test(stream ?? '')
  );
}

/** The key of a look: the question for the newest offset, which a node asks of a partition that is silent. */
export function looked(frame: Buffer): string | undefined {
  const [command, key, field] = words(frame).map((word) => word.toString('latin1'));
  return command?.toLowerCase() === 'hget' && field === 'newest' ? key : undefined;
}

/** A command as bytes. */
export function command(...parts: readonly string[]): Buffer {
  const bulk = parts.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`);
  return Buffer.from(`*${parts.length}\r\n${bulk.join('')}`);
}

/** A message that Redis pushes to a subscriber: its channel, and whether it is a beat. */
export function pushed(frame: Buffer): { readonly channel: string; readonly beat: boolean } | undefined {
  const [kind, channel, message] = words(frame);
  if (kind?.toString('latin1') !== 'message' || channel === undefined) return undefined;
  return { channel: channel.toString('latin1'), beat: message?.[0] === BEAT };
}

/** What the relay's script answered: `RELAYED` and the number of duplicates, `FENCED`, or `GAP`. */
export function relayed(frame: Buffer): { readonly status: string; readonly number: number } | undefined {
  const [status, number, ...more] = words(frame).map((word) => word.toString('latin1'));
  if (status === undefined || more.length > 0 || !['RELAYED', 'FENCED', 'GAP'].includes(status))
    return undefined;
  return { status, number: Number(number) };
}

const ARRAY = 0x2a;
const BULK = 0x24;
const BEAT = 0x42;

/** The number in the line that begins at `at`, and where the next line begins. */
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
