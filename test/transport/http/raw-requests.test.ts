import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type Served, serve, tcp } from '../serve.js';

const QUERY = '{"query":"{ x }"}';

/** The status of a request as it is on the wire, and the message of its first error. */
async function answer({ server }: Served, head: string, body = ''): Promise<string> {
  const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  const socket = tcp(server.url, '');
  // Latin-1: one byte for each character of the head.
  socket.write(Buffer.from(`${head}Connection: close\r\n${length}\r\n`, 'latin1'));
  socket.write(body);
  const response = await text(socket);
  const [, status = ''] = /^HTTP\/1.1 (\d+)/.exec(response) ?? [];
  const [, message = ''] = /"message":"((?:[^"\\]|\\.)*)"/.exec(response) ?? [];
  return message === '' ? status : `${status} ${message}`;
}

const post = (headers: string): string => `POST /graphql HTTP/1.1\r\nHost: x\r\n${headers}`;
const JSON_TYPE = 'Content-Type: application/json\r\n';
const TWICE = 'is given twice, with different values. Send one of them.';

describe('a request whose headers are repeated', () => {
  it.each([
    ['two hosts', 'POST /graphql HTTP/1.1\r\nHost: a\r\nHost: b\r\n', JSON_TYPE, `400 \`host\` ${TWICE}`],
    ['one host twice', 'POST /graphql HTTP/1.1\r\nHost: a\r\nhost: a\r\n', JSON_TYPE, '200'],
    ['two types', post('Content-Type: text/plain\r\n'), JSON_TYPE, `400 \`content-type\` ${TWICE}`],
    [
      'two types, JSON first',
      post(JSON_TYPE),
      'content-type: text/plain\r\n',
      `400 \`content-type\` ${TWICE}`,
    ],
    ['one type twice', post(JSON_TYPE), JSON_TYPE, '200'],
    [
      'two credentials',
      post(JSON_TYPE),
      'Authorization: a\r\nAUTHORIZATION: b\r\n',
      `400 \`authorization\` ${TWICE}`,
    ],
    ['no coding, twice', post(JSON_TYPE), 'Content-Encoding: identity\r\nContent-Encoding:\r\n', '200'],
    ['an empty origin', post(JSON_TYPE), 'Origin:\r\n', '200'],
  ])('S4 is served as what all of them say, or refused: %s', async (_, head, more, expected) => {
    expect(await answer(await serve(), head + more, QUERY)).toBe(expected);
  });

  it('S4 is refused as a WebSocket handshake too', async () => {
    const handshake =
      'GET /graphql HTTP/1.1\r\nHost: a\r\nHost: b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
    const { server } = await serve();
    const socket = tcp(server.url, `${handshake}\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('a query string', () => {
  const get = (target: string): string =>
    `GET /graphql?query={x}&variables=${target} HTTP/1.1\r\nHost: x\r\n`;

  it.each([
    ['bytes that are not UTF-8', '{"r":"%FF"}', '400 The query string is not UTF-8.'],
    ['the first byte of a character', '{"r":"%c3"}', '400 The query string is not UTF-8.'],
    // Node answers by itself.
    ['such bytes, not encoded', '{"r":"\xff"}', '400'],
  ])('is refused with %s: they would all be U+FFFD, one key for all of them', async (_, target, expected) => {
    expect(await answer(await serve(), get(target))).toBe(expected);
  });

  it.each([
    ['percent-encoded', '{"r":"%C3%A9%20+%25"}', 'é  %'],
    ['U+FFFD itself', '{"r":"%EF%BF%BD"}', '\ufffd'],
  ])('is read as UTF-8: %s', async (_, target, value) => {
    const served = await serve();
    expect(await answer(served, get(target))).toBe('200');
    expect(served.operations.ran[0]?.request.variables).toEqual({ r: value });
  });
});

describe('a persisted query', () => {
  it('is refused with the message by which clients know that they have to send the query', async () => {
    const extensions = '{"persistedQuery":{"version":1,"sha256Hash":"ab"}}';
    const served = await serve();
    const expected = '400 PersistedQueryNotSupported';
    expect(await answer(served, post(JSON_TYPE), `{"extensions":${extensions}}`)).toBe(expected);
    const target = `/graphql?extensions=${encodeURIComponent(extensions)}`;
    expect(await answer(served, `GET ${target} HTTP/1.1\r\nHost: x\r\n`)).toBe(expected);
    expect(await answer(served, post(JSON_TYPE), `{"query":"{ x }","extensions":${extensions}}`)).toBe('200');
  });
});
