import { describe, expect, it } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { installPacked } from '../support/packed.js';
import { Recorder } from '../support/recorder.js';
import { run } from '../support/run.js';

const CHAT = `
  type Query { motto: String! }
  type Mutation { say(text: String!): Published! @publish(topic: "chat", type: "Said", key: "args.text") }
  type Subscription { said: Said! @subscribe(topic: "chat") }
  type Said { text: String! }
`;
const CONFIG = `
  import { defineGateway } from 'millrace';
  export default defineGateway({ resolvers: { Query: { motto: () => 'nothing is lost' } } });
`;

describe('the packed project', () => {
  it('serves the schema of a folder that installed the package, which contains nothing of the shop', async () => {
    await using folder = await folderOf({
      'package.json': '{ "name": "chat", "private": true, "type": "module" }',
      'schema/chat.graphql': CHAT,
      'millrace.config.ts': CONFIG,
    });
    const packed = await installPacked(folder.path);
    expect(packed).not.toMatch(/shop|storefront/);
    // Whoever installs the package builds no pages.
    expect(packed).toMatch(/^package\/dist\/web\/tools\/console\.html$/m);

    await using node = await startProcess(['start'], {
      cwd: folder.path,
      env: {},
      main: `${folder.path}/node_modules/.bin/millrace`,
    });
    const ask = async (query: string): Promise<unknown> => {
      const response = await fetch(`${node.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query }),
      });
      return response.json();
    };
    await using recorder = Recorder.overWebSocket('a client', node.url, 'subscription { said { text } }');
    const [, script] = /src="([^"]+\.js)"/.exec(await (await fetch(`${node.url}/console`)).text()) ?? [];
    expect((await fetch(`${node.url}${script}`)).headers.get('content-type')).toMatch('text/javascript');
    await expect(ask('{ motto }')).resolves.toEqual({ data: { motto: 'nothing is lost' } });
    await expect
      .poll(async () => (await fetch(`${node.url}/metrics`)).text(), { timeout: 30_000 })
      .toMatch(/^millrace_live_subscriptions 1$/m);
    await expect(ask('mutation { say(text: "hello") { offset } }')).resolves.toEqual({
      data: { say: { offset: '0' } },
    });
    await expect.poll(() => recorder.received.length, { timeout: 30_000 }).toBe(1);
    expect(recorder.faults).toEqual([]);
    const types = await run(process.execPath, [`${folder.path}/node_modules/.bin/millrace`, 'types'], {
      cwd: folder.path,
    });
    expect(types).toMatchObject({ code: 1, stdout: '' });
    expect(types.stderr).toMatch(
      /^millrace: graphql-codegen is not installed\. Run: npm install --save-dev @graphql-codegen\/core /,
    );
    // The command line brings its own client library.
    const main = `${folder.path}/node_modules/.bin/millrace`;
    const args = [
      'tail',
      'subscription { said { text } }',
      '--since',
      'earliest',
      '--count',
      '1',
      '--url',
      node.url,
    ];
    const tail = await run(process.execPath, [main, ...args], { cwd: folder.path });
    expect(tail).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(tail.stdout)).toMatchObject({ data: { said: { text: 'hello' } } });
  }, 300_000);
});
