import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { jwtVerifier } from '../../src/auth/jwt.js';

type Answer = { readonly status: number; readonly body: string };

const pairs = { a: generateKeyPair('ES256'), b: generateKeyPair('ES256') };
let keys: { a: object; b: object };

beforeAll(async () => {
  const jwk = async (name: 'a' | 'b') => ({
    ...(await exportJWK((await pairs[name]).publicKey)),
    kid: name,
    alg: 'ES256',
  });
  keys = { a: await jwk('a'), b: await jwk('b') };
});

const good = (): Answer => ({ status: 200, body: JSON.stringify({ keys: [keys.a, keys.b] }) });

/** An issuer whose answer a test changes. */
async function issuer(answer: () => Answer) {
  let asked = 0;
  const state = { answer };
  const server: Server = createServer((_, response) => {
    asked += 1;
    const { status, body } = state.answer();
    response.writeHead(status, { connection: 'close' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  onTestFinished(stop);
  const { port } = server.address() as AddressInfo;
  return { state, stop, asked: () => asked, jwt: jwtVerifier({ jwksUrl: `http://127.0.0.1:${port}/keys` }) };
}

async function token(by: 'a' | 'b', header: { kid?: string } = { kid: by }, exp = '1h'): Promise<string> {
  const { privateKey } = await pairs[by];
  return new SignJWT({ sub: 'ann' })
    .setProtectedHeader({ alg: 'ES256', ...header })
    .setExpirationTime(exp)
    .sign(privateKey);
}

const bearer = (text: string) => ({ headers: { authorization: `Bearer ${text}` } });
const unavailable = { code: 'AUTH_UNAVAILABLE', retry: true, details: { retryAfter: expect.any(Number) } };

describe("an issuer's key set", () => {
  it.each<[string, () => Answer]>([
    ['503', () => ({ status: 503, body: '' })],
    ['a page in place of JSON', () => ({ status: 200, body: '<html>' })],
    ['JSON that is not a key set', () => ({ status: 200, body: '{"error":"maintenance"}' })],
    ['a redirect', () => ({ status: 302, body: '' })],
  ])(
    'a good token is not refused while the issuer answers %s, and is accepted afterwards',
    async (_, broken) => {
      const { jwt, state } = await issuer(broken);
      await expect(jwt.authenticate(bearer(await token('a')))).rejects.toMatchObject(unavailable);
      await expect(jwt.check()).rejects.toMatchObject(unavailable);
      state.answer = good;
      await jwt.check();
      expect(await jwt.authenticate(bearer(await token('a')))).toMatchObject({ claims: { sub: 'ann' } });
    },
  );

  it('a good token is not refused while the issuer cannot be reached', async () => {
    const { jwt, stop } = await issuer(good);
    await stop();
    await expect(jwt.authenticate(bearer(await token('a')))).rejects.toMatchObject(unavailable);
  });

  it('verifies with the keys that it has while the issuer is away', async () => {
    const { jwt, state, asked } = await issuer(good);
    await jwt.authenticate(bearer(await token('a')));
    state.answer = () => ({ status: 503, body: '' });
    expect(await jwt.authenticate(bearer(await token('b')))).toMatchObject({ claims: { sub: 'ann' } });
    await jwt.check();
    expect(asked()).toBe(1);
  });

  it('refuses tokens that are invalid whatever the issuer answers', async () => {
    const { jwt } = await issuer(good);
    const invalid = { code: 'UNAUTHENTICATED', retry: false };
    await expect(jwt.authenticate(bearer(await token('a', { kid: 'unknown' })))).rejects.toMatchObject(
      invalid,
    );
    await expect(jwt.authenticate(bearer(await token('a', { kid: 'b' })))).rejects.toMatchObject(invalid);
    const away = await issuer(() => ({ status: 503, body: '' }));
    await expect(away.jwt.authenticate(bearer('nonsense'))).rejects.toMatchObject(invalid);
    expect(away.asked()).toBe(0);
  });

  it('accepts a token without `kid` that any of the keys has signed', async () => {
    const { jwt } = await issuer(good);
    for (const by of ['a', 'b'] as const) {
      expect(await jwt.authenticate(bearer(await token(by, {})))).toMatchObject({ claims: { sub: 'ann' } });
    }
    const { privateKey } = await generateKeyPair('ES256');
    const foreign = await new SignJWT({}).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
    await expect(jwt.authenticate(bearer(foreign))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('S2 says that a token has expired, which its owner can mend', async () => {
    const { jwt } = await issuer(good);
    const extensions = { code: 'UNAUTHENTICATED', retry: true, reason: 'EXPIRED' };
    await expect(jwt.authenticate(bearer(await token('a', { kid: 'a' }, '-1h')))).rejects.toMatchObject({
      extensions,
    });
  });
});
