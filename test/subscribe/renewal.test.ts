import { describe, expect, it } from 'vitest';
import type { ResolverCall } from '../../src/binding/runtime/resolvers.js';
import type { Claims } from '../../src/core/identity.js';
import { type Client, openStage } from './stage.js';

const WAIT = { timeout: 30_000 };
const identity = (claims: Claims) => ({ claims, expiresAt: undefined });
const renew = (client: Client, claims: Claims): void => client.running?.renew(identity(claims));

describe('a subscription whose credentials are renewed', () => {
  it('S2 stays in its cohort while the claims that it reads are unchanged', async () => {
    const stage = await openStage();
    const client = stage.subscribe('ruled', { sub: 'ada', iat: 1 });
    const twin = stage.subscribe('ruled', { sub: 'ada', iat: 7 });
    await expect.poll(stage.live, WAIT).toBe(2);
    renew(client, { sub: 'ada', iat: 2, roles: ['staff'] });
    expect([await stage.cohorts(), await stage.live()]).toEqual([1, 2]);
    await stage.say('k', [1, 2]);
    for (const one of [client, twin]) await expect.poll(() => one.numbers, WAIT).toEqual([1, 2]);
    expect(await stage.executions()).toBe(2);
  });

  it('S1 S2 D3 shows from then on what the new claims allow, and loses, repeats and reorders nothing', async () => {
    const stage = await openStage();
    const client = stage.subscribe('ofTeam', { sub: 'ada', team: 'a' });
    const peer = stage.subscribe('ofTeam', { sub: 'bob', team: 'b' });
    await expect.poll(stage.live, WAIT).toBe(2);
    await stage.say('k', [1], { text: 'a' });
    await stage.say('k', [2], { text: 'b' });
    await expect.poll(() => client.numbers, WAIT).toEqual([1]);
    await expect.poll(() => peer.numbers, WAIT).toEqual([2]);
    renew(client, { sub: 'ada', team: 'b' });
    expect([await stage.cohorts(), await stage.live()]).toEqual([1, 2]);
    await stage.say('k', [3], { text: 'a' });
    await stage.say('k', [4, 5], { text: 'b' });
    await expect.poll(() => client.numbers, WAIT).toEqual([1, 4, 5]);
    await expect.poll(() => peer.numbers, WAIT).toEqual([2, 4, 5]);
    client.running?.close();
    peer.running?.close();
    expect([await stage.live(), await stage.cohorts()]).toEqual([0, 0]);
  });

  it('S2 ends with FORBIDDEN when its rule no longer holds', async () => {
    const stage = await openStage();
    const client = stage.subscribe('gold', { sub: 'ada', tier: 'gold' });
    await expect.poll(stage.live, WAIT).toBe(1);
    renew(client, { sub: 'ada', tier: 'tin' });
    expect(client.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', retry: false } }]);
    expect([await stage.live(), await stage.cohorts()]).toEqual([0, 0]);
    await stage.say('k', [1]);
    await expect.poll(stage.isHandedOut, WAIT).toBe(true);
    expect(client.numbers).toEqual([]);
  });

  it('S2 ends with FORBIDDEN when its key depends on claims that now give another key', async () => {
    const stage = await openStage();
    const client = stage.subscribe('ofMyKey', { sub: 'ada', home: 'k' });
    await expect.poll(stage.live, WAIT).toBe(1);
    renew(client, { sub: 'ada', home: 'other' });
    expect(client.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', retry: false } }]);
    expect(await stage.cohorts()).toBe(0);
  });

  it('S2 credentials that are renewed while it starts are those that it starts with', async () => {
    const stage = await openStage();
    const starting = stage.subscribe('gold', { sub: 'ada', tier: 'gold' });
    renew(starting, { sub: 'ada', tier: 'tin' });
    await expect.poll(() => starting.errors, WAIT).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    const moved = stage.subscribe('ofTeam', { sub: 'ada', team: 'a' });
    renew(moved, { sub: 'ada', team: 'b' });
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [1], { text: 'a' });
    await stage.say('k', [2], { text: 'b' });
    await expect.poll(() => moved.numbers, WAIT).toEqual([2]);
  });

  it('S1 S2 a result that a slow resolver makes under the former claims is not shown under the new ones', async () => {
    const waiting: (() => void)[] = [];
    const tier = async ({ claims }: ResolverCall): Promise<unknown> => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return claims['tier'];
    };
    const stage = await openStage({ tier });
    const client = stage.subscribe('said', { sub: 'ada', tier: 'gold' }, 'n tier');
    await expect.poll(stage.live, WAIT).toBe(1);
    await stage.say('k', [1]);
    // Live, then in the replay that it falls back to: its result is being made.
    await expect.poll(() => waiting.length, WAIT).toBe(2);
    renew(client, { sub: 'ada', tier: 'tin' });
    waiting.pop()?.();
    await expect.poll(() => waiting.length, WAIT).toBe(2);
    waiting.pop()?.();
    await expect.poll(() => client.data, WAIT).toEqual([{ n: 1, tier: 'tin' }]);
    for (const go of waiting) go();
  });
});
