import { describe, expect, it } from 'vitest';
import { resultTail } from '../../../src/subscribe/delivery/result-layout.js';
import { Envelope } from '../../../src/transport/websocket/envelope.js';
import { textHeader } from '../../../src/transport/websocket/frames.js';

describe('Envelope', () => {
  it('C1 C3 leaves the length and the tag of pending frames unchanged by later ones', () => {
    const envelope = new Envelope('a "quoted" id', 'next');
    const pending = [10, 10, 200, 70_000, 10].map((size, i) => {
      const shared = Buffer.alloc(size, 'x');
      const tag = `.tag${i >> 1}${'t'.repeat(i)}`;
      envelope.setTag(tag);
      const text = Buffer.from(
        `{"id":"a \\"quoted\\" id","type":"next","payload":${shared}${resultTail(tag)}}`,
      );
      const parts = [envelope.frameStart(shared), shared, envelope.end];
      return { parts, frame: Buffer.concat([textHeader(text.length), text]) };
    });
    for (const { parts, frame } of pending) expect(Buffer.concat(parts).equals(frame)).toBe(true);
  });

  it('shares the bytes before results of the same length', () => {
    const envelope = new Envelope('1', 'next');
    envelope.setTag('.tag');
    const first = envelope.frameStart(Buffer.from('one'));
    expect(envelope.frameStart(Buffer.from('two'))).toBe(first);
    expect(envelope.frameStart(Buffer.from('three'))).not.toBe(first);
  });
});
