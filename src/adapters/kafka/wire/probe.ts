import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connectHost } from './bootstrap-address.js';

/** How long a port may take to show what it speaks. */
const PROBE_TIMEOUT_MS = 1_500;
/** ApiVersions, version 0, with correlation id 1 and no client id: every broker answers it before anything else. */
const API_VERSIONS = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255]);
/** Codes of a handshake that failed before the server's certificate: of the system, and of OpenSSL's record layer. */
const NOT_TLS = /^(|E[A-Z]+|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/;
/** The size of the answer, then the correlation id of the request. */
const ANSWER_BYTES = 8;
const CORRELATION_ID = 1;

/**
 * Kafka closes a connection without a word when it is spoken to in another protocol than its port has. A broker that stops
 * closes its connections too, so the port itself is asked. Nothing of this process is sent: no user, no certificate.
 * @returns `undefined`: neither, such as while the broker is away
 */
export async function protocolOfPort(broker: string): Promise<'tls' | 'plain' | undefined> {
  const [isTls, isPlain] = await Promise.all([speaksTls(broker), speaksPlain(broker)]);
  if (isTls === isPlain) return undefined;
  return isTls ? 'tls' : 'plain';
}

/** Whether a TLS handshake gets as far as the server's certificate. Whether that is accepted makes no difference here. */
function speaksTls(broker: string): Promise<boolean> {
  const { host, port } = addressOf(broker);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return answerOf(connectTls({ host, port, ...servername }), (socket, answer) => {
    socket.once('secureConnect', () => answer(true));
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => answer(!NOT_TLS.test(code)));
  });
}

function speaksPlain(broker: string): Promise<boolean> {
  const socket = connect(addressOf(broker));
  let received = Buffer.alloc(0);
  return answerOf(socket, (_, answer) => {
    socket.once('connect', () => socket.write(API_VERSIONS));
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      if (received.length >= ANSWER_BYTES) answer(received.readInt32BE(4) === CORRELATION_ID);
    });
  });
}

/** @param listen calls `answer`; otherwise the answer is no, once the socket closes or time is up */
function answerOf<S extends Socket>(
  socket: S,
  listen: (socket: S, answer: (isSpoken: boolean) => void) => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (isSpoken: boolean): void => {
      clearTimeout(timer);
      resolve(isSpoken);
      socket.destroy();
    };
    const timer = setTimeout(() => answer(false), PROBE_TIMEOUT_MS);
    listen(socket, answer);
    socket.on('error', () => undefined); // 'close' follows.
    socket.once('close', () => answer(false));
  });
}

function addressOf(broker: string): { host: string; port: number } {
  const colon = broker.lastIndexOf(':');
  return { host: connectHost(broker.slice(0, colon)), port: Number(broker.slice(colon + 1)) };
}
