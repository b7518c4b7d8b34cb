import { describe, expect, it } from 'vitest';
import { resultTail } from '../../../src/subscribe/delivery/result-layout.js';
import { Envelope } from '../../../src/transport/websocket/envelope.js';
import { textHeader } from '../../../src/transport/websocket/frames.js';

describe('an envelope', () => {
  it('C1 C3 each frame that waits keeps its own length and tag, whatever comes after it', () => {
    const envelope = new Envelope('a "quoted" id');
    const waiting = [10, 10, 200, 70_000, 10].map((size, i) => {
      const shared = Buffer.alloc(size, 'x');
      const tag = `.tag${i >> 1}${'t'.repeat(i)}`;
      envelope.seal(tag);
      const text = Buffer.from(
        `{"id":"a \\"quoted\\" id","type":"next","payload":${shared}${resultTail(tag)}}`,
      );
      const parts = [envelope.opening(shared), shared, envelope.end];
      return { parts, frame: Buffer.concat([textHeader(text.length), text]) };
    });
    for (const { parts, frame } of waiting) expect(Buffer.concat(parts).equals(frame)).toBe(true);
  });

  it('results of one length share the bytes before them', () => {
    const envelope = new Envelope('1');
    envelope.seal('.tag');
    const first = envelope.opening(Buffer.from('one'));
    expect(envelope.opening(Buffer.from('two'))).toBe(first);
    expect(envelope.opening(Buffer.from('three'))).not.toBe(first);
  });
});
