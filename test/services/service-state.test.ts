import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { serviceStateContract } from '../contract/service-state.js';

serviceStateContract('the embedded log', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'millrace-state-'));
  const store = openEmbeddedStore({ dir });
  const log = openEmbeddedLog(store);
  return {
    log,
    open: async () => openEmbeddedLog(store),
    close: async () => {
      await log[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await rm(dir, { recursive: true, force: true });
    },
  };
});
