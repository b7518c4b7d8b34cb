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

const EVENT_SCHEMA = `{
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

const bind = (eventSchema: string, name = 'schema/events/Sold.json') =>
  bindSchema({
    sources: [{ name: 'schema/a.graphql', body: SCHEMA }],
    eventSchemas: [{ name, body: eventSchema }],
    resolvers,
  });

function diagnosticsOf(eventSchema: string, name?: string): readonly string[] {
  const result = bind(eventSchema, name);
  return result.ok ? [] : result.diagnostics.map(formatDiagnostic);
}

async function run(field: string, input: string) {
  const result = bind(EVENT_SCHEMA);
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
    '%s publishes nothing when its data violates the JSON Schema of the event type',
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

  it.each(['sell', 'sellAll'])(
    '%s publishes data that the JSON Schema of the event type allows',
    async (field) => {
      const { drafts, extensions } = await run(
        field,
        '{ sku: "a", quantity: 1, at: "2026-01-31T09:30:00Z" }',
      );
      expect(extensions).toBeUndefined();
      expect(drafts).toHaveLength(1);
    },
  );

  it('reports at most 20 violations of a JSON Schema', async () => {
    const tags = JSON.stringify(Array.from({ length: 500 }, () => 'long'));
    const { extensions } = await run('sell', `{ sku: "a", quantity: 1, at: "no", tags: ${tags} }`);
    expect(extensions?.[0]?.['problems']).toHaveLength(20);
  });

  it.each([
    ['{\n  "type": "object",\n}', ':3:1  Invalid JSON: PropertyNameExpected.'],
    ['// no\n{}', ':1:1  Invalid JSON: InvalidCommentToken.'],
    ['', ':1:1  Invalid JSON: ValueExpected.'],
    ['[]', ':1:1  The file is not a JSON Schema. Write an object or a boolean.'],
    [
      '{\n  "properties": {\n    "sku": { "type": "text" }\n  }\n}',
      ':3:22  Invalid JSON Schema (2020-12): /properties/sku/type must',
    ],
    ['{\n  "minimun": 1\n}', ':2:3  Invalid JSON Schema (2020-12): strict mode: unknown keyword: "minimun".'],
    ['{\n  "$async": true\n}', ':2:3  Invalid JSON Schema (2020-12): unknown keyword: "$async"'],
    [
      '{\n  "$schema": "http://json-schema.org/draft-07/schema#"\n}',
      ':2:14  Invalid JSON Schema (2020-12): no schema with key or ref',
    ],
    [
      '{\n  "$ref": "#/$defs/none"\n}',
      ":1:1  Invalid JSON Schema (2020-12): can't resolve reference #/$defs/none",
    ],
    [
      '{\n  "properties": {\n    "quantitty": {}\n  }\n}',
      ':3:18  Sold has no field quantitty. Its fields: at, quantity, sku, tags.',
    ],
    ['{\n  "required": ["sku", "skuu"]\n}', ':2:23  Sold has no field skuu.'],
  ])('reports an invalid JSON Schema with file, line and column: %j', (eventSchema, expected) => {
    expect(diagnosticsOf(eventSchema)).toEqual([
      expect.stringContaining(`schema/events/Sold.json${expected}`),
    ]);
  });

  it.each(['Gone', 'Query', 'SaleInput'])('of no event type is a diagnostic: %s', (name) => {
    expect(diagnosticsOf('{}', `schema/events/${name}.json`)).toEqual([
      `schema/events/${name}.json:1:1  The schema has no event type ${name}. Name the file after an object type of the schema.`,
    ]);
  });

  it("the shop's JSON Schema rejects order lines with impossible numbers", async () => {
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
