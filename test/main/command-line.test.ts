import { describe, expect, it } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { run } from '../support/run.js';

const MAIN = new URL('../../dist/main.js', import.meta.url).pathname;

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
    [{ KAFKA_BROKERS: 'nowhere' }, /KAFKA_BROKERS is "nowhere".*host:port/],
    [
      { REDIS_URL: 'redis://127.0.0.1:1' },
      /REDIS_URL is set but KAFKA_BROKERS is not: the embedded log belongs to one process/,
    ],
  ])('ends with 2 for the environment %o, and says what is allowed', async (env, message) => {
    await using folder = await folderOf({ 'schema/chat.graphql': CHAT });
    const { code, stderr, stdout } = await millrace(folder.path, ['start'], env);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('says what one role of several needs', async () => {
    await using folder = await folderOf({ 'schema/chat.graphql': CHAT });
    const { code, stderr } = await millrace(folder.path, ['gateway']);
    expect(stderr).toMatch(/KAFKA_BROKERS is not set/);
    expect(stderr).toMatch(/REDIS_URL is not set/);
    expect(stderr).toMatch(/CURSOR_SECRET is not set/);
    expect(code).toBe(2);
  });

  it('says what several processes that serve clients need', async () => {
    await using folder = await folderOf({ 'schema/chat.graphql': CHAT });
    const { code, stderr } = await millrace(folder.path, ['start', '--workers', '2']);
    expect(stderr).toMatch(
      /^millrace: --workers 2 needs KAFKA_BROKERS and REDIS_URL: the embedded log belongs/,
    );
    expect(code).toBe(2);
    const wrong = await millrace(folder.path, ['start', '--workers', 'two']);
    expect(wrong.stderr).toMatch(/It is a whole number from 1 to 256/);
  });

  it('checks a schema, and reports every mistake at once with where it is', async () => {
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

  it('says that a good schema is good', async () => {
    await using folder = await folderOf({ 'schema/chat.graphql': CHAT });
    expect(await millrace(folder.path, ['check'])).toMatchObject({
      code: 0,
      stdout: 'The schema is good: 1 fields publish, 1 follow; topics: chat.\n',
    });
  });

  it('says what to do in a folder without a schema', async () => {
    await using folder = await folderOf({});
    const { code, stderr } = await millrace(folder.path, ['start']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/No schema: nothing in .* matches schema\/\*\.graphql/);
  });

  it('says in a line that a port is taken', async () => {
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

  it('starts with what it runs on, where things are, and nothing else; events survive a restart', async () => {
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
        .toEqual(['GraphQL', 'log', 'fan-out', 'data']);
    }
    await using again = await startProcess(['start'], { cwd: folder.path, env: {} });
    await expect(say(again.url, 'x')).resolves.toMatchObject({
      data: { say: { topic: 'chat', offset: '1' } },
    });
  });
});
