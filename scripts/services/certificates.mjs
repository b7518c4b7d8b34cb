import { generateKeyPair, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import forge from 'node-forge';

const DAY_MS = 24 * 60 * 60 * 1000;
/** In place of `openssl`, which a machine may lack. Keys are Node's, which makes them much faster than JavaScript. */
const newKeys = () =>
  promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    // The only form of a PEM key that Kafka reads.
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

/**
 * A certificate authority for tests.
 * @returns {Promise<import('./certificates.d.mts').CertificateAuthority>}
 */
export async function certificateAuthority(name = 'Millrace tests') {
  const keys = await newKeys();
  const self = forge.pki.createCertificate();
  fill(self, { name, issuer: name, publicKey: keys.publicKey });
  self.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  const signingKey = forge.pki.privateKeyFromPem(keys.privateKey);
  self.sign(signingKey, forge.md.sha256.create());
  return {
    certificate: pemOf(self),
    async issue({ name: subject, hosts = [], from, until }) {
      const { publicKey, privateKey } = await newKeys();
      const issued = forge.pki.createCertificate();
      fill(issued, { name: subject, issuer: name, publicKey, from, until });
      issued.setExtensions([
        { name: 'basicConstraints', cA: false },
        { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        ...(hosts.length === 0 ? [] : [{ name: 'subjectAltName', altNames: hosts.map(altName) }]),
      ]);
      issued.sign(signingKey, forge.md.sha256.create());
      return { certificate: pemOf(issued), key: privateKey };
    },
  };
}

function fill(certificate, { name, issuer, publicKey, from, until }) {
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey);
  // The first half byte keeps it positive.
  certificate.serialNumber = `0${randomBytes(10).toString('hex').slice(1)}`;
  // A day ago: the clock of a container may be behind.
  certificate.validity.notBefore = from ?? new Date(Date.now() - DAY_MS);
  certificate.validity.notAfter = until ?? new Date(Date.now() + 30 * DAY_MS);
  certificate.setSubject([{ name: 'commonName', value: name }]);
  certificate.setIssuer([{ name: 'commonName', value: issuer }]);
}

/** forge ends lines with CR LF, and a CR would end the line of a .properties file. */
const pemOf = (certificate) => forge.pki.certificateToPem(certificate).replaceAll('\r', '');

/** RFC 5280, 4.2.1.6: 2 is a DNS name, 7 an IP address. */
const altName = (host) => (isIP(host) ? { type: 7, ip: host } : { type: 2, value: host });
