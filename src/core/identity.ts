/** The claims of a caller's credentials. Empty without credentials. */
export type Claims = Readonly<Record<string, unknown>>;

/** A caller, and how long its credentials are valid. */
export interface Identity {
  readonly claims: Claims;
  /** When the credentials expire, in milliseconds since 1970. `undefined`: never. */
  readonly expiresAt: number | undefined;
}

export const ANONYMOUS: Identity = { claims: {}, expiresAt: undefined };

/** The `sub` claim (RFC 7519, section 4.1.2). `undefined`: anonymous. */
export function subjectOf({ claims }: Identity): string | undefined {
  return typeof claims['sub'] === 'string' ? claims['sub'] : undefined;
}
