import type { RedisOptions } from 'ioredis';
import type { Certificate, CertificateAuthority } from './certificates.d.mts';

export interface SecuredRedis {
  readonly host: string;
  /** Of TLS. */
  readonly port: number;
  /** Has issued the server's certificate, for localhost and 127.0.0.1, and trusts its own for clients. */
  readonly authority: CertificateAuthority;
  /** A client's certificate. */
  readonly client: Certificate;
  /** Sends one command as a user who may do everything. */
  ask(...command: readonly [string, ...(string | number)[]]): Promise<unknown>;
  /** Replaces the server's certificate, for new connections. */
  reissue(certificate: Certificate): Promise<void>;
  /** Changes the password of Millrace's user. Open connections stay. */
  setPassword(password: string): Promise<void>;
  /** Closes the connections of Millrace's user. */
  dropConnections(): Promise<void>;
  stop(): Promise<void>;
}

/** The rights of Millrace's user, as ACL SETUSER takes them. */
export function rightsIn(namespace: string): readonly string[];

/** What that user needs besides on a Cluster. */
export const CLUSTER_RIGHTS: readonly string[];
/** What a user of the Sentinels needs. */
export const SENTINEL_RIGHTS: readonly string[];

/** What makes servers speak only TLS, and know an ACL user. */
export interface RedisSecurity {
  readonly authority: CertificateAuthority;
  /** A client's certificate. */
  readonly client: Certificate;
  /** A user who may do everything. */
  readonly admin: { readonly username: string; readonly password: string };
  /** Of a server at this port. */
  settings(port: number): Record<string, string | readonly string[]>;
  /** Of servers that replicate each other. */
  readonly replication: Record<string, string>;
  readonly options: { readonly client: RedisOptions; readonly files: Record<string, string> };
}

/** @param options.mutual whether clients need a certificate */
export function redisSecurity(options: {
  readonly user: string;
  readonly password: string;
  /** As ACL SETUSER takes them. */
  readonly rights: readonly string[];
  readonly mutual?: boolean;
  /** A new one by default. */
  readonly authority?: CertificateAuthority;
}): Promise<RedisSecurity>;

/** @param options.mutual whether clients need a certificate */
export function securedRedis(options: {
  readonly namespace: string;
  readonly user: string;
  readonly password: string;
  readonly mutual?: boolean;
}): Promise<SecuredRedis>;
