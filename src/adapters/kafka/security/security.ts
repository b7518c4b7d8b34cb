import type { BearerToken, SaslMechanism } from '../../../core/sasl.js';

/** A secret or certificate that may change while the process runs. Called for each connection; throws when it cannot be read. */
export type Current = () => string;

/** TLS. All in PEM. */
export interface TlsSettings {
  /** The certificates that sign the brokers'; when left out, those that Node trusts. */
  readonly ca?: Current;
  /** With its key: the client's own certificate (mutual TLS). */
  readonly certificate?: Current;
  readonly key?: Current;
  readonly keyPassword?: Current;
  /** The name that the brokers' certificates must have, when it is not the host that is connected to. */
  readonly serverName?: string;
}

/** How a connection authenticates. */
export type SaslSettings =
  | {
      readonly kind: 'password';
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
      readonly username: string;
      readonly password: Current;
    }
  | { readonly kind: 'token'; readonly fetchToken: () => Promise<BearerToken> }
  | { readonly kind: 'client-credentials'; readonly grant: ClientCredentialsGrant }
  | { readonly kind: 'msk-iam'; readonly region: string }
  | { readonly kind: 'own'; readonly mechanism: SaslMechanism };

/** Where and how bearer tokens are fetched (RFC 6749, section 4.4). */
export interface ClientCredentialsGrant {
  readonly endpoint: string;
  readonly clientId: string;
  readonly clientSecret: Current;
  readonly scope?: string;
}

/** How connections to the brokers are secured. Without either, they are in the clear. */
export interface KafkaSecurity {
  readonly tls?: TlsSettings;
  readonly sasl?: SaslSettings;
}
