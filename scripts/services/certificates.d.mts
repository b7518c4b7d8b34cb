/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly certificate: string;
  /** PKCS #8, not encrypted. */
  readonly key: string;
}

export interface CertificateAuthority {
  /** The authority's own certificate as PEM, which clients trust. */
  readonly certificate: string;
  /**
   * A certificate for a server or a client.
   * @param subject.name its common name: a client's user is `User:CN=<name>`
   * @param subject.hosts the DNS names and IP addresses that it is valid for
   * @param subject.from from when it is valid; a day ago by default
   * @param subject.until when it expires; in thirty days by default
   */
  issue(subject: {
    readonly name: string;
    readonly hosts?: readonly string[];
    readonly from?: Date;
    readonly until?: Date;
  }): Promise<Certificate>;
}

/** A new authority, which trusts and is trusted by no other. */
export function certificateAuthority(name?: string): Promise<CertificateAuthority>;
