/** Node's codes for a certificate of the server that this process does not accept. */
const SERVER_CERTIFICATE =
  /^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|ERR_TLS_CERT_ALTNAME_INVALID)/;
/** OpenSSL's codes for a certificate of this process that the server does not accept, or misses. */
const OWN_CERTIFICATE = /^ERR_SSL_.*(?:CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|DECRYPT_ERROR)/;
const NO_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)/;
/** Node's `https` has only the message. */
const NO_TLS_MESSAGE = /wrong version number|packet length too long|http request/;

/** What TLS does not accept, if that is why a connection failed. It does not pass by itself. */
export function tlsFault(error: Error): 'server-certificate' | 'own-certificate' | 'no-tls' | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (SERVER_CERTIFICATE.test(code)) return 'server-certificate';
  if (OWN_CERTIFICATE.test(code)) return 'own-certificate';
  const isNoTls = NO_TLS.test(code) || (code === 'EPROTO' && NO_TLS_MESSAGE.test(error.message));
  return isNoTls ? 'no-tls' : undefined;
}
