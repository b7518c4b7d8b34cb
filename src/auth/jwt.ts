import { createRemoteJWKSet, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { z } from 'zod';
import { MillraceError } from '../core/errors.js';
import { ANONYMOUS, type Identity } from '../core/identity.js';
import type { Authenticate, Credentials } from './authenticate.js';

/** How tokens are checked. Exactly one of `secret` and `jwksUrl`. */
export interface JwtOptions {
  /** Shared secret of HMAC signatures (HS256, HS384, HS512). */
  readonly secret?: string | undefined;
  /** Where the issuer's public keys are (RFC 7517). */
  readonly jwksUrl?: string | undefined;
  /** The `iss` that tokens must have. */
  readonly issuer?: string | undefined;
  /** The `aud` that tokens must name. */
  readonly audience?: string | undefined;
  /** Seconds by which clocks may differ. */
  readonly clockTolerance?: number | undefined;
}

type Verify = (token: string) => Promise<JWTPayload>;

/**
 * The algorithms follow from the kind of key, never from the token: otherwise a token could be signed with
 * the public key as if it were a shared secret (RFC 8725, section 3.1). `none` is in neither list.
 */
const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'];
const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

const CLAIMS = z.looseObject({ sub: z.string().optional(), exp: z.number().finite().optional() });
const BEARER = /^Bearer +(\S+) *$/i;

/**
 * Checks JSON Web Tokens (RFC 7519) of `Authorization: Bearer` (RFC 6750), or of the connection's
 * parameters `authorization` or `token`. No token is `ANONYMOUS`; one that does not hold is refused.
 * @throws {Error} when the options name no key, or two
 */
export function jwtAuthenticate(options: JwtOptions): Authenticate {
  const verify = verifier(options);
  return async (credentials) => {
    const token = tokenOf(credentials);
    if (token === undefined) return ANONYMOUS;
    return identityOf(await verified(verify, token));
  };
}

function verifier({ secret, jwksUrl, issuer, audience, clockTolerance }: JwtOptions): Verify {
  const expected: JWTVerifyOptions = {
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    ...(clockTolerance !== undefined && { clockTolerance }),
  };
  if (secret !== undefined && jwksUrl === undefined) {
    if (secret === '') throw new Error('The secret for JWTs is empty.');
    const key = new TextEncoder().encode(secret);
    const checks = { ...expected, algorithms: SECRET_ALGORITHMS };
    return async (token) => (await jwtVerify(token, key, checks)).payload;
  }
  if (jwksUrl !== undefined && secret === undefined) {
    const keys = createRemoteJWKSet(new URL(jwksUrl));
    const checks = { ...expected, algorithms: PUBLIC_KEY_ALGORITHMS };
    return async (token) => (await jwtVerify(token, keys, checks)).payload;
  }
  throw new Error('JWTs are checked with either a shared secret or the URL of a key set: give exactly one.');
}

async function verified(verify: Verify, token: string): Promise<JWTPayload> {
  try {
    return await verify(token);
  } catch (cause) {
    throw new MillraceError(
      'UNAUTHENTICATED',
      'The token does not hold: it is wrong, expired or not for us.',
      {
        cause,
      },
    );
  }
}

function identityOf(payload: JWTPayload): Identity {
  const claims = CLAIMS.safeParse(payload);
  if (!claims.success)
    throw new MillraceError('UNAUTHENTICATED', 'The claims of the token have no such shape.');
  const { exp } = claims.data;
  return { claims: claims.data, expiresAt: exp === undefined ? undefined : exp * 1000 };
}

function tokenOf({ headers, connectionParams = {} }: Credentials): string | undefined {
  const bare = connectionParams['token'];
  if (bare !== undefined && bare !== null) return typeof bare === 'string' ? bare : refused();
  const authorization =
    connectionParams['authorization'] ?? connectionParams['Authorization'] ?? headers['authorization'];
  if (authorization === undefined || authorization === null || authorization === '') return undefined;
  const token = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined;
  return token ?? refused();
}

function refused(): never {
  throw new MillraceError('UNAUTHENTICATED', 'Credentials must be `Bearer` and a token.');
}
