import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/node/config.js';
import { folderOf } from '../support/gateway-process.js';

/** The error that an environment gets; empty for a valid one. */
function errorOf(environment: Record<string, string>): string {
  try {
    readConfig(environment);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe('readConfig', () => {
  it('takes an empty value as unset', () => {
    expect(readConfig({ PORT: '', JWT_ISSUER: '' })).toEqual(readConfig({}));
  });

  it('still reads METRICS_PORT, the former name of ADMIN_PORT', () => {
    expect(readConfig({ METRICS_PORT: '9464' }).ADMIN_PORT).toBe(9464);
    expect(readConfig({ METRICS_PORT: '9464', ADMIN_PORT: '9465' }).ADMIN_PORT).toBe(9465);
  });

  it('still reads RELAY_GROUP, the former name of NAMESPACE', () => {
    expect(readConfig({ RELAY_GROUP: 'shop' }).NAMESPACE).toBe('shop');
    expect(readConfig({ RELAY_GROUP: 'shop', NAMESPACE: 'store' }).NAMESPACE).toBe('store');
    expect(errorOf({ RELAY_GROUP: 'a b' })).toMatch(/^RELAY_GROUP is "a b"/);
  });

  it.each([
    [{ JWT_ISSUER: 'https://id.example' }, 'JWT_ISSUER is set, but no key verifies tokens.'],
    [{ JWT_ISSUER: 'a', JWT_AUDIENCE: 'b' }, 'JWT_ISSUER and JWT_AUDIENCE are set, but no key'],
    [{ REDIS_URL: 'redis://127.0.0.1' }, 'REDIS_URL is set but KAFKA_BROKERS is not.'],
    [
      { SCHEMA_REGISTRY_AUTO_REGISTER: 'true' },
      'SCHEMA_REGISTRY_AUTO_REGISTER is set but SCHEMA_REGISTRY_URL is not.',
    ],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio' }, 'but OTEL_TRACES_SAMPLER_ARG is not set.'],
  ])('S2 rejects half a configuration: %o', (environment, message) => {
    expect(errorOf(environment)).toContain(message);
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'allowed: http/protobuf.'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'allowed: an http or https URL'],
    [{ OTEL_TRACES_SAMPLER: 'jaeger_remote' }, 'allowed: always_on, always_off, traceidratio'],
    [{ OTEL_TRACES_SAMPLER_ARG: '1%' }, 'allowed: a number from 0 to 1'],
  ])('rejects %o, with which no span would be exported', (environment, message) => {
    expect(errorOf(environment)).toContain(message);
  });

  it.each([
    ['JWT_SECRETS', 'JWT_SECRETS is not a setting. Did you mean JWT_SECRET?'],
    ['JWT_KEY', 'JWT_KEY is not a setting. Settings that begin with JWT_: JWT_SECRET, JWT_SECRET_FILE,'],
    ['KAFKA_BROKER', 'KAFKA_BROKER is not a setting. Did you mean KAFKA_BROKERS?'],
    ['REDIS_URI', 'REDIS_URI is not a setting. Did you mean REDIS_URL?'],
    ['CURSOR_SECRETS', 'CURSOR_SECRETS is not a setting. Did you mean CURSOR_SECRET?'],
    ['MAX_CONNECTION', 'MAX_CONNECTION is not a setting. Did you mean MAX_CONNECTIONS?'],
  ])('rejects the misspelt setting %s, which would silently not apply', (name, message) => {
    expect(errorOf({ [name]: 'a'.repeat(40) })).toContain(message);
  });

  it.each([
    'KAFKA_HOME',
    'KAFKA_LIBS',
    'KAFKA_SERVICE_HOST',
    'REDIS_PORT',
    'REDIS_SERVICE_HOST',
    'PORTS',
    'HOME',
  ])('accepts %s, which belongs to other programs', (name) => {
    expect(errorOf({ [name]: 'x' })).toBe('');
  });

  it('accepts brokers and Redis at IPv6 addresses', () => {
    expect(
      readConfig({ KAFKA_BROKERS: '[::1]:9092,[2001:db8::1]:9093', REDIS_URL: 'redis://[::1]:6379' }),
    ).toMatchObject({ KAFKA_BROKERS: ['[::1]:9092', '[2001:db8::1]:9093'], REDIS_URL: 'redis://[::1]:6379' });
  });

  it.each([
    ['JWT_JWKS_URL', 'ftp://ada:secret@id.example/keys'],
    ['REDIS_URL', 'http://ada:secret@redis.example'],
    ['KAFKA_BROKERS', 'kafka://ada:secret@kafka.example'],
    ['CURSOR_SECRET', 'secret'],
  ])('S2 does not print the secret in an invalid %s', (name, value) => {
    const message = errorOf({ [name]: value });
    expect(message).toContain(`${name} is a text of ${value.length} characters; allowed:`);
    expect(message).not.toContain('ada:secret');
  });

  it('reads a secret from the file that its _FILE setting names, without the newline at the end', async () => {
    await using folder = await folderOf({});
    const path = join(folder.path, 'secret');
    writeFileSync(path, `${'s'.repeat(40)}\n`);
    expect(readConfig({ JWT_SECRET_FILE: path, JWT_ISSUER: 'a' }).JWT_SECRET).toBe('s'.repeat(40));
    expect(errorOf({ JWT_SECRET_FILE: path, JWT_SECRET: 's'.repeat(40) })).toBe(
      'JWT_SECRET and JWT_SECRET_FILE are both set. Set one of them.',
    );
  });

  it('S2 says what is wrong with the file of a secret without showing its content', async () => {
    await using folder = await folderOf({});
    const path = join(folder.path, 'secret');
    expect(errorOf({ JWT_SECRET_FILE: path })).toContain(
      'JWT_SECRET_FILE is the path of a file that cannot be read: ENOENT',
    );
    writeFileSync(path, 'short');
    expect(errorOf({ JWT_SECRET_FILE: path })).toBe(
      'JWT_SECRET_FILE is a file that contains a text of 5 characters; allowed: at least 32 characters.',
    );
  });

  it('reports everything that is wrong at once, a line each', () => {
    expect(errorOf({ PORT: 'eighty', JWT_AUDIENCE: 'a', KAFKA_BROKER: 'b:1' }).split('\n')).toHaveLength(3);
  });

  it('S1 demands a role for a console in production, and none elsewhere', () => {
    expect(errorOf({ NODE_ENV: 'production', CONSOLE: 'true' })).toMatch(
      /^CONSOLE is true with NODE_ENV=production, but CONSOLE_ROLE is not set: .* Set CONSOLE_ROLE /,
    );
    const role = { NODE_ENV: 'production', CONSOLE: 'true', CONSOLE_ROLE: 'operator' };
    expect(readConfig(role)).toMatchObject({ CONSOLE: true, CONSOLE_ROLE: 'operator' });
    expect(readConfig({ NODE_ENV: 'production' })).toMatchObject({ CONSOLE: false });
    expect(readConfig({})).toMatchObject({ CONSOLE: true, CONSOLE_ROLE: undefined });
  });

  it('switches off what helps attackers with NODE_ENV=production', () => {
    const flags = ({ GRAPHIQL, INTROSPECTION, SUGGESTIONS, METRICS }: ReturnType<typeof readConfig>) => [
      GRAPHIQL,
      INTROSPECTION,
      SUGGESTIONS,
      METRICS,
    ];
    expect(flags(readConfig({}))).toEqual([true, true, true, true]);
    expect(flags(readConfig({ NODE_ENV: 'production' }))).toEqual([false, false, false, false]);
    const chosen = { NODE_ENV: 'production', GRAPHIQL: 'true', METRICS: 'on', SUGGESTIONS: '' };
    expect(flags(readConfig(chosen))).toEqual([true, false, false, true]);
    expect(flags(readConfig({ INTROSPECTION: 'off' }))).toEqual([true, false, true, true]);
  });

  it.each([
    ['ALLOWED_ORIGINS', 'shop.example'],
    ['ALLOWED_ORIGINS', 'https://shop.example/'],
    ['ALLOWED_ORIGINS', 'https://a.example, https://b.example/path'],
    ['ALLOWED_HOSTS', 'https://shop.example'],
    ['ALLOWED_HOSTS', 'shop.example:443'],
    ['GRAPHIQL', 'yes'],
  ])('rejects %s=%s, which could never match', (name, value) => {
    expect(errorOf({ [name]: value })).toMatch(new RegExp(`^${name} is `));
  });
});
