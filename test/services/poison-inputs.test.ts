import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { poisonInputsContract } from '../contract/poison-inputs.js';

poisonInputsContract('the embedded log', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'millrace-poison-'));
  const store = openEmbeddedStore({ dir });
  return {
    log: openEmbeddedLog(store),
    open: async () => openEmbeddedLog(store),
    async close() {
      await store[Symbol.asyncDispose]();
      await rm(dir, { recursive: true });
    },
  };
});
