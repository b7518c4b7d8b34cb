import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** How long a port may take to show its protocol. */
const PROBE_TIMEOUT_MS = 1_500;
/** Codes of a handshake that failed before the server's certificate: of the system, and of OpenSSL's record layer. */
const NOT_TLS = /^(|E[A-Z]+|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** A question that every server of a kind answers in the clear, without a login. */
export interface PlainQuestion {
  readonly bytes: Uint8Array;
  /** Whether that is such an answer; `undefined`: not enough has arrived yet. */
  isAnswer(received: Buffer): boolean | undefined;
}

/**
 * A server that gets another protocol than its port speaks closes the connection without a reason, or never answers. A
 * stopping server closes its connections too, so the probe asks the port itself. It sends no user and no certificate.
 * @returns `undefined`: neither, such as while the server is away
 */
export async function protocolOfPort(
  at: Address,
  question: PlainQuestion,
): Promise<'tls' | 'plain' | undefined> {
  const [isTls, isPlain] = await Promise.all([speaksTls(at), speaksPlain(at, question)]);
  if (isTls === isPlain) return undefined;
  return isTls ? 'tls' : 'plain';
}

/** Whether a TLS handshake gets as far as the server's certificate. Whether that is accepted makes no difference here. */
function speaksTls({ host, port }: Address): Promise<boolean> {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return answerOf(connectTls({ host, port, ...servername }), (socket, answer) => {
    socket.once('secureConnect', () => answer(true));
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => answer(!NOT_TLS.test(code)));
  });
}

function speaksPlain({ host, port }: Address, question: PlainQuestion): Promise<boolean> {
  let received = Buffer.alloc(0);
  return answerOf(connect({ host, port }), (socket, answer) => {
    socket.once('connect', () => socket.write(question.bytes));
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      const isAnswer = question.isAnswer(received);
      if (isAnswer !== undefined) answer(isAnswer);
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
