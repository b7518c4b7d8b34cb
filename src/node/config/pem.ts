import { createPrivateKey, X509Certificate } from 'node:crypto';
import { text } from './variable.js';

/** Settings that hold one line write a newline as `\n`. */
const pem = text.transform((value) => value.replaceAll('\\n', '\n'));

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

export const certificates = pem.refine((value) => {
  const found = value.match(CERTIFICATE) ?? [];
  return found.length > 0 && found.every(isCertificate);
});

/** Encrypted keys included: `keyFault` opens them. */
export const privateKey = pem.refine((value) =>
  /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----[\s\S]+-----END ([A-Z]+ )?PRIVATE KEY-----/.test(value),
);

function isCertificate(value: string): boolean {
  try {
    return new X509Certificate(value).subject !== undefined;
  } catch {
    return false;
  }
}

/** Why a certificate, its key and the key's password do not fit together; `undefined` when they do. */
export function keyFault(
  certificate: string,
  key: string,
  password: string | undefined,
): 'key' | 'password' | 'certificate' | undefined {
  try {
    const opened = createPrivateKey({ key, ...(password === undefined ? {} : { passphrase: password }) });
    return new X509Certificate(certificate).checkPrivateKey(opened) ? undefined : 'certificate';
  } catch {
    return password === undefined && !/ENCRYPTED/.test(key) ? 'key' : 'password';
  }
}
