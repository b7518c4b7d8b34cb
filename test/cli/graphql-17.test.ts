import { describe, expect, it } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { installPacked, succeed } from '../support/packed.js';
import { Recorder } from '../support/recorder.js';

const ROOT = new URL('../..', import.meta.url).pathname;

const SCHEMA = `
  type Query { major: Int!  motto: String  soldOut: String  inner: String  failed: String }
  type Mutation { say(text: String!): Published! @publish(topic: "chat", type: "Said", key: "args.text") }
  type Subscription { said: Said! @subscribe(topic: "chat") }
  type Said { text: String!  field: String }
`;
/** Code that uses the project's own graphql wherever code of a project runs. */
const CONFIG = `
  import { ANONYMOUS, defineGateway, MillraceError, type ResolverCall, type Service } from 'millrace';
  import { buildSchema, type ExecutionResult, GraphQLError, graphql, parse, print, versionInfo } from 'graphql';

  const own = buildSchema('type Query { motto: String }');
  const soldOut = () => { throw new GraphQLError('Sold out.', { extensions: { code: 'SOLD_OUT' } }); };
  const ask = (motto: unknown, source = '{ motto }'): Promise<ExecutionResult> =>
    graphql({ schema: own, source, rootValue: { motto } });
  const firstError = async (answer: Promise<ExecutionResult>) => { throw (await answer).errors?.[0]; };
  const echo: Service = {
    name: 'echo',
    topics: ['chat'],
    async handle({ type, key, data }) {
      if (type !== 'Said' || key === null || data?.['text'] !== 'hello') return [];
      const { data: answer } = await ask('welcome');
      return [{ topic: 'chat', type: 'Said', key, data: { text: answer?.['motto'] } }];
    },
  };
  export default defineGateway({
    services: [echo],
    async authenticate({ headers }) {
      const { data } = await ask(headers['authorization'] ?? '');
      if (data?.['motto'] === 'wrong') throw new MillraceError('UNAUTHENTICATED', 'Unknown.');
      return ANONYMOUS;
    },
    resolvers: {
      Query: {
        major: () => versionInfo.major,
        motto: async () => (await ask('nothing is lost')).data?.['motto'],
        soldOut,
        inner: () => firstError(ask(soldOut)),
        failed: () => firstError(ask('', '{ motto(loud: true) }')),
      },
      Said: { field: ({ parent }: ResolverCall<object, { text: string }>) => print(parse('{' + parent.text + '}')) },
    },
  });
`;

describe('a project that has graphql 17 in its own dependencies', () => {
  it('runs and type-checks a project whose own graphql is 17, in every place where its code runs', async () => {
    await using folder = await folderOf({
      'package.json': '{ "name": "chat", "private": true, "type": "module" }',
      'schema/chat.graphql': SCHEMA,
      'millrace.config.ts': CONFIG,
    });
    await installPacked(folder.path, ['graphql@17']);
    const tsc = [`${ROOT}node_modules/typescript/bin/tsc`, '--noEmit', '--strict', '--skipLibCheck'];
    const target = ['--module', 'nodenext', '--target', 'es2022', 'millrace.config.ts'];
    await succeed(process.execPath, [...tsc, ...target], folder.path);

    await using node = await startProcess(['start'], {
      cwd: folder.path,
      env: {},
      main: `${folder.path}/node_modules/.bin/millrace`,
    });
    const ask = async (query: string, authorization = 'right'): Promise<unknown> => {
      const response = await fetch(`${node.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ query }),
      });
      return response.json();
    };
    await expect(ask('{ major motto }')).resolves.toEqual({ data: { major: 17, motto: 'nothing is lost' } });
    await expect(ask('{ major }', 'wrong')).resolves.toMatchObject({
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    const error = (field: string, message: string, code: string) => ({
      data: { [field]: null },
      errors: [
        { message, path: [field], locations: [{ line: 1, column: 3 }], extensions: { code, retry: false } },
      ],
    });
    expect(await ask('{ soldOut }')).toEqual(error('soldOut', 'Sold out.', 'SOLD_OUT'));
    expect(await ask('{ inner }')).toEqual(error('inner', 'Sold out.', 'SOLD_OUT'));
    expect(await ask('{ failed }')).toEqual(error('failed', 'This field failed.', 'INTERNAL'));

    const follow = 'subscription { said { text field } }';
    await using recorder = Recorder.overWebSocket('a client', node.url, follow);
    await expect
      .poll(async () => (await fetch(`${node.url}/metrics`)).text())
      .toMatch(/^millrace_live_subscriptions 1$/m);
    await ask('mutation { say(text: "hello") { offset } }');
    await expect.poll(() => recorder.received.length).toBe(2);
    expect(recorder.faults).toEqual([]);
  }, 300_000);
});
