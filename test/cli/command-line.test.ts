import { describe, expect, it } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { run } from '../support/run.js';
import { runningSubscriptions } from '../support/running.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;

const CHAT = `
  type Query { ok: Boolean }
  type Mutation { say(text: String!): Published! @publish(topic: "chat", type: "Said", key: "args.text") }
  type Subscription { said: Said! @subscribe(topic: "chat") }
  type Said { text: String! }
`;

function millrace(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  return run(process.execPath, [MAIN, ...args], { cwd, env });
}

describe('the command line', () => {
  it.each([
    [
      { PORT: 'eighty' },
      /^millrace: PORT is "eighty", a text of 6 characters; allowed: a whole number from 0 to 65535\.$/m,
    ],
    [
      { CURSOR_SECRET: 'short' },
      /^millrace: CURSOR_SECRET is a text of 5 characters; allowed: at least 16 characters/m,
    ],
    [{ JWT_ISSUER: 'https://id.example' }, /^millrace: JWT_ISSUER is set, but no key verifies tokens\./],
    [{ JWT_SECRETS: 'a'.repeat(40) }, /^millrace: JWT_SECRETS is not a setting\. Did you mean JWT_SECRET\?/],
    [{ KAFKA_BROKERS: 'nowhere' }, /KAFKA_BROKERS is "nowhere".*host:port/],
    [
      { REDIS_URL: 'redis://127.0.0.1:1' },
      /REDIS_URL is set but KAFKA_BROKERS is not\. The embedded log belongs to one process/,
    ],
  ])('exits with 2 for the environment %o, and names the allowed values', async (env, message) => {
    await using folder = await folderOf({ 'schema/chat.graphql': CHAT });
    const { code, stderr, stdout } = await millrace(folder.path, ['start'], env);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('names the settings that a single role lacks', async () => {
    await using folder = await folderOf({ 'schema/chat.graphql': CHAT });
    const { code, stderr } = await millrace(folder.path, ['gateway']);
    expect(stderr).toMatch(/KAFKA_BROKERS is not set/);
    expect(stderr).toMatch(/REDIS_URL is not set/);
    expect(stderr).toMatch(/CURSOR_SECRET is not set/);
    expect(code).toBe(2);
  });

  it('names the settings that --workers lacks', async () => {
    await using folder = await folderOf({ 'schema/chat.graphql': CHAT });
    const { code, stderr } = await millrace(folder.path, ['start', '--workers', '2']);
    expect(stderr).toMatch(
      /^millrace: --workers 2 needs KAFKA_BROKERS and REDIS_URL\. The embedded log belongs/,
    );
    expect(code).toBe(2);
    const wrong = await millrace(folder.path, ['start', '--workers', 'two']);
    expect(wrong.stderr).toMatch(/Expected a whole number from 1 to 256/);
    expect(wrong.code).toBe(2);
  });

  it('check reports every diagnostic of a schema at once, with its file and line', async () => {
    await using folder = await folderOf({
      'schema/chat.graphql': CHAT.replace('args.text', 'args.txt').replace(
        '"chat") }\n  type Said',
        '"chat", filter: "event.text") }\n  type Said',
      ),
    });
    const { code, stderr } = await millrace(folder.path, ['check']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/schema\/chat\.graphql:3:\d+/);
    expect(stderr).toMatch(/schema\/chat\.graphql:4:\d+/);
    expect(stderr).toMatch(/txt/);
  });

  it('check reports that a schema is valid, and who uses its topics', async () => {
    await using folder = await folderOf({ 'schema/chat.graphql': CHAT });
    expect(await millrace(folder.path, ['check'])).toMatchObject({
      code: 0,
      stdout: 'The schema is valid: 1 field publishes, 1 follows.\n  chat  fields\n',
    });
  });

  it('check --against reports a change that breaks readers, with file and line', async () => {
    const broken = CHAT.replace('Said { text: String! }', 'Said { text: String!, by: ID! }').replace(
      'key: "args.text"',
      "key: \"args.text\", data: \"{'text': args.text, 'by': 'me'}\"",
    );
    await using folder = await folderOf({ 'schema/chat.graphql': broken, 'was/schema/chat.graphql': CHAT });
    const { code, stderr, stdout } = await millrace(folder.path, ['check', '--against', 'was']);
    expect(stderr).toMatch(
      /^millrace: 1 change since was would break readers:\nschema\/chat\.graphql:5:\d+ {2}The new field Said\.by/,
    );
    expect([code, stdout]).toEqual([1, '']);
    expect(await millrace(folder.path, ['check', '--against', '.'])).toMatchObject({ code: 0 });
  });

  it('reports wrong usage in a few lines, so that the error stays in sight', async () => {
    await using folder = await folderOf({});
    expect(await millrace(folder.path, ['tial'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr:
        "millrace: unknown command 'tial'\n(Did you mean tail?)\nRun 'millrace --help' for its options.\n",
    });
    expect(await millrace(folder.path, ['tail'])).toMatchObject({
      code: 2,
      stderr: "millrace: missing required argument 'document'\nRun 'millrace tail --help' for its options.\n",
    });
  });

  it('publish reports once that no gateway answers, while it retries', async () => {
    await using folder = await folderOf({});
    const closed = ['--url', 'http://127.0.0.1:1/graphql', '--timeout', '1'];
    const { code, stderr } = await millrace(folder.path, [
      'publish',
      'mutation { say(text: "x") { offset } }',
      ...closed,
    ]);
    expect(stderr).toMatch(
      /^millrace: Not connected to http:\/\/127\.0\.0\.1:1\/graphql: \S.*\. Retrying for 1 s\.\nmillrace: [A-Z_]+: .*\n$/,
    );
    expect(code).toBe(1);
  });

  it('start explains how to provide a schema in a folder that has none', async () => {
    await using folder = await folderOf({});
    const { code, stderr } = await millrace(folder.path, ['start']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/No schema: nothing in .* matches schema\/\*\.graphql/);
  });

  it('start reports in one line that its port is taken', async () => {
    await using folder = await folderOf({ 'schema/chat.graphql': CHAT });
    await using other = await folderOf({ 'schema/chat.graphql': CHAT });
    await using node = await startProcess(['start'], { cwd: folder.path, env: {} });
    const { port } = new URL(node.url);
    const taken = await millrace(other.path, ['start'], { PORT: port });
    expect(taken).toMatchObject({ code: 1, stdout: '' });
    expect(taken.stderr).toMatch(
      new RegExp(`^millrace: .*in use 127\\.0\\.0\\.1:${port}\\. .*another PORT\\.\n$`),
    );
  });

  it('start prints its URL, log, fan-out and data folder, and nothing else; events survive a restart', async () => {
    await using folder = await folderOf({ 'schema/chat.graphql': CHAT });
    const say = async (url: string, text: string): Promise<unknown> => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: `mutation { say(text: "${text}") { topic partition offset } }` }),
      });
      return response.json();
    };
    {
      await using node = await startProcess(['start'], { cwd: folder.path, env: {} });
      await expect(say(node.url, 'x')).resolves.toMatchObject({
        data: { say: { topic: 'chat', offset: '0' } },
      });
      await expect
        .poll(() => node.lines.map((line) => line.split(/\s+/)[0]))
        .toEqual(['GraphQL', 'console', 'log', 'fan-out', 'data']);
    }
    await using again = await startProcess(['start'], { cwd: folder.path, env: {} });
    await expect(say(again.url, 'x')).resolves.toMatchObject({
      data: { say: { topic: 'chat', offset: '1' } },
    });
  });

  it('D10 dead-letters list shows a failed event, and dead-letters retry redrives it once', async () => {
    const schema = `
      type Query { ok: Boolean }
      type Mutation { say(text: String!, n: Int! = 0): Published! @publish(topic: "chat", type: "Said", key: "args.text") }
      type Subscription { loud: Said! @subscribe(topic: "chat", filter: "10 / event.n > 1") }
      type Said { text: String!, n: Int! }
    `;
    await using folder = await folderOf({ 'schema/chat.graphql': schema });
    const deadLetters = (...args: string[]) => millrace(folder.path, ['dead-letters', ...args]);
    expect(await deadLetters('list')).toEqual({
      code: 0,
      stdout: 'There are no dead letters.\n',
      stderr: '',
    });
    expect(await deadLetters('retry')).toMatchObject({ code: 0, stdout: 'There is nothing to redrive.\n' });
    let place: string;
    {
      await using node = await startProcess(['start'], { cwd: folder.path, env: { LOG_LEVEL: 'silent' } });
      const ask = (query: string, accept: string) =>
        fetch(`${node.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept },
          body: JSON.stringify({ query }),
        });
      await using _ = endOf(await ask('subscription { loud { text } }', 'text/event-stream'));
      await runningSubscriptions(node.url, 1);
      const said = await ask('mutation { say(text: "x") { partition offset } }', 'application/json');
      const { data } = await said.json();
      place = `chat/${data.say.partition}@${data.say.offset}`;
      const letters = async () =>
        /^millrace_dead_letters_total\{topic="chat"\} 1$/m.test(
          await (await fetch(`${node.url}/metrics`)).text(),
        );
      await expect.poll(letters, { timeout: 60_000 }).toBe(true);
      // The embedded log belongs to one process.
      const busy = await deadLetters('list');
      expect(busy).toMatchObject({ code: 1, stdout: '' });
      expect(busy.stderr).toContain(String(node.child.pid));
    }
    const table = (await deadLetters('list', 'chat')).stdout;
    expect(table).toMatch(/^WHEN .*VALUE$/m);
    expect(table).toContain(place);
    expect(table).toMatch(
      / filter +loud +x +1 +no +10 \/ event\.n > 1 has no value: division by zero.* \{"text":"x"/,
    );
    const [line, ...more] = (await deadLetters('list', '--json')).stdout.trim().split('\n');
    expect(more).toEqual([]);
    expect(JSON.parse(String(line))).toMatchObject({
      topic: 'chat',
      kind: 'filter',
      fields: ['loud'],
      key: 'x',
      letters: 1,
    });

    const [at] = place.split('/').slice(1);
    expect(await deadLetters('retry', '--at', '3@99', 'chat')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'millrace: chat/3@99 was not redriven: there is no dead letter for it\n',
    });
    const groups = (await deadLetters('groups', '--json')).stdout.trim();
    expect(JSON.parse(groups)).toMatchObject({
      topic: 'chat',
      kind: 'filter',
      field: 'loud',
      records: 1,
      putBack: 0,
    });
    const { id } = JSON.parse(groups);
    expect((await deadLetters('groups')).stdout).toMatch(
      new RegExp(`^${id} +chat +filter +loud +1 +0 `, 'm'),
    );
    expect((await deadLetters('list', '--group', id)).stdout).toContain(place);
    expect(await deadLetters('retry', '--dry-run', '--group', id)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /^0 of 1 would go through\. Nothing was written\.\n {2}1 would fail again: The field loud fails again \(filter\): .*division by zero/,
      ),
    });
    const wrong = await deadLetters('edit', place, '--value', '{"text":"x","n":0}');
    expect(wrong.stderr).toMatch(
      /^millrace: Nothing was written: It decodes, but the field loud fails on it/,
    );
    expect([wrong.code, wrong.stdout]).toEqual([1, '']);
    const tried = await deadLetters('edit', place, '--value', '{"text":"x","n":5}', '--dry-run');
    expect(tried).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Would be put back: .*Nothing was written/),
    });

    const back = await deadLetters('retry', '--at', String(at));
    expect(back.stdout).toMatch(new RegExp(`^${place} was redriven to chat/\\d@\\d+\nRedriven: 1\\.\n$`));
    expect(back.code).toBe(0);
    expect(await deadLetters('retry')).toMatchObject({ code: 0, stdout: 'There is nothing to redrive.\n' });
    expect((await deadLetters('list')).stdout).toMatch(/ x +1 +yes /);
    expect(await deadLetters('edit', place, '--value', '{"text":"x","n":5}')).toMatchObject({
      code: 1,
      stderr: `millrace: ${place} had been redriven before. Nothing was written.\n`,
    });
  }, 240_000);

  it.each([
    [['list', 'nowhere'], 1, 'The log has no topic nowhere.dlt. Topics of this project: chat.'],
    [
      ['retry', '--at', '1'],
      1,
      '1 is not a position. Write --at partition@offset or --at topic/partition@offset.',
    ],
    [['retry', '--at', 'chat/1@1', '--group', 'x'], 1, 'Give either --at or --group, not both.'],
    [['edit', 'chat/1@1'], 1, 'There is no dead letter for chat/1@1.'],
    [['list', '--limit', '0'], 2, "option '--limit <n>' argument '0' is invalid"],
  ])('explains invalid arguments of dead-letters %j with %i', async (args, exitCode, message) => {
    await using folder = await folderOf({ 'schema/chat.graphql': CHAT });
    const { code, stderr, stdout } = await millrace(folder.path, ['dead-letters', ...args]);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([exitCode, '']);
  });
});

/** Ends a response's body, whatever it still has. */
function endOf(response: Response): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => response.body?.cancel() };
}
