import type { Certificate, CertificateAuthority } from './certificates.d.mts';
import type { PrivateService } from './private.d.mts';

/** What a user may do to one resource, or to all whose names start with `name`. */
export interface Right {
  readonly resource: 'TOPIC' | 'GROUP' | 'TRANSACTIONAL_ID' | 'CLUSTER';
  /** `kafka-cluster` for the cluster. */
  readonly name: string;
  readonly prefix?: boolean;
  readonly operations: readonly Operation[];
}

export type Operation =
  | 'READ'
  | 'WRITE'
  | 'CREATE'
  | 'DELETE'
  | 'ALTER'
  | 'DESCRIBE'
  | 'DESCRIBE_CONFIGS'
  | 'ALTER_CONFIGS'
  | 'IDEMPOTENT_WRITE';

export interface SecuredKafkaOptions {
  /** Whether rights are checked. Then a user has none but those granted; PLAINTEXT and SSL without a client certificate have all. */
  readonly authorizer?: boolean;
  /** Further settings of the broker, such as `connections.max.reauth.ms`. They override the others. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The host that the broker advertises and that its certificate names; 127.0.0.1 by default. */
  readonly host?: string;
  /** Signs the broker's certificate and those of clients that it trusts; a new one by default. */
  readonly authority?: CertificateAuthority;
  readonly certificate?: Certificate;
  /** The users of the mechanism PLAIN with their passwords. */
  readonly plainUsers?: Readonly<Record<string, string>>;
  /**
   * Options of the virtual machine; a small one by default, which starts quickly. It has no fast ciphers: they belong to the
   * compiler that it leaves out.
   */
  readonly java?: readonly string[];
  /** Switches OAUTHBEARER on: where the keys are, and what tokens must say. */
  readonly tokens?: { readonly jwksUrl: string; readonly issuer: string; readonly audience: string };
}

/** One broker with every way to connect. `address` is its PLAINTEXT listener, where everybody is an administrator. */
export interface SecuredKafka extends PrivateService {
  /** TLS without a login. */
  readonly ssl: string;
  /** TLS with a client certificate, which must be signed by `authority`. */
  readonly mutualTls: string;
  /** TLS with PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER. */
  readonly saslSsl: string;
  /** The same mechanisms without TLS. */
  readonly saslPlaintext: string;
  readonly authority: CertificateAuthority;
  /** Creates a user of both SCRAM mechanisms or changes its password. Resolves once the broker accepts the password. */
  setUser(user: string, password: string): Promise<void>;
  removeUser(user: string): Promise<void>;
  /** Replaces the users of PLAIN. Restarts the broker, which reads them at its start only. */
  setPlainUsers(users: Readonly<Record<string, string>>): Promise<void>;
  /** Resolves once the broker applies the rights. @param user without `User:` */
  grant(user: string, rights: readonly Right[]): Promise<void>;
  /** Removes rights, exactly as they were granted. Resolves once the broker no longer applies them. */
  revoke(user: string, rights: readonly Right[]): Promise<void>;
  /** Changes the certificate of all listeners while the broker runs. Connections that are open stay open. */
  useCertificate(certificate: Certificate): Promise<void>;
  /** Freezes the broker with its connections open, until `thaw`. */
  freeze(): void;
  thaw(): void;
}

/** A Kafka for one test alone. It always runs Apache's own jars: those of KAFKA_LIBS, or downloaded ones. */
export function securedKafka(options?: SecuredKafkaOptions): Promise<SecuredKafka>;
