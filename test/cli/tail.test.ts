import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { serve as serveForeign } from '../../clients/ts/test/support/foreign-server.js';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { run } from '../support/run.js';
import { serve, subscribed, WAIT } from '../transport/serve.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const SAID = 'subscription($room: ID!) { said(room: $room) { text n } }';
const CHAT = `
  type Query { ok: Boolean }
  type Mutation { say(room: ID!, text: String! = "", n: Long! = 0): Published! @publish(topic: "chat", type: "Said", key: "args.room") }
  type Subscription { said(room: ID!): Said! @subscribe(topic: "chat", key: "args.room") }
  type Said { room: ID!, text: String!, n: Long! }
`;

let folder: Awaited<ReturnType<typeof folderOf>>;
let node: GatewayProcess;

beforeAll(async () => {
  folder = await folderOf({ 'schema/chat.graphql': CHAT, 'said.graphql': `﻿${SAID.replaceAll(' ', '\r\n')}` });
  node = await startProcess(['start'], { cwd: folder.path, env: { LOG_LEVEL: 'silent' } });
});
afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** @param variables JSON */
async function say(variables: string): Promise<void> {
  const query =
    'mutation($room: ID!, $text: String, $n: Long) { say(room: $room, text: $text, n: $n) { offset } }';
  const response = await fetch(`${node.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: `{"query":${JSON.stringify(query)},"variables":${variables}}`,
  });
  expect(await response.json()).toMatchObject({ data: { say: {} } });
}

const tail = (...args: string[]) =>
  run(process.execPath, [MAIN, 'tail', ...args], { cwd: folder.path, env: { MILLRACE_URL: node.url } });

/** The command with a pipe that a test reads or closes. */
function piped(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, 'tail', ...args], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'] ?? '', MILLRACE_URL: node.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const ended = once(child, 'close');
  return { child, lines: createInterface({ input: child.stdout }), ended, errors: () => errors };
}

describe('millrace tail', () => {
  it('D4 prints one JSON object per line, with all digits of numbers, and resumes with --state', async () => {
    const text = `${'ö語😀'.repeat(50_000)}\u2028end`;
    await say(JSON.stringify({ room: 'a', text }));
    await say('{"room":"a","n":9007199254740993}');
    await say('{"room":"a","text":"third"}');
    const args = ['@said.graphql', '--variables', '{"room":"a"}', '--state', 'state/a'];
    const first = await tail(...args, '--since', 'earliest', '--count', '1');
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.stdout).not.toContain('\u2028');
    expect(first.stdout).not.toContain('\u001b');
    const { data, event, replayed, cursor } = JSON.parse(first.stdout);
    expect(data.said.text).toBe(text);
    expect([event.topic, event.key, replayed]).toEqual(['chat', 'a', true]);
    expect(readFileSync(join(folder.path, 'state/a'), 'utf8')).toBe(`${cursor}\n`);

    const rest = await tail(...args, '--since', 'earliest', '--count', '2');
    expect(rest.code).toBe(0);
    const [second = '', third = '', ...more] = rest.stdout.split('\n');
    expect(second).toMatch(/^\{"data":\{"said":\{"text":"","n":9007199254740993\}\},/);
    expect(JSON.parse(third).data).toEqual({ said: { text: 'third', n: 0 } });
    expect(more).toEqual(['']);
    const other = await tail('@said.graphql', '--variables', '{"room":"b"}', '--state', 'state/a');
    expect([other.code, other.stdout]).toEqual([1, '']);
    expect(other.stderr).toMatch(
      /^millrace: CURSOR_INVALID: .* The position is that of state\/a: name another/,
    );
    // The content of the file is a cursor like any other.
    const after = await tail(...args.slice(0, 3), '--after', cursor, '--count', '1');
    expect(JSON.parse(after.stdout).data.said.text).toBe('');
  });

  it('ends by the signal that it receives, and quietly once nothing reads its output', async () => {
    const args = [SAID, '--variables', '{"room":"b"}', '--since', 'earliest'];
    await say('{"room":"b","text":"1"}');
    const stopped = piped(...args);
    await once(stopped.lines, 'line');
    stopped.child.kill('SIGINT');
    expect(await stopped.ended).toEqual([null, 'SIGINT']);
    expect(stopped.errors()).toBe('');

    const gone = piped(...args);
    await once(gone.lines, 'line');
    gone.child.stdout.destroy();
    await say('{"room":"b","text":"2"}');
    expect(await gone.ended).toEqual([0, null]);
    expect(gone.errors()).toBe('');
  });

  it.each([
    [
      ['subscription { sad { text } }'],
      1,
      /^millrace: BAD_REQUEST: Cannot query field "sad" on type "Subscription"/,
    ],
    [
      ['subscription { said', '--url', 'http://127.0.0.1:1'],
      2,
      /^millrace: The document is not valid GraphQL: .*column 20/,
    ],
    [[SAID, '--count', 'two'], 2, /^millrace: option '--count <n>' argument 'two' is invalid/],
    [[], 2, /^millrace: missing required argument 'document'/],
  ])('ends %j with %i and a sentence', async (args, code, message) => {
    const outcome = await tail(...args);
    expect(outcome.stderr).toMatch(message);
    expect([outcome.code, outcome.stdout]).toEqual([code, '']);
  });

  it('does not say that it is connected again to what is no gateway: a wrong path', async () => {
    const outcome = await tail(SAID, '--variables', '{"room":"a"}', '--url', `${node.url}/wrong`);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(
      /millrace: BAD_REQUEST: Nothing is at \/wrong\. GraphQL is at \/graphql\.\n$/,
    );
    expect(outcome.stderr).not.toContain('Connected again');
  });

  it('S2 ends when the server refuses credentials that cannot change, and shows none of them', async () => {
    const served = await serve();
    const args = [SAID, '--url', served.server.url, '--header', 'authorization: bad'];
    const outcome = await tail(...args);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^millrace: UNAUTHENTICATED: \S/);
  });

  it('S2 waits for other credentials when they are in a file, and continues with those', async () => {
    const served = await serve();
    await writeFile(join(folder.path, 'headers'), 'authorization: bad\n');
    const waiting = piped(SAID, '--url', served.server.url, '--header', '@headers');
    await expect
      .poll(waiting.errors, WAIT)
      .toMatch(/^millrace: Not connected to http:\S+: \S.* Retrying\.\n/);
    await writeFile(join(folder.path, 'headers'), 'authorization: user ada\n');
    const running = await subscribed(served);
    expect(running.caller.identity.claims).toEqual({ sub: 'ada' });
    running.next(1);
    await expect.poll(waiting.errors, WAIT).toMatch(/\.\nmillrace: Connected again\.\n$/);
  });

  it('D5 ends with 3 and a sentence when events after the position are gone', async () => {
    const served = await serve();
    const outcome = tail(SAID, '--url', served.server.url);
    const extensions = { code: 'RESYNC_REQUIRED', retry: false, reason: 'RETENTION', earliest: 'c5.tag' };
    (await subscribed(served)).sink.error([{ message: 'gone', extensions }]);
    expect(await outcome).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'millrace: RESYNC_REQUIRED: events after the position are gone from the log (RETENTION). Nothing after it was printed. To continue with the earliest event that is left, add --on-gap continue.\n',
    });
  });

  it('says that a server without cursors cannot be resumed, and that --state needs one with them', async () => {
    const args = ['subscription { count }', '--url', await serveForeign()];
    const outcome = await tail(...args);
    const sentence = 'The server sends no cursors: after a lost connection, events may be missing.';
    expect(outcome).toMatchObject({ code: 0, stderr: `millrace: ${sentence}\n` });
    expect(outcome.stdout).toBe([1, 2, 3].map((count) => `{"data":{"count":${count}}}\n`).join(''));
    const kept = await tail(...args, '--state', 'foreign');
    expect(kept).toMatchObject({
      code: 1,
      stderr: `millrace: ${sentence} There is no position for --state to keep.\n`,
    });
  });
});
