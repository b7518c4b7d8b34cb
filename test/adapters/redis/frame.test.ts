import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrames, encodeFrames } from '../../../src/adapters/redis/frame.js';
import { decodeMessage, decodeOffset, encodeBeat } from '../../../src/adapters/redis/message.js';
import type { Relayed } from '../../../src/core/event.js';
import { eventId, offset, topicId } from '../../../src/core/ids.js';
import { relayed } from '../../contract/fanout-tools.js';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const indexed = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
const texts = fc.dictionary(fc.stringMatching(/^[a-z-]{1,9}$/), fc.option(text));
const anyRelayed: fc.Arbitrary<Relayed> = fc.record({
  offset: fc.maxSafeNat().map(offset),
  timestamp: fc.maxSafeNat(),
  event: fc.record({
    id: text.map(eventId),
    source: text,
    type: text,
    subject: fc.option(text),
    time: text,
    correlationId: maybe(text),
    causationId: maybe(text),
    traceparent: maybe(text),
    tracestate: maybe(text),
    idempotent: maybe(fc.boolean()),
    indexed: maybe(fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), indexed)),
    metadata: maybe(fc.record({ headers: texts, attributes: texts })),
    data: fc.option(fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))),
  }),
});

describe('frames of relayed events', () => {
  it('decodes joined frames to the events that were encoded', () => {
    fc.assert(
      fc.property(fc.array(anyRelayed, { maxLength: 5 }), (events) => {
        expect(decodeFrames(encodeFrames(events).frames)).toEqual(events);
      }),
    );
  });

  it('rejects a frame that is cut off at any byte', () => {
    const frame = encodeFrames([relayed(7)]).frames;
    for (let length = 1; length < frame.length; length++) {
      expect(() => decodeFrames(frame.subarray(0, length))).toThrow();
    }
  });

  it('rejects arbitrary bytes as frames', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
        expect(() => decodeFrames(Buffer.from(bytes))).toThrow();
      }),
    );
  });

  it('rejects a frame whose head lacks a required attribute', () => {
    const { event, ...place } = relayed(7);
    const head = Buffer.from(JSON.stringify({ ...place, ...event, type: undefined, data: undefined }));
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE(head.length, 0);
    expect(() => decodeFrames(Buffer.concat([lengths, head]))).toThrow(/type/);
  });
});

describe('channel messages', () => {
  it('decodes a beat with its topic id and its offset', () => {
    for (const id of [topicId('aZ_-09'), undefined]) {
      const beat = { topicId: id, last: offset(42) };
      expect(decodeMessage(encodeBeat(beat))).toEqual({ kind: 'BEAT', ...beat });
    }
  });

  it('decodes a message of events with the offset before them, also when their data has newlines', () => {
    const event = relayed(7, { data: Buffer.from('\n\n') });
    const bytes = Buffer.concat([Buffer.from('Eid -1\n'), encodeFrames([event]).frames]);
    expect(decodeMessage(bytes)).toEqual({ kind: 'EVENTS', topicId: 'id', prev: -1, events: [event] });
  });

  it('rejects messages that are neither events nor a beat', () => {
    for (const bytes of [
      '',
      'B',
      'E',
      'E 5',
      'Ex\n',
      'E x\n',
      'B5',
      'B 1.5',
      'B -2',
      'B 1e3',
      'Ba b 1',
      'X 5',
    ]) {
      expect(() => decodeMessage(Buffer.from(bytes)), bytes).toThrow();
    }
    expect(decodeOffset('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
  });
});
