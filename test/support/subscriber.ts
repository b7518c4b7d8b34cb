import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { CLOSE_CODES } from '../../src/transport/websocket/close-codes.js';

/** Why a subscription ended. `again`: whether a client may reconnect and resume. */
export interface End {
  readonly what: string;
  readonly again: boolean;
}

/** One subscription over one connection. */
export interface Subscriber {
  readonly ended: Promise<End>;
  close(): Promise<void>;
}

export interface SubscriberOptions {
  readonly url: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  take(frame: unknown): void;
}

export type OpenSubscriber = (options: SubscriberOptions) => Subscriber;

export const overWebSocket: OpenSubscriber = ({ url, query, variables, take }) => {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { eventContext: true },
    retryAttempts: 0,
  });
  const ended = new Promise<End>((resolve) => {
    client.subscribe(
      { query, variables: { ...variables } },
      { next: take, error: (error) => resolve(endOf(error)), complete: () => resolve(COMPLETE) },
    );
  });
  return { ended, close: async () => client.dispose() };
};

export const overSse: OpenSubscriber = (options) => eventStream(options, {});

/** As a browser's EventSource: it resumes by `Last-Event-ID`, not by its arguments. */
export const overEventSource: OpenSubscriber = ({ variables: { after, ...variables }, ...options }) =>
  eventStream({ ...options, variables }, typeof after === 'string' ? { 'last-event-id': after } : {});

function eventStream(
  { url, query, variables, take }: SubscriberOptions,
  headers: Readonly<Record<string, string>>,
): Subscriber {
  const stop = new AbortController();
  let failed: End | undefined;
  const see = (frame: unknown): void => {
    const errors = errorsOf(frame);
    if (errors === undefined) take(frame);
    else failed = endOf(errors);
  };
  const ended = readEvents(
    `${url}/graphql`,
    { query, variables, extensions: { eventContext: true } },
    headers,
    see,
    stop.signal,
  ).then(
    (complete) => failed ?? (complete ? COMPLETE : { what: 'the stream ended', again: true }),
    (error: unknown) => ({ what: String(error), again: true }),
  );
  return {
    ended,
    close: async () => {
      stop.abort();
      await ended;
    },
  };
}

const COMPLETE: End = { what: 'complete', again: false };

/** What graphql-ws rejects with: GraphQL errors, or the event of a connection that closed or never opened. */
function endOf(error: unknown): End {
  if (Array.isArray(error)) {
    const again = error.length > 0 && error.every(({ extensions }) => extensions?.retry === true);
    return { what: `error ${JSON.stringify(error)}`, again };
  }
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number') {
    const reason = 'reason' in error ? String(error.reason) : '';
    return { what: `closed with ${error.code} ${reason}`, again: mayReturn(error.code, reason) };
  }
  return { what: `error ${error instanceof Error ? error.message : JSON.stringify(error)}`, again: true };
}

function mayReturn(code: number, reason: string): boolean {
  const known = Object.values(CLOSE_CODES).filter((entry) => entry.code === code);
  const meant = known.find((entry) => entry.reason === reason) ?? known[0];
  return meant?.retry ?? code < 4000; // Those below are of lines that broke.
}

function errorsOf(frame: unknown): unknown[] | undefined {
  const errors = typeof frame === 'object' && frame !== null && 'errors' in frame ? frame.errors : undefined;
  return Array.isArray(errors) && !('extensions' in Object(frame)) ? errors : undefined;
}

/** @returns whether the stream was completed, and not merely cut off */
async function readEvents(
  url: string,
  body: unknown,
  more: Readonly<Record<string, string>>,
  take: (frame: unknown) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...more },
    body: JSON.stringify(body),
    signal,
  });
  if (response.body === null) throw new Error(`no body, status ${response.status}`);
  let text = '';
  let complete = false;
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      if (/^event: ?complete$/m.test(block)) complete = true;
      const data = /^data: ?(.+)$/m.exec(block)?.[1];
      if (data !== undefined) take(JSON.parse(data));
    }
  }
  return complete;
}
