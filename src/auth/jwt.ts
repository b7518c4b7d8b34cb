import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { z } from 'zod';
import { MillraceError } from '../core/errors.js';
import { parseJson } from '../core/exact-json.js';
import { ANONYMOUS, type Identity } from '../core/identity.js';
import { type Authenticate, type Credentials, credentialsExpired } from './authenticate.js';
import { KeySet } from './key-set.js';

/** How tokens are verified: by exactly one of `secret` and `jwksUrl`. */
interface JwtOptions {
  /** The shared secret of HMAC signatures (HS256, HS384, HS512). */
  readonly secret?: string | undefined;
  /** The URL of the issuer's JSON Web Key Set (RFC 7517). */
  readonly jwksUrl?: string | undefined;
  /** The required `iss` of a token. */
  readonly issuer?: string | undefined;
  /** The required `aud` of a token. */
  readonly audience?: string | undefined;
  /** Seconds by which the issuer's clock may differ from this node's. */
  readonly clockTolerance?: number | undefined;
}

/** Verifies tokens, and says whether it can. */
export interface JwtVerifier {
  readonly authenticate: Authenticate;
  /**
   * Resolves when tokens can be verified at the moment.
   * @throws {MillraceError} AUTH_UNAVAILABLE
   */
  check(): Promise<void>;
}

interface Verifier {
  /** @throws {MillraceError} AUTH_UNAVAILABLE, or whatever says that the token is invalid */
  verify(token: string): Promise<JWTPayload>;
  check(): Promise<void>;
}

/**
 * The kind of key decides which algorithms are allowed, never the token: otherwise an attacker could sign a
 * token with the public key as if it were a shared secret (RFC 8725, section 3.1). Neither list has `none`.
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
 * Verifies JSON Web Tokens (RFC 7519) in `Authorization: Bearer` (RFC 6750), or in the connection's parameter
 * `authorization` or `token`. A caller without a token is `ANONYMOUS`; an invalid token is refused.
 * @throws {Error} when the options have no key, or two
 */
export function jwtVerifier(options: JwtOptions): JwtVerifier {
  const tokens = verifier(options);
  return {
    check: () => tokens.check(),
    authenticate: async (credentials) => {
      const token = tokenOf(credentials);
      if (token === undefined) return ANONYMOUS;
      return identityOf(exactClaims(token, await verifiedPayload(tokens, token)));
    },
  };
}

function verifier({ secret, jwksUrl, issuer, audience, clockTolerance }: JwtOptions): Verifier {
  const required: JWTVerifyOptions = {
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
    ...(clockTolerance !== undefined && { clockTolerance }),
  };
  if (secret !== undefined && jwksUrl === undefined) {
    if (secret === '') throw new Error('The secret for JWTs is empty. Set it, or use the URL of a key set.');
    const key = new TextEncoder().encode(secret);
    const options = { ...required, algorithms: SECRET_ALGORITHMS };
    return {
      verify: async (token) => (await jwtVerify(token, key, options)).payload,
      check: () => Promise.resolve(),
    };
  }
  if (jwksUrl !== undefined && secret === undefined) {
    const keys = new KeySet(new URL(jwksUrl));
    const options = { ...required, algorithms: PUBLIC_KEY_ALGORITHMS };
    return {
      verify: (token) => keys.verify(token, options),
      check: () => keys.check(),
    };
  }
  throw new Error('JWTs need exactly one key: a shared secret, or the URL of a key set.');
}

async function verifiedPayload(tokens: Verifier, token: string): Promise<JWTPayload> {
  try {
    return await tokens.verify(token);
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    if (cause instanceof errors.JWTExpired) throw credentialsExpired(cause);
    const message = 'Invalid token: bad signature, expired, or wrong audience.';
    throw new MillraceError('UNAUTHENTICATED', message, { cause });
  }
}

/**
 * The claims with all digits of their integers. `jose` reads them with `JSON.parse`, by which two accounts with long
 * numbers as ids would be one.
 * @param payload of `token`, which is verified
 */
function exactClaims(token: string, payload: JWTPayload): JWTPayload {
  const [, body = ''] = token.split('.');
  // `jose` has verified that it is a JSON object.
  const claims = parseJson(Buffer.from(body, 'base64url')) as JWTPayload;
  const { exp } = payload;
  return exp === undefined ? claims : { ...claims, exp };
}

function identityOf(payload: JWTPayload): Identity {
  const claims = CLAIMS.safeParse(payload);
  if (!claims.success) {
    const message = 'Invalid token: `sub` must be a string and `exp` a number.';
    throw new MillraceError('UNAUTHENTICATED', message);
  }
  const { exp } = claims.data;
  return { claims: claims.data, expiresAt: exp === undefined ? undefined : exp * 1000 };
}

/** @returns `undefined` when the caller presents no credentials */
function tokenOf({ headers, connectionParams = {} }: Credentials): string | undefined {
  const bare = parameterOf(connectionParams, 'token');
  if (bare !== undefined) return bare;
  // Node has the names of headers in lower case, without space around their values.
  const authorization =
    parameterOf(connectionParams, 'authorization') ?? (headers['authorization'] || undefined);
  return authorization === undefined ? undefined : (BEARER.exec(authorization)?.[1] ?? unsupported());
}

/**
 * By the rules of all metadata (docs/protocol.md): the case of a name does not matter, and null or blank is as if left
 * out. Otherwise `{ "TOKEN": … }` would silently be an anonymous caller.
 */
function parameterOf(from: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const values = new Set<unknown>();
  for (const [key, value] of Object.entries(from)) {
    if (key.toLowerCase() !== name || value === undefined || value === null) continue;
    const text = typeof value === 'string' ? value.trim() : value;
    if (text !== '') values.add(text);
  }
  const [value, ...others] = values;
  if (value === undefined) return undefined;
  return typeof value === 'string' && others.length === 0 ? value : unsupported();
}

function unsupported(): never {
  throw new MillraceError('UNAUTHENTICATED', 'Unsupported credentials: use `Authorization: Bearer <token>`.');
}
