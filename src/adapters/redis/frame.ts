import { z } from 'zod';
import type { Relayed } from '../../core/event.js';
import { eventId, offset } from '../../core/ids.js';

/**
 * One relayed event as bytes that say where they end, so that frames are joined by putting them in a row:
 *
 * | bytes | what                                                             |
 * |-------|------------------------------------------------------------------|
 * | 4     | length of the head, big-endian                                   |
 * | 4     | length of the data, big-endian; `0xFFFFFFFF`: none (a tombstone) |
 * | …     | head: JSON of the offset, the timestamp and the attributes       |
 * | …     | data, as it is                                                   |
 */
export function encodeFrame({ offset, timestamp, event }: Relayed): Buffer {
  const { data, ...attributes } = event;
  const head = JSON.stringify({ offset, timestamp, ...attributes });
  const headLength = Buffer.byteLength(head);
  // Hot path (bench: relay): straight into the frame, with no buffer in between.
  const frame = Buffer.allocUnsafe(LENGTHS + headLength + (data?.length ?? 0));
  frame.writeUInt32BE(headLength, 0);
  frame.writeUInt32BE(data === null ? TOMBSTONE : data.length, 4);
  frame.write(head, LENGTHS);
  data?.copy(frame, LENGTHS + headLength);
  return frame;
}

/**
 * The events of joined frames. Their data are slices of `bytes`, not copies.
 * @throws {Error} when the bytes are not whole frames
 */
export function decodeFrames(bytes: Buffer): readonly Relayed[] {
  const events: Relayed[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + LENGTHS > bytes.length) throw new Error(`A frame is cut off at byte ${at}`);
    const headStart = at + LENGTHS;
    const headEnd = headStart + bytes.readUInt32BE(at);
    const dataLength = bytes.readUInt32BE(at + 4);
    const end = dataLength === TOMBSTONE ? headEnd : headEnd + dataLength;
    if (end > bytes.length) throw new Error(`The frame at byte ${at} is cut off`);
    const data = dataLength === TOMBSTONE ? null : bytes.subarray(headEnd, end);
    events.push(relayed(HEAD.parse(JSON.parse(bytes.toString('utf8', headStart, headEnd))), data));
    at = end;
  }
  return events;
}

const LENGTHS = 8;
const TOMBSTONE = 0xffffffff;

const HEAD = z.object({
  offset: z.number().int().nonnegative(),
  timestamp: z.number(),
  id: z.string(),
  source: z.string(),
  type: z.string(),
  subject: z.string().nullable(),
  time: z.string(),
  correlationId: z.string().optional(),
  causationId: z.string().optional(),
  traceparent: z.string().optional(),
  tracestate: z.string().optional(),
  idempotent: z.boolean().optional(),
  indexed: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
});

function relayed(head: z.infer<typeof HEAD>, data: Buffer | null): Relayed {
  const { offset: at, timestamp, id, ...attributes } = head;
  return { offset: offset(at), timestamp, event: { ...attributes, id: eventId(id), data } };
}
