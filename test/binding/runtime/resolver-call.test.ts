import { execute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bindSchema } from '../../../src/binding/binding.js';
import type { GatewayContext, MutationCall, OutcomeRequest } from '../../../src/binding/runtime/context.js';
import type { ResolverCall, ResolverMap } from '../../../src/binding/runtime/resolvers.js';
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
