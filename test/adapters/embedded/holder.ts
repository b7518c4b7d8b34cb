/** A separate process: opens the store in argv[2], appends the values in argv[3…], and keeps the store until it is killed. */
import { openEmbeddedLog } from '../../../src/adapters/embedded/log.js';
import { openEmbeddedStore } from '../../../src/adapters/embedded/store.js';
import { topic } from '../../../src/core/ids.js';

const [, , dir = '', ...values] = process.argv;
const log = openEmbeddedLog(openEmbeddedStore({ dir }));
const { signal } = new AbortController();
const held = topic('held');
await log.ensureTopics([{ topic: held, partitions: 1, replicas: 1, config: {} }], { create: true }, signal);
for (const value of values)
  await log.append([{ topic: held, key: 'a', headers: {}, value: Buffer.from(value) }], signal);
setInterval(() => {}, 60_000);
console.log('ready');
