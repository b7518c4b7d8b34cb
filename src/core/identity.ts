/** What a caller's credentials say of them. Empty for somebody who showed none. */
export type Claims = Readonly<Record<string, unknown>>;

/** Who is asking, and until when. */
export interface Identity {
  readonly claims: Claims;
  /** When the credentials end, in milliseconds since 1970; `undefined`: they do not. */
  readonly expiresAt: number | undefined;
}

export const ANONYMOUS: Identity = { claims: {}, expiresAt: undefined };

/** The `sub` claim (RFC 7519 section 4.1.2), or `undefined` for nobody in particular. */
export function subjectOf({ claims }: Identity): string | undefined {
  return typeof claims['sub'] === 'string' ? claims['sub'] : undefined;
}
