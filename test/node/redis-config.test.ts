import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { backendsOf, readConfig } from '../../src/node/config.js';
import { redisPassword } from '../../src/node/redis.js';
import { folderOf } from '../support/gateway-process.js';

const KAFKA = { KAFKA_BROKERS: '127.0.0.1:9092' };
const PEM = '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----';
const fetched = async () => ({ value: 'token' });
const serverOf = (environment: Record<string, string>) => {
  const { fanout } = backendsOf(readConfig({ ...KAFKA, ...environment }));
  return fanout.kind === 'redis' ? fanout.server : undefined;
};

describe('the settings of Redis', () => {
  it.each([
    [
      { REDIS_URL: 'redis://127.0.0.1', REDIS_CLUSTER: '127.0.0.1:1' },
      'REDIS_URL and REDIS_CLUSTER are set. Set one of them.',
    ],
    [{ REDIS_SENTINELS: '127.0.0.1:1' }, 'REDIS_SENTINELS is set, but REDIS_SENTINEL_MASTER is not.'],
    [
      { REDIS_URL: 'redis://127.0.0.1', REDIS_SENTINEL_MASTER: 'm' },
      'REDIS_SENTINEL_MASTER is set, but REDIS_SENTINELS is not.',
    ],
    [
      { REDIS_PASSWORD: 'p', REDIS_TLS: 'on' },
      'REDIS_PASSWORD and REDIS_TLS are set, but none of REDIS_URL, REDIS_SENTINELS, REDIS_CLUSTER.',
    ],
    [
      { REDIS_CLUSTER: '127.0.0.1:1', REDIS_TLS_CERTIFICATE: PEM },
      'REDIS_TLS_CERTIFICATE is set, but REDIS_TLS_KEY is not.',
    ],
    [
      { REDIS_URL: 'redis://127.0.0.1', REDIS_TLS_CA: PEM },
      'REDIS_TLS_CA is set, but REDIS_URL begins with redis://. Let it begin with rediss://.',
    ],
    [
      { REDIS_URL: 'redis://:one@127.0.0.1', REDIS_PASSWORD: 'two' },
      'REDIS_PASSWORD is set, but REDIS_URL has a user or password too. Set one of them.',
    ],
    [{ REDIS_CLUSTER: '127.0.0.1' }, 'allowed: host:port, several separated by commas.'],
    [
      { REDIS_CLUSTER: '127.0.0.1:1', REDIS_TLS_CA: 'a path' },
      'REDIS_TLS_CA is "a path", a text of 6 characters; allowed: certificates as PEM.',
    ],
  ])('half a configuration is refused in a sentence: %o', (environment, message) => {
    expect(() => readConfig({ ...KAFKA, ...environment })).toThrow(message);
  });

  it.each([
    [
      { REDIS_URL: 'redis://127.0.0.1', REDIS_USERNAME: 'u' },
      {},
      'REDIS_USERNAME is set, but REDIS_PASSWORD is not, and millrace.config has no `redis.password`.',
    ],
    [
      { REDIS_CLUSTER: '127.0.0.1:1', REDIS_USERNAME: 'u', REDIS_PASSWORD: 'p' },
      { redis: { password: fetched } },
      'millrace.config has `redis.password`, and REDIS_PASSWORD is set too. Use one of them.',
    ],
    [
      { REDIS_URL: 'redis://u:p@127.0.0.1' },
      { redis: { password: fetched } },
      'millrace.config has `redis.password`, and REDIS_URL has a user or password too. Use one of them.',
    ],
  ])(
    'a password that is missing, or given twice, is refused in a sentence: %o',
    (environment, project, message) => {
      expect(() => redisPassword(readConfig({ ...KAFKA, ...environment }), project)).toThrow(message);
    },
  );

  it('the password may be fetched by the project', () => {
    const config = readConfig({ ...KAFKA, REDIS_URL: 'rediss://127.0.0.1', REDIS_USERNAME: 'u' });
    expect(redisPassword(config, { redis: { password: fetched } })).toBe(fetched);
  });

  it('Redis in any form needs Kafka, because the embedded log belongs to one process', () => {
    expect(() => readConfig({ REDIS_CLUSTER: '127.0.0.1:1' })).toThrow(
      'REDIS_CLUSTER is set but KAFKA_BROKERS is not.',
    );
  });

  it('a password given as a file is read again at each use, so that a rotated one applies', async () => {
    await using folder = await folderOf({ password: 'one\n' });
    const file = join(folder.path, 'password');
    const server = serverOf({ REDIS_URL: 'redis://127.0.0.1', REDIS_PASSWORD_FILE: file });
    expect(server?.password?.()).toBe('one');
    writeFileSync(file, 'two\n');
    expect(server?.password?.()).toBe('two');
  });

  it('TLS is on with rediss://, with REDIS_TLS and with any certificate', () => {
    expect(serverOf({ REDIS_URL: 'redis://127.0.0.1' })?.tls).toBeUndefined();
    expect(serverOf({ REDIS_URL: 'rediss://127.0.0.1' })?.tls).toBeDefined();
    expect(serverOf({ REDIS_CLUSTER: '127.0.0.1:1' })?.tls).toBeUndefined();
    expect(serverOf({ REDIS_CLUSTER: '127.0.0.1:1', REDIS_TLS: 'true' })?.tls).toBeDefined();
    expect(serverOf({ REDIS_CLUSTER: '127.0.0.1:1', REDIS_TLS_CA: PEM })?.tls?.ca?.()).toBe(PEM);
  });

  it('Sentinels have a user of their own', () => {
    const server = serverOf({
      REDIS_SENTINELS: 'a:1,b:2',
      REDIS_SENTINEL_MASTER: 'm',
      REDIS_SENTINEL_USERNAME: 'watcher',
      REDIS_SENTINEL_PASSWORD: 's',
      REDIS_PASSWORD: 'p',
    });
    expect(server?.topology).toMatchObject({
      kind: 'sentinel',
      sentinels: ['a:1', 'b:2'],
      master: 'm',
      username: 'watcher',
    });
    expect(server?.password?.()).toBe('p');
  });
});
