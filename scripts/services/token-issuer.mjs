import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const ALGORITHM = 'RS256';
const KEY_ID = 'tests';
const AUDIENCE = 'kafka';

/**
 * An OAuth 2 token endpoint for the grant "client credentials" (RFC 6749, 4.4), and the keys that verify its tokens.
 * @returns {Promise<import('./token-issuer.d.mts').TokenIssuer>}
 */
export async function tokenIssuer({ clients, lifetimeS = 3600 }) {
  const secrets = new Map(Object.entries(clients));
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, alg: ALGORITHM, use: 'sig' }] };
  let issued = 0;
  const scopes = [];

  const issue = async (form, authorization) => {
    const { id, secret } = credentials(form, authorization);
    if (form.get('grant_type') !== 'client_credentials') return [400, { error: 'unsupported_grant_type' }];
    if (secret === undefined || secrets.get(id) !== secret) return [401, { error: 'invalid_client' }];
    issued++;
    const scope = form.get('scope') ?? undefined;
    scopes.push(scope);
    const token = await new SignJWT(scope === undefined ? {} : { scope })
      .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID })
      .setSubject(id)
      .setIssuer(issuer)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(`${lifetimeS}s`)
      .sign(privateKey);
    return [
      200,
      { access_token: token, token_type: 'Bearer', expires_in: lifetimeS, ...(scope && { scope }) },
    ];
  };

  const server = createServer(async (request, response) => {
    const [status, body] =
      request.url === '/jwks'
        ? [200, keys]
        : await issue(await formOf(request), request.headers.authorization);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${server.address().port}`;

  return {
    tokenUrl: `${issuer}/token`,
    jwksUrl: `${issuer}/jwks`,
    issuer,
    audience: AUDIENCE,
    get issued() {
      return issued;
    },
    scopes,
    setSecret: (client, secret) => {
      secrets.set(client, secret);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

async function formOf(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return new URLSearchParams(body);
}

/** In the header, as RFC 6749 prefers (2.3.1), or in the form, as some clients send them. */
function credentials(form, authorization) {
  const basic = /^Basic (.+)$/i.exec(authorization ?? '')?.[1];
  if (basic === undefined)
    return { id: form.get('client_id'), secret: form.get('client_secret') ?? undefined };
  const [id, secret] = Buffer.from(basic, 'base64')
    .toString()
    .split(':')
    .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  return { id, secret };
}
