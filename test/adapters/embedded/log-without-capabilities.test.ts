import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { openEmbeddedLog } from '../../../src/adapters/embedded/log.js';
import { openEmbeddedStore } from '../../../src/adapters/embedded/store.js';
import type { GroupHandler } from '../../../src/ports/consumer-groups.js';
import type { EventLog } from '../../../src/ports/event-log.js';
import { eventLogContract } from '../../contract/event-log.js';

/** `log` as a log that has no optional capability. */
function withoutCapabilities(log: EventLog): EventLog {
  return new Proxy(log, {
    get(target, name) {
      if (name === 'partitionOfKey' || name === 'transactions' || name === 'inspection') return undefined;
      if (name === 'describe') {
        const describe: EventLog['describe'] = async (topics, signal) => {
          const described = await target.describe(topics, signal);
          return new Map(
            [...described].map(([topic, { partitions }]) => [topic, { id: undefined, partitions }]),
          );
        };
        return describe;
      }
      if (name === 'join') {
        const join: EventLog['join'] = (subscription, handler, signal) => {
          const assigned: GroupHandler['assigned'] = async (at, lost) =>
            handler.assigned?.({ ...at, topicId: undefined }, lost);
          return target.join(subscription, { assigned, batch: (batch) => handler.batch(batch) }, signal);
        };
        return join;
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

eventLogContract('A log without optional capabilities', async () => {
  const dir = await mkdtemp(joinPath(tmpdir(), 'millrace-log-'));
  const store = openEmbeddedStore({ dir });
  return {
    log: withoutCapabilities(openEmbeddedLog(store)),
    open: async () => withoutCapabilities(openEmbeddedLog(store)),
    async close() {
      await store[Symbol.asyncDispose]();
      await rm(dir, { recursive: true });
    },
  };
}, ['partitionOfKey', 'transactions', 'topic ids', 'inspection']);
