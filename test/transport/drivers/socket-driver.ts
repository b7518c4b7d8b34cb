import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { type Driver, requestText, type Seen } from './driver.js';

interface Words {
  readonly start: string;
  readonly stop: string;
  readonly result: string;
}

/** The errors in the payload of an `error` message. */
type ErrorsOf = (payload: unknown) => readonly unknown[];

/** @param isQuiet messages without anything for the test */
function socketDriver(
  transport: 'graphql-transport-ws' | 'graphql-ws',
  words: Words,
  errorsOf: ErrorsOf,
): Driver {
  return {
    transport,
    countedAs: 'websocket',
    connections: 1,
    start: async ({ wsUrl }, operation, authorization) => {
      const socket = new WebSocket(wsUrl, [transport]);
      onTestFinished(() => socket.terminate());
      const seen: Seen = { results: [], raw: '' };
      const acknowledged = new Promise<void>((resolve) => {
        socket.on('message', (data) => {
          const text = String(data);
          seen.raw += `${text}\n`;
          const { type, payload } = JSON.parse(text) as { type: string; payload: unknown };
          if (type === 'connection_ack') resolve();
          else if (type === words.result) seen.results.push(payload);
          else if (type === 'error') {
            seen.errors = errorsOf(payload);
            seen.end = 'errors';
          } else if (type === 'complete') seen.end ??= 'complete';
        });
        socket.on('close', () => {
          seen.end ??= 'cut';
          resolve();
        });
      });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('open', resolve));
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }));
      await acknowledged;
      socket.send(`{"id":"1","type":"${words.start}","payload":${requestText(operation)}}`);
      return {
        seen,
        stop: () => socket.send(JSON.stringify({ id: '1', type: words.stop })),
        pause: () => socket.pause(),
        resume: () => socket.resume(),
        vanish: () => socket.terminate(),
      };
    },
  };
}

export const graphqlTransportWs = socketDriver(
  'graphql-transport-ws',
  { start: 'subscribe', stop: 'complete', result: 'next' },
  // The protocol says that it is a list of errors.
  (payload) => payload as readonly unknown[],
);

export const graphqlWs = socketDriver(
  'graphql-ws',
  { start: 'start', stop: 'stop', result: 'data' },
  (payload) => (payload as { readonly errors: readonly unknown[] }).errors,
);
