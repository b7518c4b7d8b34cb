import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type TokenIssuer, tokenIssuer } from '../../../../scripts/services/token-issuer.mjs';
import { fetchToken } from '../../../../src/adapters/kafka/security/client-credentials.js';
import { failureOf } from '../../../../src/adapters/kafka/wire/failures.js';

let issuer: TokenIssuer;
beforeAll(async () => {
  issuer = await tokenIssuer({ clients: { ada: 'secret: of ada' }, lifetimeS: 60 });
});
afterAll(() => issuer.stop());

const grant = (secret: string) => ({
  endpoint: issuer.tokenUrl,
  clientId: 'ada',
  clientSecret: () => secret,
  scope: 'kafka',
});

const failure = async (token: Promise<unknown>) =>
  failureOf(
    await token.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );

describe('the client credentials grant', () => {
  it('gets a token and the time at which it expires', async () => {
    const { value, expiresAt = 0 } = await fetchToken(grant('secret: of ada'));
    const claims: unknown = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ sub: 'ada', scope: 'kafka' });
    expect(expiresAt - Date.now()).toBeGreaterThan(50_000);
    expect(expiresAt - Date.now()).toBeLessThanOrEqual(60_000);
  });

  it('S2 a wrong secret is a refusal, which names the endpoint and shows no secret', async () => {
    const { name, message, retriable } = await failure(fetchToken(grant('hunter2')));
    expect({ name, retriable }).toEqual({ name: 'TokenRefused', retriable: false });
    expect(message).toBe(
      `The token endpoint ${issuer.tokenUrl} refuses the client ada: invalid_client, status 401`,
    );
  });

  it('an endpoint that does not answer is not a refusal: it is tried again', async () => {
    const stopped = await tokenIssuer({ clients: {} });
    await stopped.stop();
    const { message, retriable } = await failure(fetchToken({ ...grant('x'), endpoint: stopped.tokenUrl }));
    expect(retriable).toBe(true);
    expect(message).toMatch(/^The token endpoint http:.* gives no token: .*ECONNREFUSED/);
  });

  it.each([
    [503, 'Service Unavailable'],
    [200, '{"token_type":"Bearer"}'],
  ])('an answer with status %i and no token is not a refusal', async (status, body) => {
    const server = createServer((_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    // The address of a server that listens on a port.
    const { port } = server.address() as AddressInfo;
    const { retriable } = await failure(
      fetchToken({ ...grant('x'), endpoint: `http://127.0.0.1:${port}/token` }),
    );
    expect(retriable).toBe(true);
  });
});
