import { describe, expect, it } from 'vitest';
import { openStage } from './stage.js';

const CARRIED = { headers: ['missing', 'x-tenant'], attributes: ['region', 'subject'] };
const SINCE = '2000-01-01T00:00:00Z';

type Stage = Awaited<ReturnType<typeof openStage>>;

/** Appends an event of a tenant. @param n `null`: a tombstone */
async function say(
  { log, topic }: Stage,
  tenant: string | undefined,
  n: number | null,
  more = {},
): Promise<void> {
  const attributes = { ce_specversion: '1.0', ce_id: `${tenant}-${n}`, ce_source: '/erp', ce_type: 'Said' };
  const headers = { ...attributes, ...(tenant !== undefined && { 'x-tenant': tenant }), ...more };
  const value = n === null ? null : Buffer.from(JSON.stringify({ n }));
  await log.append([{ topic, key: 'k', headers, value }], AbortSignal.timeout(30_000));
}

describe('what fields read of records', () => {
  it('filters by a header and shows what the field declares, in replay exactly as live', async () => {
    const stage = await openStage({ carried: CARRIED });
    const live = stage.subscribe('ofTenant(tenant: "acme")');
    const other = stage.subscribe('ofTenant(tenant: "other")');
    await expect.poll(stage.live).toBe(2);
    await say(stage, 'acme', 1, { ce_region: 'eu', ce_subject: 'about', secret: 's' });
    await say(stage, 'other', 2);
    await say(stage, undefined, 3);
    await say(stage, 'acme', 4);
    await expect.poll(() => live.numbers).toEqual([1, 4]);
    expect(other.numbers).toEqual([2]);
    const replayed = stage.subscribe(`ofTenant(tenant: "acme", since: "${SINCE}")`);
    await expect.poll(() => replayed.numbers).toEqual([1, 4]);
    const shown = live.results.map(({ extensions }) => extensions?.['event']);
    expect(replayed.results.map(({ extensions }) => extensions?.['event'])).toEqual(shown);
    const time = expect.stringMatching(/^\d{4}-.*Z$/);
    expect(shown).toEqual([
      expect.objectContaining({
        source: '/erp',
        subject: 'about',
        timestamp: time,
        headers: { 'x-tenant': 'acme' },
        extensions: { region: 'eu' },
      }),
      expect.objectContaining({
        source: '/erp',
        timestamp: time,
        headers: { 'x-tenant': 'acme' },
        extensions: {},
      }),
    ]);
    expect(JSON.stringify(shown)).not.toContain('secret');
  });

  it('shows nothing more on a field that declares nothing', async () => {
    const stage = await openStage({ carried: CARRIED });
    const client = stage.subscribe('said');
    await expect.poll(stage.live).toBe(1);
    await say(stage, 'acme', 1, { ce_region: 'eu' });
    await expect.poll(() => client.numbers).toEqual([1]);
    const names = Object.keys((client.results[0]?.extensions?.['event'] ?? {}) as object).sort();
    expect(names).toEqual(['id', 'key', 'offset', 'partition', 'time', 'topic', 'type']);
  });

  it('S1 a rule over the record decides live and in replay, for tombstones as well', async () => {
    const stage = await openStage({ carried: CARRIED });
    const live = stage.subscribe('ofMyTenant', { tenant: 'acme' });
    const nobody = stage.subscribe('ofMyTenant', {});
    await expect.poll(stage.live).toBe(2);
    await say(stage, 'acme', 1);
    await say(stage, 'other', 2);
    await say(stage, 'other', null);
    await say(stage, 'acme', null);
    await say(stage, 'acme', 5);
    await expect.poll(() => live.data).toEqual([{ n: 1 }, null, { n: 5 }]);
    const replayed = stage.subscribe(`ofMyTenant(since: "${SINCE}")`, { tenant: 'acme' });
    await expect.poll(() => replayed.data).toEqual([{ n: 1 }, null, { n: 5 }]);
    expect(nobody.results).toEqual([]);
  });
});
