import { constants, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compression } from '../../../src/transport/websocket/compression.js';
import { shown } from '../fake-operations.js';
import { RawClient, serve, subscribed } from '../serve.js';

describe('permessage-deflate', () => {
  it('C1 deflates the bytes that a cohort shares once, and every message inflates to the whole text', () => {
    const compression = new Compression();
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.uint8Array({ minLength: 512, maxLength: 5_000 }),
        fc.uint8Array({ maxLength: 80 }),
        (...bytes) => {
          const [prefix = Buffer.of(), shared = Buffer.of(), suffix = Buffer.of()] = bytes.map((one) =>
            Buffer.from(one),
          );
          const parts = compression.compress(prefix, shared, suffix) ?? [];
          // RFC 7692, section 7.2.2: the receiver appends these.
          const message = Buffer.concat([...parts, Buffer.from([0, 0, 0xff, 0xff])]);
          expect(inflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH })).toEqual(
            Buffer.concat([prefix, shared, suffix]),
          );
          const again = compression.compress(suffix, shared, prefix) ?? [];
          expect(again[2]).toBe(parts[2]);
        },
      ),
    );
    expect(compression.compress(Buffer.of(), Buffer.alloc(100), Buffer.of())).toBeUndefined();
    expect(compression.compress(Buffer.alloc(70_000), Buffer.alloc(600), Buffer.of())).toBeUndefined();
  });

  it('is used only between a server that offers it and clients that ask for it', async () => {
    const served = await serve({ compression: true });
    const plain = new RawClient(served.wsUrl, undefined, { perMessageDeflate: false });
    await new Promise((resolve) => plain.socket.once('open', resolve));
    plain.send({ type: 'connection_init' });
    await plain.sees({ type: 'connection_ack' });
    expect(plain.socket.extensions).toBe('');
    const client = await RawClient.acknowledged(served.wsUrl);
    expect(client.socket.extensions).toContain('permessage-deflate');
    for (const [i, one] of [plain, client].entries()) {
      one.subscribe('a "quoted" id');
      const subscription = await subscribed(served, i);
      for (const size of [0, 10, 400, 70_000]) {
        const filling = 'é'.repeat(size);
        subscription.next(size, filling);
        await one.sees({ id: 'a "quoted" id', type: 'next', payload: shown(size, 'tag', filling) });
      }
    }
    const off = await serve();
    expect((await RawClient.acknowledged(off.wsUrl)).socket.extensions).toBe('');
  });
});
