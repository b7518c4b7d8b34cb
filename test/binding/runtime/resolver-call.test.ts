import { buildSchema, execute, GraphQLError, graphql, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bindSchema } from '../../../src/binding/binding.js';
import type { GatewayContext, MutationCall, OutcomeRequest } from '../../../src/binding/runtime/context.js';
import type { ResolverCall, ResolverMap } from '../../../src/binding/runtime/resolvers.js';
import { clientError } from '../../../src/core/client-error.js';
import { MillraceError } from '../../../src/core/errors.js';
import { fakeContext } from '../../support/fake-context.js';

const SCHEMA = `
  type Query { ok: Boolean }
  type Mutation { say(text: String!): [Published!]!  ask(text: String!): Said!  odd: Published! }
  type Said { text: String! }
`;
const draft = (text: unknown) => ({
  topic: 'said',
  type: 'Said',
  key: 'k',
  data: { text } as Record<string, unknown>,
});
interface Text {
  readonly text: string;
}

const resolvers: ResolverMap = {
  Mutation: {
    say: ({ args, publish }: ResolverCall<Text>) => publish([draft(args.text), draft('and more')]),
    ask: ({ args, publish }: ResolverCall<Text>) =>
      publish(draft(args.text), { outcome: { types: ['Said'], within: '2s' } }),
    odd: ({ publish }: ResolverCall) => publish(draft(7)),
  },
};

async function run(source: string) {
  const bound = bindSchema({ sources: [{ name: 'a.graphql', body: SCHEMA }], resolvers });
  if (!bound.ok) throw new Error(JSON.stringify(bound.diagnostics));
  const { context, drafts } = fakeContext({});
  const requests: OutcomeRequest[] = [];
  const outcome: GatewayContext['outcome'] = (list, request, options) => {
    requests.push(request);
    return context.outcome(list, request, options);
  };
  const result = await execute({
    schema: bound.bindings.schema,
    document: parse(`mutation { ${source} }`),
    contextValue: {
      ...context,
      outcome,
      mutate: (_call: MutationCall, then: Parameters<GatewayContext['mutate']>[1]) =>
        then({ ...context, outcome }),
    },
  });
  return {
    drafts,
    requests,
    data: result.data,
    codes: result.errors?.map(({ extensions }) => extensions['code']),
  };
}

describe('a resolver of a mutation', () => {
  it('a resolver publishes several events with one call', async () => {
    const { drafts, data } = await run('say(text: "Hello") { topic }');
    expect(drafts).toEqual([draft('Hello'), draft('and more')]);
    expect(data).toEqual({ say: [{ topic: 'said' }, { topic: 'said' }] });
  });

  it('a resolver waits for an outcome, by default with the topic and key of its event', async () => {
    const { requests } = await run('ask(text: "Hello") { text }');
    expect(requests).toMatchObject([{ topic: 'said', key: 'k', types: ['Said'], within: 2_000 }]);
  });

  it('a resolver cannot publish data that does not match the event type', async () => {
    const { drafts, codes } = await run('odd { topic }');
    expect(codes).toEqual(['EVENT_INVALID']);
    expect(drafts).toEqual([]);
  });
});

describe('an error that a resolver got from a schema of its own', () => {
  const other = buildSchema('type Query { deep: Deep }  type Deep { seats(of: Int): Int }');

  /** What a client sees when a resolver throws what a query of another schema gave it. */
  async function seen(of: {
    readonly source?: string;
    readonly thrown?: Error;
    readonly made?: (error: Error) => unknown;
  }) {
    const { source = '{ deep { seats } }', thrown, made = (error) => Promise.reject(error) } = of;
    const seats = () => {
      throw thrown;
    };
    const { errors } = await graphql({ schema: other, source, rootValue: { deep: { seats } } });
    const [error] = errors ?? [];
    if (error === undefined) throw new Error('The other schema has to fail');
    const bound = bindSchema({
      sources: [{ name: 'a.graphql', body: 'type Query { free: Int }' }],
      resolvers: { Query: { free: () => made(error) } },
    });
    if (!bound.ok) throw new Error(JSON.stringify(bound.diagnostics));
    const reported: unknown[] = [];
    const result = await execute({
      schema: bound.bindings.schema,
      document: parse('\n  { free }'),
      contextValue: fakeContext({}).context,
    });
    const shown = result.errors?.map((each) => clientError(each, (cause) => reported.push(cause)).toJSON());
    return { shown, reported };
  }
  const at = { locations: [{ line: 2, column: 5 }], path: ['free'] };
  const soldOut = new GraphQLError('Sold out.', { extensions: { code: 'SOLD_OUT' } });
  const shownSoldOut = { message: 'Sold out.', extensions: { code: 'SOLD_OUT', retry: false }, ...at };
  const failed = { message: 'This field failed.', extensions: { code: 'INTERNAL', retry: false }, ...at };

  it.each([
    [
      'throws',
      (error: Error) => {
        throw error;
      },
    ],
    ['rejects with', (error: Error) => Promise.reject(error)],
    ['returns', (error: Error) => error],
    ['resolves to', (error: Error) => Promise.resolve(error)],
  ])(
    'an error of another schema that a resolver %s is shown at the field of the request',
    async (_how, made) => {
      expect(await seen({ thrown: soldOut, made })).toEqual({ shown: [shownSoldOut], reported: [] });
    },
  );

  it('an error that another schema located keeps the code of a MillraceError', async () => {
    const { shown } = await seen({ thrown: new MillraceError('OVERLOADED', 'Too many.') });
    expect(shown).toMatchObject([{ message: 'Too many.', extensions: { code: 'OVERLOADED' }, ...at }]);
  });

  it('an error that another server answered, with its path there, is shown at the field of the request', async () => {
    const { extensions } = soldOut;
    const made = () => Promise.reject(new GraphQLError('Sold out.', { path: ['there', 0], extensions }));
    expect(await seen({ thrown: soldOut, made })).toEqual({ shown: [shownSoldOut], reported: [] });
  });

  it('a foreign error with a list as path is located at the field of the request', async () => {
    const cause = Object.assign(new Error('secret'), { path: ['a', 'b'] });
    const { shown, reported } = await seen({ thrown: soldOut, made: () => Promise.reject(cause) });
    expect({ shown, reported }).toMatchObject({ shown: [failed], reported: [{ cause }] });
  });

  it('a failure inside another schema is not shown to clients', async () => {
    const cause = new Error('a secret of the driver');
    expect(await seen({ thrown: cause })).toEqual({ shown: [failed], reported: [cause] });
  });

  it.each(['{ deep { seats(of: "x") } }', '{ deep {'])(
    'an invalid query of another schema is not an error of the request: %s',
    async (source) => {
      const { shown, reported } = await seen({ source });
      expect(shown).toEqual([failed]);
      expect(reported).toHaveLength(1);
    },
  );
});
