/** A bearer token, for SASL OAUTHBEARER (RFC 7628). */
export interface BearerToken {
  readonly value: string;
  /** Milliseconds since 1970. The token is used again until shortly before; without it, for one connection only. */
  readonly expiresAt?: number;
  /** SASL extensions (KIP-342), such as Confluent Cloud's `logicalCluster` and `identityPoolId`. */
  readonly extensions?: Readonly<Record<string, string>>;
}

/** A SASL mechanism (RFC 4422) of one's own. */
export interface SaslMechanism {
  /** As the broker knows it, such as `GSSAPI`. */
  readonly name: string;
  /**
   * Authenticates one connection: for a new one, and again before a session of the broker ends.
   * Rejects when the broker's answer is not what the mechanism wants.
   * @param exchange sends one message of the mechanism, and resolves with the broker's answer
   */
  authenticate(
    exchange: (message: Uint8Array) => Promise<Uint8Array>,
    broker: { readonly host: string; readonly port: number },
  ): Promise<void>;
}
