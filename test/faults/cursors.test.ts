import { createClient } from 'graphql-ws';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { CursorCodec, type CursorScope } from '../../src/core/cursor.js';
import { offset, partition, topic } from '../../src/core/ids.js';
import { CASE_TIMEOUT } from './support/ceiling.js';
import { expectAll } from './support/check.js';
import { FaultWorld, metric } from './support/world.js';

const [FRESH, OLD, GONE] = ['the secret of today', 'the secret of yesterday', 'the secret of last year'];
const JWT_SECRET = 'what the tokens of these tests are signed with';
const QUERY = 'subscription($room: ID!, $after: Cursor) { saidIn(room: $room, after: $after) { text } }';

/** Invalid cursors that a client may send. */
describe('invalid cursors', { timeout: CASE_TIMEOUT }, () => {
  it('D5 S3 invalid cursors are refused with their reason on every transport, and nothing is read for them', async () => {
    await using world = await FaultWorld.open({
      env: { TOPIC_PARTITIONS: '1', CURSOR_SECRET: `${FRESH},${OLD}`, JWT_SECRET },
    });
    await world.relay();
    const gateway = await world.gateway();
    const witness = await world.subscriber(gateway);
    for (const [text, room] of [
      ['first', 'a'],
      ['second', 'a'],
      ['third', 'b'],
    ])
      await world.say(gateway, text, room);
    await expectAll([witness], world.appended);

    const token = await tokenOf('ada');
    const scope: CursorScope = {
      topic: topic(world.topic),
      field: 'saidIn',
      args: '{"room":"a"}',
      subject: 'ada',
    };
    const cursor = (secret: string, other: Partial<CursorScope> = {}, at = 0): string => {
      const codec = new CursorCodec([secret]);
      const positions = new Map([[partition(0), { offset: offset(at), fingerprint: 0 }]]);
      const place = { positions, topicFingerprint: 0, partitions: 1, asOf: Date.now() };
      return codec.position(other.topic ?? scope.topic, place) + codec.tag({ ...scope, ...other });
    };
    const good = cursor(FRESH);
    const [place = '', own = ''] = good.split('.');
    const bad: readonly [what: string, cursor: string, reason: string][] = [
      ['a plain word', 'hello', 'MALFORMED'],
      ['two words with a dot', 'hello.world', 'MALFORMED'],
      ['a long text', 'A'.repeat(6_000), 'MALFORMED'],
      ['the first half alone', place, 'MALFORMED'],
      ['the second half alone', `.${own}`, 'MALFORMED'],
      ['three parts', `${good}.${own}`, 'MALFORMED'],
      ['without its last characters', good.slice(0, -2), 'SIGNATURE'],
      ['without its first characters', good.slice(4), 'SIGNATURE'],
      ['its halves swapped', `${own}.${place}`, 'SIGNATURE'],
      ['a first half signed with a removed key', `${cursor(GONE).split('.')[0]}.${own}`, 'SIGNATURE'],
      ['signed with a removed key', cursor(GONE), 'SIGNATURE'],
      ['of another field', cursor(FRESH, { field: 'said' }), 'FIELD'],
      ['a first half of another topic', cursor(FRESH, { topic: topic('another') }), 'FIELD'],
      ['of other arguments', cursor(FRESH, { args: '{"room":"b"}' }), 'ARGUMENTS'],
      ['of another subject', cursor(FRESH, { subject: 'bob' }), 'SUBJECT'],
      ['of an anonymous caller', cursor(FRESH, { subject: undefined }), 'SUBJECT'],
      ['ahead of the log', cursor(FRESH, {}, 1_000_000), 'AHEAD'],
      ['a valid cursor of another subscription', witness.cursor ?? '', 'FIELD'],
    ];
    const read = () => metric(gateway.url, 'millrace_repairs_total');
    const executed = () => metric(gateway.url, 'millrace_executions_total');
    const before = [await read(), await executed()];
    const answers: string[] = [];
    for (const [what, after] of bad) {
      for (const ask of [overWebSocket, overSse, overLastEventId])
        answers.push(`${what}: ${await ask(gateway.url, token, { room: 'a' }, after)}`);
    }
    const due = bad.flatMap(([what, , reason]) => Array(3).fill(`${what}: CURSOR_INVALID ${reason} false`));
    expect(answers).toEqual(due);
    expect([await read(), await executed()]).toEqual(before);

    // The same requests with valid cursors succeed, so the refusals were due to the cursors.
    for (const ask of [overWebSocket, overSse, overLastEventId]) {
      for (const after of [good, cursor(OLD)])
        expect(await ask(gateway.url, token, { room: 'a' }, after)).toBe('shows second');
    }
  });

  it('D5 a refused stream tells an EventSource not to reconnect', async () => {
    await using world = await FaultWorld.open();
    const gateway = await world.gateway();
    const refused = await stream(gateway.url, {}, {}, { 'last-event-id': 'hello' });
    expect(refused.status).toBe(200);
    const text = await refused.text();
    expect(text).toContain('"code":"CURSOR_INVALID"');
    const id = [...text.matchAll(/^id: ?(.*)$/gm)].at(-1)?.[1] ?? 'hello';
    // HTML standard, section 9.2.3: a 204 stops the reconnecting.
    expect((await stream(gateway.url, {}, {}, { 'last-event-id': id })).status).toBe(204);
  });

  it('D5 after and since together are an error, whatever the cursor', async () => {
    await using world = await FaultWorld.open({ env: { JWT_SECRET } });
    const gateway = await world.gateway();
    const query =
      'subscription($room: ID!, $after: Cursor) { saidIn(room: $room, since: "2020-01-01T00:00:00Z", after: $after) { text } }';
    const token = await tokenOf('ada');
    for (const ask of [overWebSocket, overSse])
      expect(await ask(gateway.url, token, { room: 'a' }, 'hello', query)).toBe(
        'BAD_REQUEST undefined false',
      );
  });
});

/** The first answer: `CODE reason retry` for an error, or `shows <text>` for a result. */
type Ask = (
  url: string,
  token: string,
  variables: Readonly<Record<string, unknown>>,
  after: string,
  query?: string,
) => Promise<string>;

const overWebSocket: Ask = async (url, token, variables, after, query = QUERY) => {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: { authorization: `Bearer ${token}` },
  });
  try {
    return await new Promise((resolve, reject) => {
      client.subscribe(
        { query, variables: { ...variables, after } },
        {
          next: (result) => resolve(inWords(result)),
          error: (error) =>
            Array.isArray(error) ? resolve(inWords({ errors: error })) : reject(new Error(String(error))),
          complete: () => reject(new Error('The subscription completed without a result')),
        },
      );
    });
  } finally {
    await client.dispose();
  }
};

const overSse: Ask = (url, token, variables, after, query) =>
  firstOf(url, token, { ...variables, after }, {}, query);

const overLastEventId: Ask = (url, token, variables, after, query) =>
  firstOf(url, token, variables, { 'last-event-id': after }, query);

async function firstOf(
  url: string,
  token: string,
  variables: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>>,
  query = QUERY,
): Promise<string> {
  const authorization = `Bearer ${token}`;
  const response = await stream(url, { query }, variables, { authorization, ...headers });
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const data = /^data: ?(.+)\n/m.exec(text)?.[1];
    if (data !== undefined) return inWords(JSON.parse(data)); // Leaving the loop closes the stream.
  }
  throw new Error(`The stream ended without data: ${response.status} ${text}`);
}

function stream(
  url: string,
  { query = 'subscription { said { text } }' }: { readonly query?: string },
  variables: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  return fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query, variables }),
  });
}

interface Result {
  readonly data?: Readonly<Record<string, unknown>> | null | undefined;
  readonly errors?: readonly { readonly extensions?: Readonly<Record<string, unknown>> }[] | undefined;
}

function inWords({ data, errors }: Result): string {
  const [error] = errors ?? [];
  const said = data?.['saidIn'];
  if (error === undefined) return `shows ${said instanceof Object && 'text' in said ? said.text : said}`;
  const { code, reason, retry } = error.extensions ?? {};
  return `${code} ${reason} ${retry}`;
}

function tokenOf(subject: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setExpirationTime('1h')
    .sign(Buffer.from(JWT_SECRET));
}
