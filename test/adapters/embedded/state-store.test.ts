import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbeddedStateStore } from '../../../src/adapters/embedded/state-store.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/adapters/embedded/store.js';
import { stateStoreContract } from '../../contract/state-store.js';

let dir = '';
let store: EmbeddedStore;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-state-'));
  store = openEmbeddedStore({ dir });
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

stateStoreContract('The embedded store', async () => openEmbeddedStateStore(store));

describe('The embedded state store', () => {
  it('keeps values under keys that are longer than lmdb allows', async () => {
    const state = openEmbeddedStateStore(store);
    const long = 'k'.repeat(5_000);
    await state.put(`${long}1`, Buffer.from('one'));
    await state.put(`${long}2`, Buffer.from('two'));
    expect(await state.get(`${long}1`)).toEqual(Buffer.from('one'));
    await state.delete(`${long}1`);
    expect(await state.get(`${long}1`)).toBeUndefined();
    expect(await state.get(`${long}2`)).toEqual(Buffer.from('two'));
  });

  it('C4 removes expired values from the files', async () => {
    const state = openEmbeddedStateStore(store);
    await Promise.all(Array.from({ length: 40 }, (_, i) => state.put(`soon-${i}`, Buffer.from('x'), 1)));
    const left = async (): Promise<string[]> => {
      await state.put('other', Buffer.from('y'));
      const indexed = [...store.tables.expiries.getKeys()].map(([, key]) => key);
      return [...indexed, ...store.tables.state.getKeys()].filter((key) => key.startsWith('soon-'));
    };
    await expect.poll(left, { timeout: 30_000 }).toEqual([]);
  });
});
