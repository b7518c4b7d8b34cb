import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompactSign, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it, onTestFinished } from 'vitest';
import { jwtVerifier } from '../../src/auth/jwt.js';
import { ANONYMOUS } from '../../src/core/identity.js';

const secret = 'a secret that is long enough for HS256';
const key = new TextEncoder().encode(secret);
const END = Math.floor(Date.now() / 1000) + 3_600;
const sign = (claims: Record<string, unknown> = {}, by = key, alg = 'HS256') =>
  new SignJWT({ sub: 'ann', roles: ['staff'], exp: END, ...claims }).setProtectedHeader({ alg }).sign(by);
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const refused = expect.objectContaining({ code: 'UNAUTHENTICATED' });

describe('JWT', () => {
  const { authenticate } = jwtVerifier({ secret, issuer: 'us', audience: 'shop' });
  const good = { iss: 'us', aud: 'shop' };

  it('identifies a caller without a token as anonymous', async () => {
    expect(await authenticate({ headers: {} })).toBe(ANONYMOUS);
  });

  it('takes claims and expiry from a token in the header or the connection parameters', async () => {
    const token = await sign(good);
    const identity = {
      claims: expect.objectContaining({ sub: 'ann', roles: ['staff'] }),
      expiresAt: END * 1000,
    };
    expect(await authenticate(bearer(token))).toEqual(identity);
    for (const connectionParams of [
      { token },
      { authorization: `Bearer ${token}` },
      { Authorization: `bearer ${token}` },
      { TOKEN: ` ${token} `, token: null },
      { AUTHORIZATION: `Bearer ${token}`, authorization: '', token: ' ' },
      { token, Token: token },
    ]) {
      expect(await authenticate({ headers: {}, connectionParams })).toEqual(identity);
    }
  });

  it('takes the integers of claims with all their digits: two accounts are not one', async () => {
    const payload = `{"sub":"ann","iss":"us","aud":"shop","exp":${END},"account":9007199254740993}`;
    const token = await new CompactSign(Buffer.from(payload)).setProtectedHeader({ alg: 'HS256' }).sign(key);
    const { claims, expiresAt } = await authenticate(bearer(token));
    expect(claims).toMatchObject({ account: 9007199254740993n, exp: END });
    expect(expiresAt).toBe(END * 1000);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['signed with another secret', () => sign(good, new TextEncoder().encode(`${secret}!`))],
    ['that has expired', () => sign({ ...good, exp: 1 })],
    ['of another issuer', () => sign({ ...good, iss: 'them' })],
    ['for another audience', () => sign({ ...good, aud: 'bank' })],
    ['whose sub is not a string', () => sign({ ...good, sub: 7 })],
    ['without a signature', () => `${btoa('{"alg":"none"}')}.${btoa('{"sub":"ann"}')}.`.replaceAll('=', '')],
    ['that is not a JWT', () => 'nonsense'],
  ])('refuses a token %s', async (_, token) => {
    await expect(authenticate(bearer(await token()))).rejects.toEqual(refused);
  });

  it('refuses credentials that are not bearer tokens', async () => {
    await expect(authenticate({ headers: { authorization: 'Basic eDp5' } })).rejects.toEqual(refused);
    for (const connectionParams of [
      { token: 7 },
      { Token: {} },
      { authorization: ['Bearer x'] },
      { token: 'a', TOKEN: 'b' },
    ])
      await expect(authenticate({ headers: {}, connectionParams })).rejects.toEqual(refused);
  });

  it('takes blank credentials for none', async () => {
    for (const connectionParams of [{}, { token: '' }, { authorization: ' ', Token: null }])
      expect(await authenticate({ headers: { authorization: '' }, connectionParams })).toBe(ANONYMOUS);
  });

  it('refuses a token that is signed with a public key as a shared secret', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const jwk = { ...(await exportJWK(publicKey)), kid: '1', alg: 'ES256' };
    const server = createServer((_, response) => void response.end(JSON.stringify({ keys: [jwk] })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { authenticate: byKeySet } = jwtVerifier({ jwksUrl });
    const token = new SignJWT({ sub: 'ann' }).setProtectedHeader({ alg: 'ES256', kid: '1' });
    expect(await byKeySet(bearer(await token.sign(privateKey)))).toMatchObject({ claims: { sub: 'ann' } });
    const forged = await sign({}, new TextEncoder().encode(JSON.stringify(jwk)));
    await expect(byKeySet(bearer(forged))).rejects.toEqual(refused);
  });

  it('throws at creation when there is no key, or two', () => {
    expect(() => jwtVerifier({})).toThrow('exactly one');
    expect(() => jwtVerifier({ secret, jwksUrl: 'http://x' })).toThrow('exactly one');
    expect(() => jwtVerifier({ secret: '' })).toThrow('empty');
  });
});
