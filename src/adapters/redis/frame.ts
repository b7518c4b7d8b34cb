import { z } from 'zod';
import type { Event, Relayed } from '../../core/event.js';
import { eventId, type Offset, offset } from '../../core/ids.js';
import { ByteWriter } from './byte-writer.js';

/**
 * Relayed events as bytes. A frame contains its own length, so frames are joined by concatenation:
 *
 * | bytes | content                                                              |
 * |-------|----------------------------------------------------------------------|
 * | 4     | length of the head, big-endian                                       |
 * | 4     | length of the data, big-endian; `0xFFFFFFFF` for none (a tombstone)  |
 * | …     | head: JSON of the offset, the timestamp and the attributes           |
 * | …     | data, unchanged                                                      |
 */
interface EncodedFrames {
  readonly frames: Buffer;
  /**
   * What the relay script needs to know about each frame, without decoding it:
   *
   * | bytes | content                                                            |
   * |-------|--------------------------------------------------------------------|
   * | 8     | offset of the event, a big-endian double                           |
   * | 4     | length of the frame, big-endian                                    |
   * | 4     | length of the id, big-endian; 0 unless the event is idempotent     |
   * | …     | the id                                                             |
   */
  readonly index: Buffer;
}

/**
 * Hot path (bench: relay). All events travel in two arguments of the script: with one argument per event, the client
 * would spend as much time on the arguments as on the frames.
 */
export function encodeFrames(events: readonly Relayed[]): EncodedFrames {
  const frames = new ByteWriter(
    events.reduce((sum, { event }) => sum + (event.data?.length ?? 0) + EXPECTED_HEAD_BYTES, 0),
  );
  const index = new ByteWriter(events.length * INDEX_ENTRY_BYTES);
  for (const { offset: at, timestamp, event } of events) {
    const { data } = event;
    const start = frames.length;
    frames.uint32(0);
    frames.uint32(data === null ? TOMBSTONE : data.length);
    frames.uint32At(start, frames.text(headOf(at, timestamp, event)));
    if (data !== null) frames.bytes(data);
    index.double(at);
    index.uint32(frames.length - start);
    const idLengthAt = index.length;
    index.uint32(0);
    if (event.idempotent === true) index.uint32At(idLengthAt, index.text(event.id));
  }
  return { frames: frames.finish(), index: index.finish() };
}

/**
 * Names each attribute instead of spreading the event: a spread costs as much as the JSON itself. The type of `head`
 * makes a forgotten attribute a compile error.
 */
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
    metadata: event.metadata,
  };
  return JSON.stringify(head);
}

/**
 * Decodes joined frames. Each event's data is a slice of `bytes`, not a copy.
 * @throws {Error} when the bytes are not a series of complete frames
 */
export function decodeFrames(bytes: Buffer): readonly Relayed[] {
  const events: Relayed[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + LENGTHS_BYTES > bytes.length) throw new Error(`The frame at byte ${at} is cut off`);
    const headStart = at + LENGTHS_BYTES;
    const headEnd = headStart + bytes.readUInt32BE(at);
    const dataLength = bytes.readUInt32BE(at + 4);
    const end = dataLength === TOMBSTONE ? headEnd : headEnd + dataLength;
    if (end > bytes.length) throw new Error(`The frame at byte ${at} is cut off`);
    const data = dataLength === TOMBSTONE ? null : bytes.subarray(headEnd, end);
    events.push(toRelayed(HEAD.parse(JSON.parse(bytes.toString('utf8', headStart, headEnd))), data));
    at = end;
  }
  return events;
}

/** The two lengths at the start of a frame. */
const LENGTHS_BYTES = 8;
/** A typical head. A longer one only makes the writer grow. */
const EXPECTED_HEAD_BYTES = 300;
/** An index entry without an id. */
const INDEX_ENTRY_BYTES = 16;
const TOMBSTONE = 0xffffffff;

const TEXTS = z.record(z.string(), z.string().nullable());

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
  metadata: z.object({ headers: TEXTS, attributes: TEXTS }).optional(),
  indexed: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
});

function toRelayed(head: z.infer<typeof HEAD>, data: Buffer | null): Relayed {
  const { offset: at, timestamp, id, ...attributes } = head;
  return { offset: offset(at), timestamp, event: { ...attributes, id: eventId(id), data } };
}
