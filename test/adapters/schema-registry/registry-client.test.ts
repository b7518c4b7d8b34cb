import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificateAuthority } from '../../../scripts/services/certificates.mjs';
import {
  RegistryClient,
  type RegistryOptions,
  RegistryUnavailableError,
} from '../../../src/adapters/schema-registry/registry-client.js';
import { refusalIn } from '../../../src/core/refusal.js';
import { readConfig } from '../../../src/node/config.js';
import type { Problem } from '../../../src/ports/problem.js';
import { folderOf } from '../../support/gateway-process.js';
import { FakeRegistry } from './fake-registry.js';

const signal = AbortSignal.timeout(60_000);

async function open(options: Partial<RegistryOptions> = {}, tls?: Parameters<typeof FakeRegistry.start>[0]) {
  const registry = await FakeRegistry.start(tls);
  registry.has(7, '"string"');
  const problems: Problem[] = [];
  const onProblem = (problem: Problem): void => void problems.push(problem);
  const client = new RegistryClient({ url: registry.url, onProblem, ...options });
  onTestFinished(async () => {
    client[Symbol.dispose]();
    await registry[Symbol.asyncDispose]();
  });
  return { registry, client, problems };
}

const failureOf = async (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a schema registry', () => {
  it.each([
    [401, undefined, 'authentication', /asks for a user and password \(401\), and none is set/],
    [401, 'ada:secret', 'authentication', /refuses the password of the user ada \(401\)/],
    [
      403,
      'ada:secret',
      'authorization',
      /The user ada may not read schemas at the schema registry at http:.* \(403\)/,
    ],
  ] as const)(
    'that answers %i to %s is told as a refusal, once, until it lets this process in',
    async (status, basicAuth, kind, sentence) => {
      const { registry, client, problems } = await open({ basicAuth: basicAuth && (() => basicAuth) });
      registry.status = status;
      const error = await failureOf(client.schema(7, signal));
      await failureOf(client.schema(7, signal));
      expect(error).toBeInstanceOf(RegistryUnavailableError);
      expect(String(error)).not.toContain('ada');
      expect(refusalIn(error)).toMatchObject({ kind, message: expect.stringMatching(sentence) });
      expect(problems.map((problem) => problem.kind)).toEqual(['refused']);
      expect(problems[0]?.message).not.toContain('secret');
      registry.status = undefined;
      await refusalIn(error)?.mended;
      expect(await client.schema(7, signal)).toMatchObject({ schema: '"string"' });
    },
  );

  it('is asked with the user and password that the file has at that time', async () => {
    await using folder = await folderOf({ password: 'ada:one\n' });
    const path = `${folder.path}/password`;
    const { registry, client } = await open({ basicAuth: () => readFileSync(path, 'utf8').trim() });
    await client.schema(7, signal);
    expect(registry.authorizations).toEqual([`Basic ${Buffer.from('ada:one').toString('base64')}`]);
  });

  it('that does not answer is a problem, and is asked again only by who needs it', async () => {
    const { registry, client, problems } = await open();
    await client.check(signal);
    expect(registry.asked).toEqual([]);
    registry.status = 503;
    await expect(client.schema(7, signal)).rejects.toThrow('answered 503');
    expect(problems.map(({ kind }) => kind)).toEqual(['schema-registry']);
    await expect(client.check(signal)).rejects.toThrow('answered 503');
    registry.status = undefined;
    await client.schema(7, signal);
    const asked = registry.asked.length;
    await client.check(signal);
    expect(registry.asked).toHaveLength(asked);
  });

  it('that is somewhere else is not followed there with credentials, and the error says where it is', async () => {
    const { registry, client } = await open();
    registry.status = 301;
    registry.location = 'https://registry.example/apis';
    await expect(client.schema(7, signal)).rejects.toThrow(
      'cannot be reached: it redirects to https://registry.example/apis. Set that address.',
    );
  });

  it('over TLS is trusted by its authority, and lets in the certificate that it wants', async () => {
    const authority = await certificateAuthority();
    const server = await authority.issue({ name: 'registry', hosts: ['127.0.0.1'] });
    const own = await authority.issue({ name: 'gateway' });
    const listener = {
      cert: server.certificate,
      key: server.key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    };
    const tls = { ca: () => authority.certificate, certificate: () => own.certificate, key: () => own.key };
    const { client } = await open({ tls }, listener);
    expect(await client.schema(7, signal)).toMatchObject({ schema: '"string"' });
    const stranger = await open({ tls: { ca: tls.ca } }, listener);
    expect(refusalIn(await failureOf(stranger.client.schema(7, signal)))?.message).toMatch(
      /does not accept this process's certificate/,
    );
  });

  it('whose certificate is signed by nobody that is trusted, or that has no TLS, is told as a refusal', async () => {
    const server = await (await certificateAuthority()).issue({ name: 'registry', hosts: ['127.0.0.1'] });
    const { client } = await open({}, { cert: server.certificate, key: server.key });
    const untrusted = refusalIn(await failureOf(client.schema(7, signal)));
    expect(untrusted).toMatchObject({
      kind: 'certificate',
      message: expect.stringMatching(/Check SCHEMA_REGISTRY_SSL_CA/),
    });
    const { registry } = await open();
    const tlsClient = new RegistryClient({ url: registry.url.replace('http:', 'https:') });
    const plain = refusalIn(await failureOf(tlsClient.schema(7, signal)));
    tlsClient[Symbol.dispose]();
    expect(plain).toMatchObject({
      kind: 'protocol',
      message: expect.stringMatching(/does not speak TLS at this port/),
    });
  });

  it.each([
    [{ SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: 'a:b' }, /USER_INFO is set but SCHEMA_REGISTRY_URL is not/],
    [
      { SCHEMA_REGISTRY_URL: 'http://a', SCHEMA_REGISTRY_SSL_CA_FILE: new URL(import.meta.url).pathname },
      /SCHEMA_REGISTRY_SSL_CA_FILE is a file that contains/,
    ],
  ])('is not configured by half: %o', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message);
  });
});
