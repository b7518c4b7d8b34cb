import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SecuredRedis, securedRedis } from '../../scripts/services/secured-redis.mjs';
import { folderOf } from '../support/gateway-process.js';
import { CASE_TIMEOUT, EVENTUALLY } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { scaled } from './support/speed.js';
import { FaultWorld } from './support/world.js';

const USER = 'carrier';

/** Relay and gateway reach Redis over TLS, as an ACL user with exactly the rights that they need. */
describe('a secured Redis', { timeout: CASE_TIMEOUT }, () => {
  let redis: SecuredRedis;
  beforeAll(async () => {
    redis = await securedRedis({ namespace: 'fault*', user: USER, password: 'the first password' });
  });
  afterAll(() => redis?.stop());

  it('D3 D6 a password of Redis that is changed under running processes loses no event', async () => {
    await using folder = await folderOf({
      ca: redis.authority.certificate,
      password: 'the first password\n',
    });
    const passwordFile = join(folder.path, 'password');
    const env = {
      REDIS_URL: `rediss://${redis.host}:${redis.port}`,
      REDIS_TLS_CA_FILE: join(folder.path, 'ca'),
      REDIS_USERNAME: USER,
      REDIS_PASSWORD_FILE: passwordFile,
    };
    await using world = await FaultWorld.open({ env });
    await world.relay();
    const gateway = await world.gateway();
    const subscribers = [await world.subscriber(gateway), await world.subscriber(gateway, { over: 'sse' })];
    const stream = await world.load(gateway);
    await world.grows(scaled(100));
    await redis.setPassword('the second password');
    await world.grows(scaled(50));
    await redis.dropConnections();
    const isReady = async () => (await fetch(`${gateway.url}/readyz`)).status;
    await expect.poll(isReady, EVENTUALLY).toBe(503);
    await world.grows(scaled(50));
    writeFileSync(passwordFile, 'the second password\n');
    const channel = `${world.slot(0)}:live`;
    const followers = async () => {
      const reply = await redis.ask('PUBSUB', 'NUMSUB', channel);
      return Number(Array.isArray(reply) && reply[1]);
    };
    await expect.poll(followers, EVENTUALLY).toBe(1);
    await expect.poll(isReady, EVENTUALLY).toBe(200);
    await world.grows(scaled(50));
    await stream.stop();
    await expectAll(subscribers, world.appended);
  });
});
