import { describe, expect, it, vi } from 'vitest';
import type { EventMetadata } from '../../src/core/event-metadata.js';
import { partition } from '../../src/core/ids.js';
import { openWorld, type World } from '../support/world.js';

const CARRIED = { headers: ['kind', 'x-tenant'], attributes: ['region', 'subject'] };

/** Appends an event with these headers. */
async function append({ log, topic }: World, headers: Readonly<Record<string, string>>): Promise<void> {
  const attributes = { ce_specversion: '1.0', ce_id: '1', ce_source: '/x', ce_type: 'Said' };
  const record = { topic, key: 'k', headers: { ...attributes, ...headers }, value: Buffer.from('{"n":1}') };
  await log.append([record], AbortSignal.timeout(30_000));
}

/** What subscribers of partition 0 are given of the metadata of events. */
async function following(world: World): Promise<(EventMetadata | undefined)[]> {
  const got: (EventMetadata | undefined)[] = [];
  const listener = {
    onEvents: (_at: unknown, events: readonly { event: { metadata?: EventMetadata | undefined } }[]) =>
      void got.push(...events.map(({ event }) => event.metadata)),
    onLost: () => undefined,
  };
  await world.hub().follow({ topic: world.topic, partition: partition(0) }, listener);
  return got;
}

describe('what events carry of their records', () => {
  it('is what fields read by name, null for what the record does not have, and nothing else', async () => {
    await using world = await openWorld({ carried: CARRIED });
    await world.relay();
    const got = await following(world);
    await append(world, { kind: 'a', secret: 's', ce_region: 'eu', ce_other: 'x', ce_subject: 'about' });
    await expect
      .poll(() => got, { timeout: 30_000 })
      .toEqual([
        { headers: { kind: 'a', 'x-tenant': null }, attributes: { region: 'eu', subject: 'about' } },
      ]);
  });

  it('is nothing where no field reads any of it', async () => {
    await using world = await openWorld();
    await world.relay();
    const got = await following(world);
    await append(world, { kind: 'a' });
    await expect.poll(() => got, { timeout: 30_000 }).toEqual([undefined]);
  });

  it('D2 D3 comes from the log while a relay of another version of the schema does not send it, live and in the window', async () => {
    await using world = await openWorld({ carried: CARRIED, ringEvents: 1 });
    const window = vi.spyOn(world.fanout, 'window');
    const former = { ...CARRIED, headers: ['kind'] };
    const [format] = world.formats.values();
    if (format === undefined) throw new Error('The world has no topic');
    await world.relay(new Map([[world.topic, { ...format, carried: former }]]));
    const got = await following(world);
    const tenants = Array.from({ length: 20 }, (_, i) => `t${i}`);
    for (const tenant of tenants) await append(world, { 'x-tenant': tenant });
    await expect
      .poll(() => got.map((metadata) => metadata?.headers['x-tenant']), { timeout: 30_000 })
      .toEqual(tenants);
    // The window was asked, and what it has was not taken.
    expect(window).toHaveBeenCalled();
    const problems = (await world.metrics.problems.get()).values;
    expect(problems.find(({ labels }) => labels['kind'] === 'metadata')?.value).toBeGreaterThan(0);
    const sources = (await world.metrics.repairs.get()).values.map(({ labels }) => labels['source']);
    expect(sources).toEqual(['log']);
  });

  it('a field that reads less than its relay sends takes what is sent', async () => {
    await using world = await openWorld({ carried: { headers: ['kind'], attributes: [] } });
    const [format] = world.formats.values();
    if (format === undefined) throw new Error('The world has no topic');
    await world.relay(new Map([[world.topic, { ...format, carried: CARRIED }]]));
    const got = await following(world);
    await append(world, { kind: 'a' });
    await expect.poll(() => got.length, { timeout: 30_000 }).toBe(1);
    expect((await world.metrics.problems.get()).values).toEqual([]);
  });
});
