import { request } from 'node:http';
import { onTestFinished } from 'vitest';
import type { Transport } from '../../../src/transport/transports.js';
import { type Driver, requestText, type Seen } from './driver.js';

const EVENT_STREAM = 'text/event-stream';

interface StreamDriver {
  readonly transport: Transport;
  readonly accept: string;
  /** Takes what has come so far, whole messages only, and returns the rest. */
  readonly read: (text: string, seen: Seen) => string;
}

/** A client whose operations are the answers to its requests. */
export function streamDriver({ transport, accept, read }: StreamDriver): Driver {
  return {
    transport,
    countedAs: 'sse',
    connections: 1,
    start: async ({ server }, operation, authorization) => {
      const seen: Seen = { results: [], raw: '' };
      const body = requestText(operation);
      const headers = { accept, 'content-type': 'application/json', ...(authorization && { authorization }) };
      const sent = request(server.url, { method: 'POST', headers, agent: false });
      onTestFinished(() => void sent.destroy());
      let isPaused = false;
      sent.on('error', () => {
        seen.end ??= 'cut';
      });
      sent.on('response', (response) => {
        const isStream = response.headers['content-type']?.startsWith(accept.split(';')[0] ?? '') === true;
        response.setEncoding('utf8');
        let rest = '';
        response.on('data', (chunk) => {
          seen.raw += String(chunk);
          if (isStream) rest = read(rest + String(chunk), seen);
        });
        response.on('close', () => {
          if (!isStream) {
            seen.errors = (JSON.parse(seen.raw) as { readonly errors: readonly unknown[] }).errors;
            seen.end = 'errors';
          }
          seen.end ??= 'cut';
        });
        response.on('error', () => undefined);
        if (isPaused) response.pause();
      });
      sent.end(body);
      return {
        seen,
        stop: () => void sent.destroy(),
        pause: () => {
          isPaused = true;
          sent.socket?.pause();
        },
        resume: () => {
          isPaused = false;
          sent.socket?.resume();
        },
        vanish: () => void sent.destroy(),
      };
    },
  };
}

interface Result {
  readonly data?: unknown;
  readonly errors?: readonly unknown[];
}

/** A result with errors alone ends its operation. */
export function take(result: Result, seen: Seen): void {
  if (result.errors === undefined || 'data' in result) seen.results.push(result);
  else seen.errors = result.errors;
}

export const sse = streamDriver({
  transport: 'sse',
  accept: EVENT_STREAM,
  read: (text, seen) => {
    const blocks = text.split('\n\n');
    for (const block of blocks.slice(0, -1)) {
      const data = /^data: (.+)$/m.exec(block)?.[1];
      if (data !== undefined) take(JSON.parse(data) as Result, seen);
      if (/^event: complete$/m.test(block)) seen.end = seen.errors === undefined ? 'complete' : 'errors';
    }
    return blocks.at(-1) ?? '';
  },
});

const CONTENT = 'content-type: application/json\r\n\r\n';

export const multipart = streamDriver({
  transport: 'multipart',
  accept: 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0',
  read: (text, seen) => {
    const parts = text.split('\r\n--graphql');
    if (parts.length === 1) return text;
    for (const part of parts.slice(0, -1)) {
      if (part === '') continue;
      if (!part.startsWith(`\r\n${CONTENT}`)) throw new Error(`no part: ${part}`);
      const { payload, errors } = JSON.parse(part.slice(CONTENT.length + 2)) as {
        payload?: Result | null;
        errors?: unknown[];
      };
      if (payload) take(payload, seen);
      if (errors !== undefined) seen.errors = errors;
    }
    if (parts.at(-1) === '--\r\n') seen.end = seen.errors === undefined ? 'complete' : 'errors';
    return `\r\n--graphql${parts.at(-1) ?? ''}`;
  },
});

/** Single connection mode: a stream, and requests beside it that begin and stop operations. */
export const sseSingle: Driver = {
  transport: 'sse-single',
  countedAs: 'sse',
  connections: 2,
  start: async ({ server }, operation, authorization) => {
    const seen: Seen = { results: [], raw: '' };
    const headers = { ...(authorization && { authorization }) };
    const ended = (errors: unknown): void => {
      seen.errors = errors as readonly unknown[];
      seen.end ??= 'errors';
    };
    const send = async (method: string, more: Record<string, string>, body?: string, search = '') => {
      const init = { method, headers: { ...headers, ...more }, ...(body !== undefined && { body }) };
      const response = await fetch(`${server.url}${search}`, init);
      const text = await response.text();
      if (!response.ok) ended(JSON.parse(text).errors);
      return text;
    };
    const token = { 'x-graphql-event-stream-token': await send('PUT', {}) };
    const stream = request(server.url, {
      headers: { ...headers, ...token, accept: EVENT_STREAM },
      agent: false,
    });
    onTestFinished(() => void stream.destroy());
    stream.on('error', () => {
      seen.end ??= 'cut';
    });
    const opened = new Promise<void>((resolve) => {
      stream.on('response', (response) => {
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          seen.raw += String(chunk);
          rest = readShared(rest + String(chunk), seen);
        });
        response.on('close', () => {
          seen.end ??= 'cut';
        });
        response.on('error', () => undefined);
        resolve();
      });
      stream.on('close', resolve);
    });
    stream.end();
    await opened;
    const extensions = { ...operation.extensions, operationId: '1' };
    const json = { ...token, 'content-type': 'application/json' };
    if (seen.errors === undefined) await send('POST', json, requestText({ ...operation, extensions }));
    return {
      seen,
      stop: () => void send('DELETE', token, undefined, '?operationId=1'),
      pause: () => void stream.socket?.pause(),
      resume: () => void stream.socket?.resume(),
      vanish: () => void stream.destroy(),
    };
  },
};

function readShared(text: string, seen: Seen): string {
  const blocks = text.split('\n\n');
  for (const block of blocks.slice(0, -1)) {
    const data = /^data: (.+)$/m.exec(block)?.[1];
    if (data === undefined) continue;
    const { payload } = JSON.parse(data) as { readonly payload?: Result };
    if (payload !== undefined) take(payload, seen);
    else seen.end = seen.errors === undefined ? 'complete' : 'errors';
  }
  return blocks.at(-1) ?? '';
}
