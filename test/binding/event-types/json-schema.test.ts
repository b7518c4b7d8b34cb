import { readFileSync } from 'node:fs';
import { execute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bindSchema, formatDiagnostic } from '../../../src/binding/binding.js';
import type { ResolverCall } from '../../../src/binding/runtime/resolvers.js';
import { fakeContext } from '../../support/fake-context.js';

const SCHEMA = `
  type Query { ok: Boolean }
  type Mutation {
    sell(input: SaleInput!): Published! @publish(topic: "sales", type: "Sold", key: "args.input.sku")
    sellAll(input: SaleInput!): Published!
  }
  input SaleInput { sku: ID!, quantity: Int!, at: String, tags: [String!] }
  type Sold { sku: ID!, quantity: Int!, at: String, tags: [String!] }
`;

const RULES = `{
  "properties": {
    "quantity": { "minimum": 1 },
    "at": { "type": ["string", "null"], "format": "date-time" },
    "tags": { "items": { "maxLength": 3 } }
  },
  "required": ["at"]
}`;

const resolvers = {
  Mutation: {
    sellAll: ({ args, publish }: ResolverCall<{ readonly input: Readonly<Record<string, unknown>> }>) =>
      publish({ topic: 'sales', type: 'Sold', key: 'k', data: args.input }),
  },
};

const bind = (rules: string, name = 'schema/events/Sold.json') =>
  bindSchema({
    sources: [{ name: 'schema/a.graphql', body: SCHEMA }],
    eventSchemas: [{ name, body: rules }],
    resolvers,
  });

function diagnosticsOf(rules: string, name?: string): readonly string[] {
  const result = bind(rules, name);
  return result.ok ? [] : result.diagnostics.map(formatDiagnostic);
}

async function run(field: string, input: string) {
  const result = bind(RULES);
  if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
  const { context, drafts } = fakeContext({});
  const { errors } = await execute({
    schema: result.bindings.schema,
    document: parse(`mutation { ${field}(input: ${input}) { topic } }`),
    contextValue: context,
  });
  return { drafts, extensions: errors?.map((error) => error.extensions) };
}

describe('JSON Schema of an event type', () => {
  it.each(['sell', 'sellAll'])(
    'is held against what %s publishes, and nothing is published',
    async (field) => {
      const { drafts, extensions } = await run(field, '{ sku: "a", quantity: 0, tags: ["abc", "abcd"] }');
      expect(extensions).toMatchObject([
        {
          code: 'EVENT_INVALID',
          problems: [
            "/at must have required property 'at'",
            '/quantity must be >= 1',
            '/tags/1 must NOT have more than 3 characters',
          ],
        },
      ]);
      expect(drafts).toEqual([]);
    },
  );

  it.each(['sell', 'sellAll'])('lets %s publish what it allows', async (field) => {
    const { drafts, extensions } = await run(field, '{ sku: "a", quantity: 1, at: "2026-01-31T09:30:00Z" }');
    expect(extensions).toBeUndefined();
    expect(drafts).toHaveLength(1);
  });

  it('names some of very many problems', async () => {
    const tags = JSON.stringify(Array.from({ length: 500 }, () => 'long'));
    const { extensions } = await run('sell', `{ sku: "a", quantity: 1, at: "no", tags: ${tags} }`);
    expect(extensions?.[0]?.['problems']).toHaveLength(20);
  });

  it.each([
    ['{\n  "type": "object",\n}', ':3:1  found PropertyNameExpected; expected JSON'],
    ['// no\n{}', ':1:1  found InvalidCommentToken; expected JSON'],
    ['', ':1:1  found ValueExpected; expected JSON'],
    ['[]', ':1:1  found a value that is no schema; expected a JSON Schema'],
    [
      '{\n  "properties": {\n    "sku": { "type": "text" }\n  }\n}',
      ':3:22  found /properties/sku/type, which',
    ],
    ['{\n  "minimun": 1\n}', ':2:3  found strict mode: unknown keyword: "minimun"; expected JSON Schema'],
    ['{\n  "$async": true\n}', ':2:3  found unknown keyword: "$async"'],
    [
      '{\n  "$schema": "http://json-schema.org/draft-07/schema#"\n}',
      ':2:14  found no schema with key or ref',
    ],
    ['{\n  "$ref": "#/$defs/none"\n}', ":1:1  found can't resolve reference #/$defs/none"],
    [
      '{\n  "properties": {\n    "quantitty": {}\n  }\n}',
      ':3:18  found the property quantitty; expected Sold has at, quantity, sku, tags',
    ],
    ['{\n  "required": ["sku", "skuu"]\n}', ':2:23  found the property skuu'],
  ])('that is broken is told with its place: %j', (rules, expected) => {
    expect(diagnosticsOf(rules)).toEqual([expect.stringContaining(`schema/events/Sold.json${expected}`)]);
  });

  it.each(['Gone', 'Query', 'SaleInput'])('of no event type is a diagnostic: %s', (name) => {
    expect(diagnosticsOf('{}', `schema/events/${name}.json`)).toEqual([
      `schema/events/${name}.json:1:1  found rules for ${name}; expected a file named after an object type of the schema`,
    ]);
  });

  it("of the shop refuses an order's lines that cannot be", async () => {
    const file = (name: string) => ({
      name,
      body: readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8'),
    });
    const result = bindSchema({
      sources: [
        {
          name: 'schema/a.graphql',
          body: `type Query { ok: Boolean }  scalar Any
            type Mutation { place(lines: Any!): Published! @publish(topic: "o", type: "OrderPlaced", key: "'k'",
              data: "{'orderId': 'o-1', 'lines': args.lines}") }
            type OrderPlaced { orderId: ID!, lines: Any! }`,
        },
      ],
      eventSchemas: [file('schema/events/OrderPlaced.json')],
    });
    if (!result.ok) throw new Error(result.diagnostics.map(formatDiagnostic).join('\n'));
    const { context } = fakeContext({});
    const { errors } = await execute({
      schema: result.bindings.schema,
      document: parse(`mutation($lines: Any!) { place(lines: $lines) { topic } }`),
      variableValues: {
        lines: [{ sku: 'tea', quantity: 0, unitPrice: { amount: 2 ** 53, currency: 'EUR' } }],
      },
      contextValue: context,
    });
    expect(errors?.[0]?.extensions['problems']).toEqual([
      '/lines/0/quantity must be >= 1',
      '/lines/0/unitPrice/amount must be <= 9007199254740991',
    ]);
  });
});
