import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { redisAt } from '../../src/adapters/redis/server.js';
import { openRedisStateStore } from '../../src/adapters/redis/state-store.js';
import { ViewStore } from '../../src/views/view-store.js';
import { viewVersion } from '../../src/views/view-version.js';
import { stateStoreContract } from '../contract/state-store.js';
import { redisUrl } from '../support/services.js';

const url = redisUrl();

describe('with a real Redis', () => {
  const prefix = `test-${randomUUID()}`;
  stateStoreContract('The Redis state store', () => openRedisStateStore({ server: redisAt(url), prefix }));

  it('the Redis state store has the same values on every node', async () => {
    await using one = await openRedisStateStore({ server: redisAt(url), prefix });
    await using two = await openRedisStateStore({ server: redisAt(url), prefix });
    await one.put('shared', Buffer.from('v'));
    expect(await two.get('shared')).toEqual(Buffer.from('v'));
    const claims = [one.putIfAbsent('claim', Buffer.from('1')), two.putIfAbsent('claim', Buffer.from('2'))];
    expect((await Promise.all(claims)).filter((there) => there === undefined)).toHaveLength(1);
  });

  it('D3 a view keeps the states of two keys apart that differ in half of a surrogate pair', async () => {
    await using redis = await openRedisStateStore({ server: redisAt(url), prefix });
    const store = new ViewStore(redis);
    const version = viewVersion('talk', 'build', new Map());
    const keys = ['\ud800', '\ud801', '\ufffd'];
    for (const state of keys) await store.saveState(version, state, { state, positions: {} }, undefined);
    const states = await Promise.all(keys.map((key) => store.state(version, key)));
    expect(states.map((one) => one?.value.state)).toEqual(keys);
  });
});
