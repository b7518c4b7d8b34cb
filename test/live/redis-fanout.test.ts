import { randomUUID } from 'node:crypto';
import { describe } from 'vitest';
import { openRedisFanout } from '../../src/adapters/redis/fanout.js';
import { fanoutContract } from '../contract/fanout.js';
import { WINDOW_EVENTS } from '../contract/fanout-tools.js';

const url = process.env['REDIS_URL'] ?? '';

describe.skipIf(url === '')('with a real Redis', () => {
  const prefix = `test-${randomUUID()}`;
  fanoutContract('The Redis fan-out', () => openRedisFanout({ url, prefix, windowEvents: WINDOW_EVENTS }));
});
