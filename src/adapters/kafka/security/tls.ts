import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { TlsSettings } from './security.js';

/**
 * The options of one TLS connection. Files are read for each one, so a rotated certificate applies from the next connection on.
 * @param host a host name or an IP address
 */
export function tlsOptions(settings: TlsSettings, host: string): ConnectionOptions {
  const { ca, certificate, key, keyPassword, serverName = host } = settings;
  return {
    // SNI has no IP addresses (RFC 6066, section 3). Node verifies the certificate against `host` then.
    ...(isIP(serverName) ? {} : { servername: serverName }),
    ...(ca === undefined ? {} : { ca: ca() }),
    ...(certificate === undefined ? {} : { cert: certificate() }),
    ...(key === undefined ? {} : { key: key() }),
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword() }),
  };
}
