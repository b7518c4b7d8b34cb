import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import type { ClientMetadata } from '../../src/operation/request.js';
import { RawClient, type Served, serve, tcp, WAIT } from './serve.js';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const OTHER = '00-1bf7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01';
const MUTATION = 'mutation { x }';

type Headers = readonly (readonly [name: string, value: string])[];
type Extensions = Readonly<Record<string, unknown>>;

interface Given {
  readonly headers?: Headers;
  readonly extensions?: Extensions;
  /** The payload of `connection_init`. */
  readonly params?: Extensions;
}
type Answer = Partial<ClientMetadata> | { readonly error: string };

const overHttp = (served: Served, given: Given) =>
  answerOf(served, posted(MUTATION, 'application/json', given));
const overSse = (served: Served, given: Given) =>
  answerOf(served, posted('subscription { n }', 'text/event-stream', given));

function overQueryString(served: Served, { headers = [], extensions }: Given): Promise<Answer> {
  const search = new URLSearchParams({ query: '{ x }', extensions: JSON.stringify(extensions ?? {}) });
  return answerOf(served, `GET /graphql?${search} HTTP/1.1\r\nHost: x\r\n${linesOf(headers)}\r\n`);
}

/** A request as it is on the wire: `fetch` joins repeated headers. */
function posted(query: string, accept: string, { headers = [], extensions }: Given): string {
  const body = JSON.stringify({ query, extensions });
  const own = `Accept: ${accept}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  return `POST /graphql HTTP/1.1\r\nHost: x\r\n${own}${linesOf(headers)}\r\n${body}`;
}

const linesOf = (headers: Headers): string =>
  headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');

async function answerOf({ server, operations }: Served, request: string): Promise<Answer> {
  const socket = tcp(server.url, request);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.resume();
  return await vi.waitFor(() => {
    const caller = operations.ran[0]?.caller ?? operations.subscriptions[0]?.caller;
    if (caller !== undefined) return caller;
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    const { errors } = JSON.parse(text.slice(text.indexOf('{')));
    expect(errors[0].extensions).toEqual({ code: 'BAD_REQUEST', retry: false });
    return { error: errors[0].message };
  }, WAIT);
}

async function overWebSocket(served: Served, { extensions, params }: Given): Promise<Answer> {
  const client = await RawClient.open(served.wsUrl);
  const acknowledged = once(client.socket, 'message').then(() => undefined);
  client.send({ type: 'connection_init', payload: params });
  const refused = client.closed.then(({ code, reason }) => {
    expect(code).toBe(4400);
    return { error: reason };
  });
  const refusal = await Promise.race([refused, acknowledged]);
  if (refusal !== undefined) return refusal;
  client.subscribe('1', MUTATION, { extensions });
  return await vi.waitFor(() => {
    const caller = served.operations.ran[0]?.caller;
    if (caller !== undefined) return caller;
    const refusals = client.messages.filter(isError);
    expect(refusals).toHaveLength(1);
    const [error] = refusals[0]?.payload ?? [];
    expect(error?.extensions).toEqual({ code: 'BAD_REQUEST', retry: false });
    return { error: error?.message ?? '' };
  }, WAIT);
}

interface ErrorMessage {
  readonly type: 'error';
  readonly payload: readonly { readonly message: string; readonly extensions: unknown }[];
}

const isError = (message: unknown): message is ErrorMessage =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'error';

const TRANSPORTS = {
  HTTP: overHttp,
  'a query string': overQueryString,
  'an event stream': overSse,
  'a WebSocket': overWebSocket,
};
type Transport = keyof typeof TRANSPORTS;
const HTTP = ['HTTP', 'a query string', 'an event stream'] as const;
const ALL = [...HTTP, 'a WebSocket'] as const;
/** Node bounds the target of a request, as it bounds headers. */
const LARGE = ['HTTP', 'an event stream', 'a WebSocket'] as const;

const LONG = 'x'.repeat(257);
const header = (name: string, ...values: string[]): Given => ({
  headers: values.map((value) => [name, value]),
});
const extension = (name: string, value: unknown): Given => ({ extensions: { [name]: value } });

/** No datum at all: whatever is not named here is not passed on. */
const NOTHING: Answer = {
  traceparent: undefined,
  tracestate: undefined,
  correlationId: undefined,
  idempotencyKey: undefined,
};

const rows: readonly (readonly [what: string, on: readonly Transport[], given: Given, answer: Answer])[] = [
  ['an id in the header', HTTP, header('X-Correlation-Id', 'a'), { correlationId: 'a' }],
  ['an id in extensions', ALL, extension('correlationId', 'a'), { correlationId: 'a' }],
  [
    'an id of 256 characters',
    ALL,
    extension('correlationId', 'é'.repeat(256)),
    { correlationId: 'é'.repeat(256) },
  ],
  ['an id in a header in UTF-8', HTTP, header('X-Correlation-Id', 'é😀'), { correlationId: 'é😀' }],
  ['a key in a header in UTF-8, twice', HTTP, header('Idempotency-Key', 'é', 'é'), { idempotencyKey: 'é' }],
  ['an id in spaces', ALL, extension('correlationId', ' a '), { correlationId: 'a' }],
  ['an id under another case of its name', ALL, extension('CORRELATIONID', 'a'), { correlationId: 'a' }],
  ['an id under the name of its header', ALL, extension('x-correlation-id', 'a'), { correlationId: 'a' }],
  ['no id', ALL, {}, { correlationId: undefined }],
  ['an empty header', HTTP, header('x-correlation-id', ''), { correlationId: undefined }],
  ['an empty extension', ALL, extension('correlationId', ''), { correlationId: undefined }],
  ['a blank extension', ALL, extension('correlationId', '  '), { correlationId: undefined }],
  ['null as an extension', ALL, extension('correlationId', null), { correlationId: undefined }],
  [
    'an empty header and an extension',
    HTTP,
    { ...header('x-correlation-id', ''), ...extension('correlationId', 'a') },
    { correlationId: 'a' },
  ],
  [
    'a header and an extension',
    HTTP,
    { ...header('x-correlation-id', 'h'), ...extension('correlationId', 'a') },
    { correlationId: 'h' },
  ],
  [
    'an id that is a number',
    ALL,
    extension('correlationId', 42),
    { error: '`correlationId` must be a string, but is a number.' },
  ],
  [
    'an id that is a list',
    ALL,
    extension('correlationId', ['a']),
    { error: '`correlationId` must be a string, but is an array.' },
  ],
  [
    'a long id in the header',
    HTTP,
    header('x-correlation-id', LONG),
    { error: '`x-correlation-id` has 257 characters; at most 256 are allowed.' },
  ],
  [
    'a long id in extensions',
    LARGE,
    extension('correlationId', 'x'.repeat(1_000_000)),
    { error: '`correlationId` has 1000000 characters; at most 256 are allowed.' },
  ],
  [
    'a line break',
    ALL,
    extension('correlationId', 'a\nb'),
    { error: '`correlationId` has characters that cannot be printed.' },
  ],
  [
    'half of a surrogate pair',
    ALL,
    extension('correlationId', '\ud800'),
    { error: '`correlationId` has characters that cannot be printed.' },
  ],
  [
    'two different ids in headers',
    HTTP,
    header('x-correlation-id', 'a', 'b'),
    { error: '`x-correlation-id` is given twice, with different values. Send one of them.' },
  ],
  [
    'two different ids in extensions',
    ALL,
    { extensions: { correlationId: 'a', 'x-correlation-id': 'b' } },
    { error: '`correlationId` is given twice, with different values. Send one of them.' },
  ],

  ['a key in the header', HTTP, header('Idempotency-Key', 'k'), { idempotencyKey: 'k' }],
  ['a key twice', HTTP, header('idempotency-key', 'k', 'k'), { idempotencyKey: 'k' }],
  [
    'a key twice, in different cases of the name',
    HTTP,
    {
      headers: [
        ['Idempotency-Key', 'k'],
        ['IDEMPOTENCY-KEY', 'k'],
      ],
    },
    { idempotencyKey: 'k' },
  ],
  ['a key twice, joined by a proxy', HTTP, header('idempotency-key', 'k, k'), { idempotencyKey: 'k' }],
  ['a key twice, once empty', HTTP, header('idempotency-key', 'k', ''), { idempotencyKey: 'k' }],
  [
    'a key with a comma',
    HTTP,
    header('idempotency-key', 'order 1, line 2'),
    { idempotencyKey: 'order 1, line 2' },
  ],
  ['a key with a comma, twice', HTTP, header('idempotency-key', 'a, b', 'a, b'), { idempotencyKey: 'a, b' }],
  [
    'two different keys',
    HTTP,
    header('idempotency-key', 'k', 'l'),
    { error: '`idempotency-key` is given twice, with different values. Send one of them.' },
  ],
  ['a key in extensions', ALL, extension('idempotencyKey', 'k'), { idempotencyKey: 'k' }],
  [
    'a key that is a number',
    ALL,
    extension('idempotencyKey', 42),
    { error: '`idempotencyKey` must be a string, but is a number.' },
  ],
  [
    'a key of 200 KB',
    LARGE,
    extension('idempotencyKey', 'x'.repeat(200_000)),
    { error: '`idempotencyKey` has 200000 characters; at most 256 are allowed.' },
  ],

  [
    'a trace in headers',
    HTTP,
    {
      headers: [
        ['traceparent', PARENT],
        ['tracestate', 'a=1'],
        ['tracestate', 'b=2'],
      ],
    },
    { traceparent: PARENT, tracestate: 'a=1,b=2' },
  ],
  [
    'a trace in extensions',
    ALL,
    { extensions: { traceparent: PARENT, tracestate: 'a=1, b=2' } },
    { traceparent: PARENT, tracestate: 'a=1,b=2' },
  ],
  [
    'a trace of a later version',
    ALL,
    extension('traceparent', `cc${PARENT.slice(2)}-more`),
    { traceparent: PARENT },
  ],
  [
    'a trace that is garbage',
    ALL,
    { extensions: { traceparent: 'garbage', tracestate: 'a=1' } },
    { traceparent: undefined, tracestate: undefined },
  ],
  ['a trace that is a number', ALL, extension('traceparent', 42), { traceparent: undefined }],
  ['two traces', HTTP, header('traceparent', PARENT, OTHER), { traceparent: undefined }],
  [
    'a state that is garbage',
    ALL,
    { extensions: { traceparent: PARENT, tracestate: '\n' } },
    { traceparent: PARENT, tracestate: undefined },
  ],
  [
    'a state of 500 KB',
    LARGE,
    { extensions: { traceparent: PARENT, tracestate: 'a=1,'.repeat(125_000) } },
    { traceparent: PARENT, tracestate: undefined },
  ],
  [
    'a trace in a header and another in extensions',
    HTTP,
    { ...header('traceparent', PARENT), extensions: { traceparent: OTHER, tracestate: 'a=1' } },
    { traceparent: PARENT, tracestate: undefined },
  ],

  // Node bounds a request's headers.
  ['baggage in a header', HTTP, header('baggage', 'userId=alice', `a=${'x'.repeat(8_000)}`), NOTHING],
  ['baggage in extensions', LARGE, extension('baggage', 'x'.repeat(500_000)), NOTHING],
  ['baggage of the connection', ['a WebSocket'], { params: { baggage: 'userId=alice' } }, NOTHING],

  ['a position', HTTP, header('Last-Event-ID', 'c1.t'), { after: 'c1.t' }],
  ['a position twice', HTTP, header('last-event-id', 'c1.t', 'c1.t'), { after: 'c1.t' }],
  ['an empty position', HTTP, header('last-event-id', ''), { after: undefined }],
  [
    'two positions',
    HTTP,
    header('last-event-id', 'c1.t', 'c2.t'),
    { error: '`last-event-id` is given twice, with different values. Send one of them.' },
  ],

  ['a start in extensions', ALL, extension('startCursor', true), { startCursor: true }],
  ['a start of the connection', ['a WebSocket'], { params: { startCursor: true } }, { startCursor: true }],
  [
    'a start of the connection, and other extensions of the operation',
    ['a WebSocket'],
    { params: { startCursor: true }, ...extension('after', 'c1.t') },
    { startCursor: true, after: 'c1.t' },
  ],
  [
    'a start of the connection that the operation refuses',
    ['a WebSocket'],
    { params: { startCursor: true }, ...extension('startCursor', false) },
    { startCursor: false },
  ],
  [
    'a start of the connection that is a text',
    ['a WebSocket'],
    { params: { startCursor: 'true' } },
    { error: '`startCursor` must be true or false, but is a string.' },
  ],

  ['the event context in extensions', ALL, extension('eventContext', true), { eventContext: true }],
  [
    'the event context of the connection, which the operation refuses',
    ['a WebSocket'],
    { params: { eventContext: true }, ...extension('eventContext', false) },
    { eventContext: false },
  ],
  [
    'the event context of the connection, and other extensions of the operation',
    ['a WebSocket'],
    { params: { eventContext: true }, ...extension('after', 'c1.t') },
    { eventContext: true, after: 'c1.t' },
  ],
  [
    'an event context that is a text',
    ALL,
    extension('eventContext', 'yes'),
    { error: '`eventContext` must be true or false, but is a string.' },
  ],

  [
    'an id of the connection',
    ['a WebSocket'],
    { params: { 'X-Correlation-ID': 'c' } },
    { correlationId: 'c' },
  ],
  [
    'an empty id of the operation',
    ['a WebSocket'],
    { params: { correlationId: 'c' }, ...extension('correlationId', '') },
    { correlationId: 'c' },
  ],
  [
    'a trace of the operation',
    ['a WebSocket'],
    { params: { traceparent: PARENT, tracestate: 'a=1' }, ...extension('traceparent', OTHER) },
    { traceparent: OTHER, tracestate: undefined },
  ],
  [
    'a long id of the connection',
    ['a WebSocket'],
    { params: { 'x-correlation-id': LONG } },
    { error: '`correlationId` has 257 characters; at most 256 are allowed.' },
  ],
  [
    'a key of the connection',
    ['a WebSocket'],
    { params: { 'idempotency-key': 'k' } },
    { error: 'An idempotency key belongs to one operation: send it in its `extensions`.' },
  ],
];

describe('what a client says about its requests', () => {
  it.each(
    rows.flatMap(([what, on, given, answer]) => on.map((transport) => ({ what, transport, given, answer }))),
  )(
    'takes $what on $transport for what the table of the protocol says',
    async ({ transport, given, answer }) => {
      expect(await TRANSPORTS[transport](await serve(), given)).toMatchObject(answer);
    },
  );
});
