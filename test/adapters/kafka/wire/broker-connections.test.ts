import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { describe, expect, it, vi } from 'vitest';
import {
  prepareConnections,
  reauthenticationThreshold,
  stayAuthenticatedUntilClosed,
} from '../../../../src/adapters/kafka/wire/broker-connections.js';
import type {
  BrokerConnection,
  Cluster,
  ProtocolRequest,
} from '../../../../src/adapters/kafka/wire/internal-types.js';
import { createEncoder } from '../../../../src/adapters/kafka/wire/internals.js';

describe('the time before the end of a session at which a connection authenticates again', () => {
  it.each([
    [3_600_000, 540_000],
    [10_000, 1_500],
    [4_001, 600],
    // A broker refuses a second authentication within a second: the session ends first, and the connection with it.
    [1_000, -100],
  ])('of %i ms is %i ms', (session, threshold) => {
    expect(reauthenticationThreshold(session)).toBe(threshold);
  });
});

interface KafkajsConnection extends BrokerConnection {
  send(request: ProtocolRequest & { readonly requestTimeout?: number }): Promise<unknown>;
  authenticatedAt: unknown;
}

const METADATA = 3;

/** kafkajs's own connection, on a socket that answers nothing. `sent` has the API key of each request. */
async function openConnection() {
  const Class = createRequire(import.meta.url)('kafkajs/src/network/connection') as new (
    options: object,
  ) => KafkajsConnection; // What the pinned version exports.
  const sent: number[] = [];
  const socket = Object.assign(new EventEmitter(), {
    write: (bytes: Buffer) => sent.push(Buffer.from(bytes).readInt16BE(4)),
    setKeepAlive: () => {},
    end: () => {},
    unref: () => {},
  });
  const logger = { debug: () => {}, error: () => {}, namespace: () => logger };
  const connection = new Class({
    host: 'broker',
    port: 9092,
    logger,
    sasl: { mechanism: 'plain', username: 'ann', password: 'secret' },
    requestTimeout: 60_000,
    connectionTimeout: 60_000,
    socketFactory: ({ onConnect }: { onConnect: () => void }) => {
      setImmediate(onConnect);
      return socket;
    },
  });
  stayAuthenticatedUntilClosed(connection);
  await connection.connect();
  connection.authenticatedAt = process.hrtime();
  const ask = (): void => {
    const encode = async () => createEncoder();
    const request = { apiKey: METADATA, apiVersion: 1, apiName: 'Metadata', encode };
    const response = { decode: async () => ({}), parse: async () => ({}) };
    connection.send({ request, response }).catch(() => undefined); // Rejects with the socket.
  };
  return { connection, ask, sent, close: () => socket.emit('error', new Error('the end of the test')) };
}

describe('a connection to a broker', () => {
  it('does not authenticate again while it is closed with requests under way', async () => {
    const { connection, ask, sent, close } = await openConnection();
    ask();
    await expect.poll(() => sent).toEqual([METADATA]);
    void connection.disconnect();
    void connection.disconnect();
    expect(connection.connectionStatus).toBe('disconnecting');
    ask();
    await expect.poll(() => sent).toEqual([METADATA, METADATA]);
    close();
  });

  it('authenticates again once it was closed', async () => {
    const { connection } = await openConnection();
    await connection.disconnect();
    expect(connection.isAuthenticated()).toBe(false);
    await connection.connect();
    expect(connection.isAuthenticated()).toBe(false);
    await connection.disconnect();
  });
});

describe('the requests that wait on a connection', () => {
  /** kafkajs's own connection, prepared as every connection of a cluster is. */
  async function prepared(options: object) {
    const Class = createRequire(import.meta.url)('kafkajs/src/network/connection') as new (
      options: object,
    ) => BrokerConnection; // What the pinned version exports.
    const logger = { debug: () => {}, error: () => {}, namespace: () => logger };
    const connection = new Class({ host: 'broker', port: 9092, logger, requestTimeout: 60_000, ...options });
    const connectionPoolBuilder = { build: async () => ({ pool: [connection] }) };
    prepareConnections({ connectionPoolBuilder } as unknown as Cluster); // The part of a cluster that it reads.
    await connectionPoolBuilder.build();
    return connection.requestQueue as KafkajsQueue; // The same object, by all of its methods.
  }

  interface KafkajsQueue {
    readonly pending: unknown[];
    scheduleCheckPendingRequests(): void;
    maybeThrottle(ms: number): void;
    push(request: object): void;
    fulfillRequest(answer: { correlationId: number; size: number; payload: Buffer }): void;
  }

  const requestOf = (correlationId: number, sent: number[]) => ({
    entry: {
      correlationId,
      apiKey: 3,
      apiName: 'Metadata',
      apiVersion: 1,
      resolve: () => {},
      reject: () => {},
    },
    expectResponse: true,
    sendRequest: () => sent.push(correlationId),
  });

  it('set no timer when there are none, while the connection is open', async () => {
    vi.useFakeTimers();
    try {
      const sent: number[] = [];
      const queue = await prepared({});
      queue.push(requestOf(1, sent));
      queue.fulfillRequest({ correlationId: 1, size: 0, payload: Buffer.alloc(0) });
      expect(sent).toEqual([1]);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('are sent when the broker no longer throttles', async () => {
    vi.useFakeTimers();
    try {
      const sent: number[] = [];
      const queue = await prepared({});
      queue.maybeThrottle(200);
      queue.push(requestOf(1, sent));
      expect(sent).toEqual([]);
      await vi.advanceTimersByTimeAsync(250);
      expect(sent).toEqual([1]);
      queue.fulfillRequest({ correlationId: 1, size: 0, payload: Buffer.alloc(0) });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
