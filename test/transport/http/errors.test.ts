import { describe, expect, it } from 'vitest';
import { ERRORS, MillraceError } from '../../../src/core/errors.js';
import { serve } from '../serve.js';

/** What a client accepts, and the type of an error that is not a part of a stream. */
const ACCEPTS = {
  json: { accept: 'application/json', type: 'application/json; charset=utf-8' },
  graphql: {
    accept: 'application/graphql-response+json',
    type: 'application/graphql-response+json; charset=utf-8',
  },
  events: { accept: 'text/event-stream', type: 'application/json; charset=utf-8' },
} as const;
type Accepts = keyof typeof ACCEPTS;
const ALL = ['json', 'graphql', 'events'] as const;

interface Row {
  readonly what: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'OPTIONS' | 'HEAD';
  readonly search?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
  /** By what the client accepts. `stream`: 200, and the error in the stream. */
  readonly status: Readonly<Partial<Record<Accepts, number | 'stream'>>>;
  readonly code?: string;
  readonly message: RegExp;
  readonly sent?: Record<string, string>;
}

const always = (status: number) => ({ json: status, graphql: status, events: status });
const INVALID = { json: 200, graphql: 400, events: 'stream' } as const;
const json = (value: unknown): string => JSON.stringify(value);
const search = (value: Record<string, string>): string => `?${new URLSearchParams(value)}`;
const MUTATION = { query: 'mutation { x }' };
const LONG = 'n'.repeat(257);

const posts: readonly Omit<Row, 'method'>[] = [
  { what: 'an empty body', body: '', status: always(400), message: /body is empty/ },
  { what: 'malformed JSON', body: '{"query":', status: always(400), message: /Invalid JSON in the body/ },
  { what: 'JSON null', body: 'null', status: always(400), message: /must be a JSON object, but is null/ },
  {
    what: 'JSON text',
    body: '"{ x }"',
    status: always(400),
    message: /must be a JSON object, but is a string/,
  },
  {
    what: 'a batch',
    body: json([MUTATION, MUTATION]),
    status: always(400),
    message: /Batches are not supported/,
  },
  { what: 'an empty batch', body: '[]', status: always(400), message: /Batches are not supported/ },
  { what: 'no query', body: '{}', status: always(400), message: /needs a `query`/ },
  { what: 'an empty query', body: json({ query: '' }), status: always(400), message: /needs a `query`/ },
  {
    what: 'a query of another type',
    body: json({ query: 1 }),
    status: always(400),
    message: /`query` must be a string, but is a number/,
  },
  {
    what: 'a list of variables',
    body: json({ ...MUTATION, variables: [] }),
    status: always(400),
    message: /`variables` must be an object, but is an array/,
  },
  {
    what: 'variables as text',
    body: json({ ...MUTATION, variables: '{}' }),
    status: always(400),
    message: /`variables` must be an object, but is a string/,
  },
  {
    what: 'a list of extensions',
    body: json({ ...MUTATION, extensions: [] }),
    status: always(400),
    message: /`extensions` must be an object, but is an array/,
  },
  {
    what: 'a name that is a number',
    body: json({ ...MUTATION, operationName: 1 }),
    status: always(400),
    message: /`operationName` must be a string, but is a number/,
  },
  {
    what: 'a very long name',
    body: json({ ...MUTATION, operationName: LONG }),
    status: always(400),
    message: /`operationName` has 257 characters; at most 256/,
  },
  {
    what: 'a body that is not UTF-8',
    body: Buffer.from('{"query":"{ x(a: "\xe4") }"}', 'latin1'),
    status: always(400),
    message: /not UTF-8/,
  },
  {
    what: 'a body above the limit',
    body: json({ query: 'x'.repeat(2_000) }),
    status: { ...always(413) },
    code: 'LIMIT_EXCEEDED',
    message: /limit of 1000 bytes/,
  },
  {
    what: 'a form',
    body: 'query=%7Bx%7D',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    status: always(415),
    message: /Content-Type/,
    sent: { accept: 'application/json' },
  },
  {
    what: 'text of another charset',
    body: json(MUTATION),
    headers: { 'content-type': 'application/json; charset=iso-8859-1' },
    status: always(415),
    message: /UTF-8/,
  },
  {
    what: 'a compressed body',
    body: json(MUTATION),
    headers: { 'content-encoding': 'gzip' },
    status: always(415),
    message: /Compressed/,
    sent: { 'accept-encoding': 'identity' },
  },
  {
    what: 'GraphQL with a syntax error',
    body: json({ query: '{' }),
    status: INVALID,
    message: /Syntax Error/,
  },
  {
    what: 'GraphQL that does not match the schema',
    body: json({ query: '{ unknownField }' }),
    status: INVALID,
    message: /unknownField/,
  },
  {
    what: 'bad credentials',
    body: json(MUTATION),
    headers: { authorization: 'bad' },
    status: always(401),
    code: 'UNAUTHENTICATED',
    message: /Invalid credentials/,
  },
  {
    what: 'a subscription',
    body: json({ query: 'subscription { n }' }),
    status: { json: 406, graphql: 406 },
    message: /text\/event-stream/,
  },
  {
    what: 'an idempotency key of another type',
    body: json({ ...MUTATION, extensions: { idempotencyKey: 42 } }),
    status: always(400),
    message: /`idempotencyKey` must be a string, but is a number/,
  },
  {
    what: 'a very long correlation id',
    body: json(MUTATION),
    headers: { 'x-correlation-id': LONG },
    status: always(400),
    message: /`x-correlation-id` has 257 characters; at most 256/,
  },
];

const gets: readonly Omit<Row, 'method'>[] = [
  { what: 'nothing', search: '', status: always(400), message: /needs a `query`/ },
  { what: 'an empty query', search: '?query=', status: always(400), message: /needs a `query`/ },
  {
    what: 'two different queries',
    search: '?query={x}&query={y}',
    status: always(400),
    message: /`query` is given 2 times/,
  },
  {
    what: 'variables that are not JSON',
    search: search({ query: '{ x }', variables: '{' }),
    status: always(400),
    message: /Invalid JSON in `variables`/,
  },
  {
    what: 'variables that are a list',
    search: search({ query: '{ x }', variables: '[]' }),
    status: always(400),
    message: /`variables` must be an object/,
  },
  {
    what: 'extensions that are text',
    search: search({ query: '{ x }', extensions: '"x"' }),
    status: always(400),
    message: /`extensions` must be an object/,
  },
  {
    what: 'GraphQL with a syntax error',
    search: search({ query: '{' }),
    status: INVALID,
    message: /Syntax Error/,
  },
  {
    what: 'a mutation',
    search: search(MUTATION),
    status: always(405),
    message: /POST/,
    sent: { allow: 'POST' },
  },
  {
    what: 'a subscription',
    search: search({ query: 'subscription { n }' }),
    status: { json: 406, graphql: 406 },
    message: /text\/event-stream/,
  },
  {
    what: 'bad credentials',
    search: search({ query: '{ x }' }),
    headers: { authorization: 'bad' },
    status: always(401),
    code: 'UNAUTHENTICATED',
    message: /Invalid credentials/,
  },
  {
    what: 'a very long correlation id',
    search: search({ query: '{ x }' }),
    headers: { 'x-correlation-id': LONG },
    status: always(400),
    message: /at most 256/,
  },
];

const rows: readonly Row[] = [
  ...posts.map((row) => ({ method: 'POST' as const, ...row })),
  ...gets.map((row) => ({ method: 'GET' as const, ...row })),
  {
    what: 'something',
    method: 'PATCH',
    body: json(MUTATION),
    status: always(405),
    message: /served by GET, POST, PUT, DELETE/,
    sent: { allow: 'GET, POST, PUT, DELETE' },
  },
  {
    what: 'something',
    method: 'OPTIONS',
    status: always(405),
    message: /served by GET, POST, PUT, DELETE/,
    sent: { allow: 'GET, POST, PUT, DELETE' },
  },
];
const cases = rows.flatMap((row) =>
  ALL.flatMap((accepts) =>
    row.status[accepts] === undefined ? [] : [{ ...row, accepts, expected: row.status[accepts] }],
  ),
);

describe('errors over HTTP', () => {
  it.each(cases)(
    'answers $method with $what to a client that accepts $accepts with $expected, a code and whether to retry, and runs nothing',
    async ({
      method,
      search: query = '',
      body,
      headers,
      accepts,
      expected,
      code = 'BAD_REQUEST',
      message,
      sent = {},
    }) => {
      const { server, operations, errors } = await serve({ limits: { bodyBytes: 1_000 } });
      const { accept, type } = ACCEPTS[accepts];
      const init = { method, headers: { accept, 'content-type': 'application/json', ...headers }, body };
      const response = await fetch(`${server.url}${query}`, init as RequestInit);
      const text = await response.text();
      const isStream = expected === 'stream';
      expect(response.status).toBe(isStream ? 200 : expected);
      expect(response.headers.get('content-type')).toBe(isStream ? 'text/event-stream; charset=utf-8' : type);
      for (const [name, value] of Object.entries(sent)) expect(response.headers.get(name)).toBe(value);
      const result = JSON.parse(isStream ? (/^data: (.+)$/m.exec(text)?.[1] ?? '') : text);
      expect(Object.keys(result)).toEqual(['errors']);
      const [error] = result.errors;
      expect(error.message).toMatch(message);
      expect(error.extensions).toMatchObject({ code, retry: ERRORS[code as keyof typeof ERRORS].retry });
      expect(operations.ran).toEqual([]);
      expect(operations.subscriptions).toEqual([]);
      expect(errors).toEqual([]);
    },
  );

  it.each(['image/png', 'application/json;q=0', 'application/json; charset=utf-16', ';'])(
    'runs nothing for a client that accepts only "%s", and answers 406',
    async (accept) => {
      const { server, operations } = await serve();
      const headers = { accept, 'content-type': 'application/json' };
      const response = await fetch(server.url, { method: 'POST', headers, body: json(MUTATION) });
      expect(response.status).toBe(406);
      expect(await response.json()).toMatchObject({
        errors: [{ extensions: { code: 'BAD_REQUEST', retry: false } }],
      });
      expect(operations.ran).toEqual([]);
    },
  );

  it('S4 refuses an Accept of more than 1,024 characters, which would take time with the square of its length', async () => {
    const { server, operations } = await serve();
    const answers = [1_024, 1_025].map((characters) => {
      const accept = 'application/json, '.padEnd(characters, 'multipart/mixed;');
      const headers = { accept, 'content-type': 'application/json' };
      return fetch(server.url, { method: 'POST', headers, body: json(MUTATION) });
    });
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 406]);
    expect(operations.ran).toHaveLength(1);
  });

  it('says what it is that failed while the operation ran, with status 200: the result has data', async () => {
    const { server, operations } = await serve();
    operations.result = {
      data: null,
      errors: [Object.assign(new MillraceError('OVERLOADED', 'no')) as never],
    };
    const headers = { accept: ACCEPTS.graphql.accept, 'content-type': 'application/json' };
    const response = await fetch(server.url, { method: 'POST', headers, body: json(MUTATION) });
    expect(response.status).toBe(200);
  });

  it('ignores parameters of other names, as GraphQL over HTTP demands, and runs the operation once', async () => {
    const { server, operations } = await serve();
    for (const query of ['', '?', '?x=1'])
      for (const { accept } of Object.values(ACCEPTS)) {
        const headers = { accept, 'content-type': 'application/json' };
        const body = json({ ...MUTATION, operationType: 'mutation', id: 7 });
        const response = await fetch(`${server.url}${query}`, { method: 'POST', headers, body });
        expect(response.status).toBe(200);
        await response.text();
      }
    expect(operations.ran).toHaveLength(9);
  });
});
