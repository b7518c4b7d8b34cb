import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { print } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/cli/client/client-options.js';
import { parseOperation, withArguments } from '../../src/cli/client/document.js';
import { exactFetch } from '../../src/cli/client/exact-fetch.js';
import { marked, unmarked } from '../../src/cli/client/exact-numbers.js';
import { textOf } from '../../src/cli/client/text-input.js';
import { parseVariables } from '../../src/cli/client/variables.js';
import { renderJson, renderText } from '../../src/cli/tail/render.js';
import { UserError } from '../../src/cli/user-error.js';
import { printable } from '../../src/core/terminal-text.js';

function fileOf(content: string | Uint8Array): string {
  const path = join(mkdtempSync(join(tmpdir(), 'millrace-input-')), 'file');
  writeFileSync(path, content);
  return path;
}

/** What the person at the command line is told. */
function told(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (error instanceof UserError && error.exitCode === 2) return error.message;
    throw error;
  }
  return 'nothing';
}

const url = 'http://127.0.0.1:1';

describe('the input of tail and publish', () => {
  it.each([
    [
      'no operation',
      'fragment F on Said { n }',
      'The document needs exactly one subscription; it has: no operation.',
    ],
    ['a query', '{ ok }', 'The document needs exactly one subscription; it has: query.'],
    [
      'two',
      'subscription A { a } subscription B { b }',
      'The document needs exactly one subscription; it has: subscription, subscription.',
    ],
    [
      'a syntax error',
      'subscription {',
      'The document is not valid GraphQL: Syntax Error: Expected Name, found <EOF> (line 1, column 15).',
    ],
  ])('a document with %s gets a sentence', (_what, document, sentence) => {
    expect(told(() => parseOperation(document, 'subscription'))).toBe(sentence);
  });

  it('bytes that are not UTF-8, and a file that is missing, are reported in one sentence', () => {
    const path = fileOf(Uint8Array.of(0x7b, 0xff, 0x7d));
    expect(told(() => textOf(`@${path}`, 'document'))).toBe(
      `${path} is not UTF-8. Convert it, for example with iconv.`,
    );
    expect(told(() => textOf('@/nowhere', 'document'))).toMatch(
      /^The document cannot be read from \/nowhere: ENOENT/,
    );
  });

  it.each([
    ['[1]', '--variables is not a JSON object of variables, such as {"id":"order-1"}.'],
    ['null', '--variables is not a JSON object of variables, such as {"id":"order-1"}.'],
    ['{', /^--variables is not JSON: /],
  ])('variables that are %s are reported in one sentence', (json, sentence) => {
    expect(told(() => parseVariables(json, '--variables'))).toMatch(sentence);
  });

  it.each([
    [{ url: 'nowhere', header: [] }, /^nowhere is not the URL of a gateway/],
    [{ url: 'ftp://host/', header: [] }, /^ftp:\/\/host\/ is not the URL of a gateway/],
    [{ url, header: ['authorization'] }, "A header is not of the form 'name: value'."],
    [{ url, header: ['a: b\r\nc: d'] }, "A header is not of the form 'name: value'."],
    [{ url, header: [], token: 'a', tokenFile: 'b' }, '--token and --token-file exclude each other.'],
    [{ url, header: [], tokenFile: '/nowhere' }, /^--token-file: \/nowhere cannot be read: ENOENT/],
  ])('options %o are reported in one sentence', (flags, sentence) => {
    expect(told(() => connect(flags))).toMatch(sentence);
  });

  it('--since and --snapshot apply to any document, and replace arguments that it has', () => {
    const document = parseOperation(
      'subscription S($a: ID!) { said(room: $a, since: "x") { text(a: 1) } }',
      'subscription',
    );
    const expected = `subscription S($a: ID!) { said(room: $a, since: "2026-01-31T09:30:00Z", snapshot: true) { text(a: 1) } }`;
    const changed = withArguments(document, { since: '2026-01-31T09:30:00Z', snapshot: true });
    expect(changed).toBe(print(parseOperation(expected, 'subscription')));
    expect(withArguments(document, {})).toBe(print(document));
  });

  it('integers beyond 2^53 keep all their digits, and everything else stays as it is', () => {
    const long = '9007199254740993';
    const json = `{"a":${long},"b":"${long} \\" ${long}\\\\","c":-${long}0,"d":1.${long},"e":${long}e2,"${long}":[${long}]}`;
    expect(unmarked(JSON.stringify(JSON.parse(marked(json))))).toBe(
      json.replace(`1.${long}`, '1.9007199254740994').replace(`${long}e2`, '900719925474099300'),
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(unmarked(marked(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('integers beyond 2^53 keep all their digits over HTTP and SSE', async () => {
    const bodies: string[] = [];
    const server = createServer(async (request, response) => {
      for await (const chunk of request) bodies.push(String(chunk));
      const isStream = request.headers.accept === 'text/event-stream';
      response.setHeader('content-type', isStream ? 'text/event-stream' : 'application/json');
      response.write(isStream ? 'id: 9007199254740993\ndata: {"n":90071' : '{"n":90071');
      setImmediate(() => response.end(isStream ? '99254740993}\n\n' : '99254740993}'));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo; // It listens on TCP.
    const variables = parseVariables('{"n":9007199254740993}', 'variables');
    const ask = (accept: string) =>
      exactFetch(`http://127.0.0.1:${port}`, {
        method: 'POST',
        headers: { accept },
        body: JSON.stringify(variables),
      });
    const answer = await (await ask('application/json')).json();
    expect(bodies).toEqual(['{"n":9007199254740993}']);
    expect(unmarked(JSON.stringify(answer))).toBe('{"n":9007199254740993}');
    const stream = await (await ask('text/event-stream')).text();
    expect(unmarked(stream)).toBe('id: 9007199254740993\ndata: {"n":9007199254740993}\n\n');
    expect(stream).not.toBe(unmarked(stream));
  });

  it('text for a terminal has no control characters from events', () => {
    const step = { data: { a: '\u001b[2J\u009b2J' }, errors: undefined, cursor: 'c', event: undefined };
    const line = renderText(false)({ ...step, replayed: false, snapshot: false, ack: () => undefined });
    expect(line).toBe('{"a":"\\u001b[2J\\u009b2J"}');
    const hostile = { ...step, data: { a: '\u001b[2J\u009b2J\u007f' } };
    const json = renderJson({ ...hostile, replayed: false, snapshot: false, ack: () => undefined });
    expect(json).toBe('{"data":{"a":"\\u001b[2J\\u009b2J\\u007f"},"cursor":"c"}');
    expect(printable('paid \u202e00.1$')).toBe('paid \\u202e00.1$');
  });
});
