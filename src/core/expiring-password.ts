/** A password that holds for a while, such as a token of a cloud's identity service. */
export interface ExpiringPassword {
  readonly value: string;
  /** Milliseconds since 1970. The next one is fetched some time before; without it, after a minute. */
  readonly expiresAt?: number;
}
