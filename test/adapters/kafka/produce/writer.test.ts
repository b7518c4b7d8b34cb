import { describe, expect, it } from 'vitest';
import { Writer } from '../../../../src/adapters/kafka/produce/writer.js';
import type { Connection } from '../../../../src/adapters/kafka/wire/connection.js';
import { partition, topic } from '../../../../src/core/ids.js';

describe('Writer', () => {
  it('D1: each append ends by its own deadline while no broker gives the producer an identity', async () => {
    const record = { topic: topic('t'), key: 'k', headers: {}, value: Buffer.from('v') };
    let asked = 0;
    const connection = {
      layout: async () => ({ leaders: new Map([[partition(0), 1]]), asOf: 0 }),
      batchLimit: async () => 1_000_000,
      assertNotRefused: () => {},
      retrying: (work: () => Promise<unknown>) => work(),
      anyBroker: async () => {
        asked += 1;
        return { initProducerId: () => new Promise(() => {}) };
      },
    };
    // Before anything is written, `append` asks a connection for nothing else.
    const writer = new Writer(connection as unknown as Connection, new AbortController().signal);
    for (let attempt = 1; attempt <= 3; attempt++) {
      const appending = writer.append([record], AbortSignal.timeout(50));
      await expect(appending).rejects.toMatchObject({ code: 'PUBLISH_FAILED' });
    }
    expect(asked).toBe(1);
  });
});
