import { type PlainQuestion, protocolOfPort } from '../../tcp/port-protocol.js';
import { connectHost } from './bootstrap-address.js';

/** The size of the answer, then the correlation id of the request. */
const ANSWER_BYTES = 8;
const CORRELATION_ID = 1;

/** ApiVersions, version 0, with no client id: every broker answers it before anything else. */
const API_VERSIONS: PlainQuestion = {
  bytes: Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, CORRELATION_ID, 255, 255]),
  isAnswer: (received) =>
    received.length < ANSWER_BYTES ? undefined : received.readInt32BE(4) === CORRELATION_ID,
};

/** @param broker `host:port` */
export function protocolOfBroker(broker: string): Promise<'tls' | 'plain' | undefined> {
  const colon = broker.lastIndexOf(':');
  const at = { host: connectHost(broker.slice(0, colon)), port: Number(broker.slice(colon + 1)) };
  return protocolOfPort(at, API_VERSIONS);
}
