import { randomUUID } from 'node:crypto';
import { createClient } from 'graphql-ws';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startProcess } from '../support/gateway-process.js';
import { filesOf } from '../support/page-files.js';
import { CANCEL, field, PLACE } from '../support/shop-client.js';
import { shopFolder } from '../support/shop-folder.js';

describe('docs/shop.md', () => {
  it('adds a loyalty service that runs beside the shop, from the first order on', async () => {
    const files = await filesOf('shop.md');
    expect(Object.keys(files).sort()).toEqual([
      'millrace.config.ts',
      'schema/loyalty.graphql',
      'src/loyalty.ts',
    ]);
    const lines = files['src/loyalty.ts']?.trim().split('\n').length;
    expect(lines).toBeLessThanOrEqual(30);
    await using folder = await shopFolder('shop', files);
    await using shop = await startProcess(['start'], { cwd: folder.path, env: {} });
    const client = createClient({
      url: `${shop.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: 'Demo ada' },
      retryAttempts: 0,
    });
    try {
      const orderId = randomUUID();
      const input = { orderId, lines: [{ sku: 'basket', quantity: 2 }], delivery: 'PICKUP' };
      expect(await field(shop.url, 'ada', PLACE, { input })).toMatchObject({ __typename: 'Order' });
      const balances = client.iterate<{ points: { points: number } }>({
        query: 'subscription { points(since: "2020-01-01T00:00:00Z") { points } }',
      });
      expect((await balances.next()).value).toMatchObject({ data: { points: { points: 37 } } });
      expect(await field(shop.url, 'ada', CANCEL, { orderId })).toMatchObject({
        __typename: 'CancelAccepted',
      });
      expect((await balances.next()).value).toMatchObject({ data: { points: { points: 0 } } });
    } finally {
      await client.dispose();
    }
  });
});
