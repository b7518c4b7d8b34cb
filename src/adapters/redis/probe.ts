import { type PlainQuestion, protocolOfPort } from '../tcp/port-protocol.js';
import { type Refused, withoutTls, withTls } from './refused.js';
import { hostAndPort, type RedisServer } from './server.js';

/** Errors of a connection that may have met another protocol: Redis closes it, or waits for the rest of a command. */
const MAYBE_ANOTHER_PROTOCOL = /ECONNRESET|EPIPE|ETIMEDOUT/;
const DEFAULT_PORT = 6379;

/** Redis answers PING with PONG, or with an error, such as that it requires a password. */
const PING: PlainQuestion = {
  bytes: Buffer.from('PING\r\n'),
  isAnswer: (received) =>
    received.length === 0 ? undefined : /^[+-]/.test(received.toString('latin1', 0, 1)),
};

export const mayBeAnotherProtocol = ({ message }: Error): boolean => MAYBE_ANOTHER_PROTOCOL.test(message);

/** Whether a port of Redis, or of the Sentinels, speaks TLS and this process does not, or the other way round. */
export async function wrongProtocol(server: RedisServer): Promise<Refused | undefined> {
  const found = await Promise.all(addressesOf(server).map((at) => protocolOfPort(at, PING)));
  const isTls = server.tls !== undefined;
  if (found.includes(isTls ? 'plain' : 'tls')) return isTls ? withoutTls(server) : withTls(server);
  return undefined;
}

function addressesOf({ topology }: RedisServer): readonly { readonly host: string; readonly port: number }[] {
  switch (topology.kind) {
    case 'single': {
      if (!URL.canParse(topology.url)) return [];
      const { hostname, port } = new URL(topology.url);
      return [{ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || DEFAULT_PORT) }];
    }
    case 'sentinel':
      return topology.sentinels.map(hostAndPort);
    case 'cluster':
      return topology.nodes.map(hostAndPort);
  }
}
