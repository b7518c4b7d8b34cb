import { randomUUID } from 'node:crypto';
import { describe } from 'vitest';
import { openRedisFanout } from '../../src/adapters/redis/fanout.js';
import { redisAt } from '../../src/adapters/redis/server.js';
import { DirectFanout } from '../../src/relay/direct-fanout.js';
import { fanoutContract } from '../contract/fanout.js';
import { WINDOW_EVENTS } from '../contract/fanout-tools.js';
import { redisUrl } from '../support/services.js';

describe('over a real Redis', { timeout: 60_000 }, () => {
  const prefix = `test-${randomUUID()}`;
  const server = redisAt(redisUrl());
  fanoutContract(
    'The direct fan-out',
    async () =>
      new DirectFanout(
        await openRedisFanout({ server, prefix, windowEvents: WINDOW_EVENTS }),
        () => undefined,
      ),
  );
});
