import { z } from 'zod';
import type { Event, Relayed } from '../../core/event.js';
import { eventId, type Offset, offset } from '../../core/ids.js';
import { Bytes } from './bytes.js';

/**
 * Relayed events, each as bytes that say where they end, so that frames are joined by putting them in a row:
 *
 * | bytes | what                                                             |
 * |-------|------------------------------------------------------------------|
 * | 4     | length of the head, big-endian                                   |
 * | 4     | length of the data, big-endian; `0xFFFFFFFF`: none (a tombstone) |
 * | …     | head: JSON of the offset, the timestamp and the attributes       |
 * | …     | data, as it is                                                   |
 */
export interface Frames {
  readonly frames: Buffer;
  /**
   * What the relay script has to know of each frame: its offset (a double), its length, and the length of the
   * id that follows, empty unless the event is idempotent (4 bytes each, big-endian).
   */
  readonly places: Buffer;
}

/**
 * Hot path (bench: relay): two arguments whatever the number of events. An argument of its own for each costs
 * the client as much as making the frame.
 */
export function encodeFrames(events: readonly Relayed[]): Frames {
  const frames = new Bytes(
    events.reduce((sum, { event }) => sum + (event.data?.length ?? 0) + HEAD_GUESS, 0),
  );
  const places = new Bytes(events.length * PLACE);
  for (const { offset: at, timestamp, event } of events) {
    const { data } = event;
    const start = frames.length;
    frames.uint32(0);
    frames.uint32(data === null ? TOMBSTONE : data.length);
    frames.uint32At(start, frames.text(headOf(at, timestamp, event)));
    if (data !== null) frames.bytes(data);
    places.double(at);
    places.uint32(frames.length - start);
    const idAt = places.length;
    places.uint32(0);
    if (event.idempotent === true) places.uint32At(idAt, places.text(event.id));
  }
  return { frames: frames.taken(), places: places.taken() };
}

/** Each attribute by its name: to copy an event costs as much as to write it. The types let none be forgotten. */
function headOf(at: Offset, timestamp: number, event: Event): string {
  const head: Record<Exclude<keyof Event, 'data'> | 'offset' | 'timestamp', unknown> = {
    offset: at,
    timestamp,
    id: event.id,
    source: event.source,
    type: event.type,
    subject: event.subject,
    time: event.time,
    correlationId: event.correlationId,
    causationId: event.causationId,
    traceparent: event.traceparent,
    tracestate: event.tracestate,
    idempotent: event.idempotent,
    indexed: event.indexed,
  };
  return JSON.stringify(head);
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
/** About how long a head is; a longer one only makes the bytes grow. */
const HEAD_GUESS = 300;
/** How long a place is without an id. */
const PLACE = 16;
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
