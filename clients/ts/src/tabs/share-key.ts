import type { Credentials } from '../link.js';

/** Claims that differ between two tokens of one login, and do not identify the user. */
const TRANSIENT_CLAIMS = ['exp', 'iat', 'nbf', 'jti'];

/**
 * The user of a tab. Tabs share a connection only if this is equal: the server would otherwise show one user the events of
 * another (S1). JWTs are compared by their claims, because each tab may have its own token; all other credentials are
 * compared as text.
 *
 * The signature of a token is not checked. Pages of one origin can read everything of each other anyway.
 *
 * @param scope replaces credentials that are not JWTs: the application says that they are of one user
 */
export function shareKeyOf(credentials: Credentials, scope: string | undefined): string {
  const whose = Object.entries(credentials).map(([name, value]) => {
    const claims = claimsOf(value);
    if (claims !== undefined) return [name.toLowerCase(), claims];
    return scope === undefined ? [name.toLowerCase(), value] : [name.toLowerCase()];
  });
  return JSON.stringify([scope ?? null, whose.sort(byName)]);
}

/** Names differ, so values are never compared. */
const byName = ([a]: readonly unknown[], [b]: readonly unknown[]): number => (String(a) < String(b) ? -1 : 1);

function claimsOf(value: string): unknown {
  const payload = /^Bearer [\w-]+\.([\w-]+)\.[\w-]+$/i.exec(value)?.[1];
  if (payload === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return undefined;
    return Object.entries(claims)
      .filter(([name]) => !TRANSIENT_CLAIMS.includes(name))
      .sort(byName);
  } catch {
    // Not a JWT: compared as text.
    return undefined;
  }
}
