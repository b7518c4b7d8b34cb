import { describe, expect, it } from 'vitest';
import { bindSchema } from '../../../src/binding/binding.js';
import { diagnosticsOf } from '../schema.js';

const PLACED = 'type OrderPlaced { orderId: ID!, customerId: ID!, total: Int }';
const AT = 'schema/test.graphql';

/** A schema with these fields, one to a line: Mutation's begin at 2:3, Subscription's follow. */
function schema(fields: { mutation?: string; subscription?: string; more?: string }): string {
  return [
    'type Query { hello: String }',
    ...(fields.mutation === undefined ? [] : [`type Mutation {\n${fields.mutation} }`]),
    ...(fields.subscription === undefined ? [] : [`type Subscription {\n${fields.subscription} }`]),
    `${PLACED}\n${fields.more ?? ''}`,
  ].join('\n');
}

const subscription = (field: string, more?: string) =>
  diagnosticsOf(schema({ subscription: field, ...(more === undefined ? {} : { more }) }));
const mutation = (field: string, more?: string) =>
  diagnosticsOf(schema({ mutation: field, ...(more === undefined ? {} : { more }) }));

describe('diagnostics of expressions', () => {
  it('reports an unknown argument in a key', () => {
    expect(
      subscription('s(orderId: ID!, below: Int): OrderPlaced @subscribe(topic: "t", key: "args.order")'),
    ).toEqual([`${AT}:3:76  args has no field order. Its fields: below, orderId.`]);
  });

  it('reports an unknown field of the event, also inside has()', () => {
    const expected = 'event has no field price. Its fields: customerId, orderId, total.';
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", filter: "event.price > 3")')).toEqual([
      `${AT}:3:54  ${expected}`,
    ]);
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", filter: "has(event.price)")')).toEqual([
      `${AT}:3:52  ${expected}`,
    ]);
  });

  it('reports an unknown variable in an expression', () => {
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", filter: "evnt.total > 3")')).toEqual([
      `${AT}:3:48  Unknown variable evnt. Available variables: args, claims, event, record.`,
    ]);
  });

  it('reports event in a key, which is evaluated before there is one', () => {
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", key: "event.orderId")')).toEqual([
      `${AT}:3:45  Unknown variable event. Available variables: args, claims.`,
    ]);
  });

  it('reports a field of Mutation that nothing resolves', () => {
    expect(mutation('pay: String')).toEqual([
      `${AT}:3:1  Mutation.pay has neither @publish nor a resolver. Add one of them.`,
    ]);
  });

  it('reports a non-null field of Query that nothing resolves', () => {
    const text = 'type Query { rate: Int! maybe: Int bound: Int! @view(name: "v", key: "\'k\'") }';
    expect(diagnosticsOf(text).filter((one) => one.includes('neither'))).toEqual([
      `${AT}:1:14  Query.rate is non-null, but has neither @view nor a resolver. Add one of them, or make the field nullable.`,
    ]);
  });

  it('reports a filter or a rule that is not a bool', () => {
    expect(
      subscription('s: OrderPlaced @subscribe(topic: "t", filter: "event.total") @auth(rule: "1 + 1")'),
    ).toEqual([
      `${AT}:3:48  The expression event.total has type int. Write an expression of type bool.`,
      `${AT}:3:75  The expression 1 + 1 has type int. Write an expression of type bool.`,
    ]);
  });

  it('reports a key that is a bool', () => {
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", key: "true")')).toEqual([
      `${AT}:3:45  The expression true has type bool. Write an expression of type string or Int.`,
    ]);
  });

  it('reports an operator without an overload for its operands', () => {
    expect(
      subscription('s: OrderPlaced @subscribe(topic: "t", filter: "event.total > event.orderId")'),
    ).toEqual([
      `${AT}:3:48  No operator or function matches int > string. Convert one of the values, for example with string(), int() or double().`,
    ]);
  });

  it('reports a syntax error in an expression', () => {
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", filter: "event.total >")')).toEqual([
      `${AT}:3:61  Invalid CEL expression: Unexpected token: EOF.`,
    ]);
  });

  it('locates an error inside a block string by its line', () => {
    expect(
      subscription('s: OrderPlaced\n  @subscribe(topic: "t", filter: """event.nope == 1""")')[0],
    ).toContain(`${AT}:4:43  event has no field nope.`);
  });
});

describe('diagnostics of @publish', () => {
  const field = (type: string, more = '') =>
    `m(orderId: ID!, customerId: ID!): Published @publish(topic: "t", type: "${type}", key: "args.orderId"${more})`;

  it('reports a @publish type that is not an event type', () => {
    expect(mutation(field('Nope'))).toEqual([
      `${AT}:3:72  The schema has no event type "Nope". Use the name of an object type.`,
    ]);
    expect(mutation(field('Query'))).toHaveLength(1);
    expect(mutation(field('ID'))).toHaveLength(1);
    expect(mutation(field('OrderPlaced'))).toEqual([]);
  });

  it('reports a published type that no field following the topic shows', () => {
    const text = schema({
      mutation: field('Shipped'),
      subscription: 'a: Event @subscribe(topic: "t")\nb: OrderPlaced @subscribe(topic: "t")',
      more: 'type Shipped { orderId: ID! } type OrderConfirmed { orderId: ID! } union Event = OrderPlaced | OrderConfirmed',
    });
    expect(diagnosticsOf(text)).toEqual([
      `${AT}:3:72  No field that follows t shows events of type Shipped. Types that they show: OrderConfirmed, OrderPlaced.`,
    ]);
  });

  it('reports a publishing field with a type that nothing resolves', () => {
    const text = schema({
      mutation:
        'm(orderId: ID!, customerId: ID!): Int @publish(topic: "t", type: "OrderPlaced", key: "args.orderId")',
    });
    expect(diagnosticsOf(text)).toEqual([
      `${AT}:3:35  Mutation.m publishes one event but has type Int. Use type Published, or add an outcome or a resolver.`,
    ]);
    expect(diagnosticsOf(text, { Mutation: { m: () => 1 } })).toEqual([]);
  });

  it('reports an input that does not match the event type', () => {
    const text = (input: string) =>
      mutation(
        'm(input: I!): Published @publish(topic: "t", type: "OrderPlaced", key: "args.input.orderId")',
        `input I { ${input} }`,
      );
    expect(text('orderId: ID!, customerId: ID, total: Int')).toEqual([
      `${AT}:3:25  The input I does not match OrderPlaced: customerId has type ID instead of ID!. Change them, or set the argument data.`,
    ]);
    expect(text('orderId: ID!')).toEqual([
      `${AT}:3:25  The input I does not match OrderPlaced: customerId: ID! is missing. Change them, or set the argument data.`,
    ]);
    expect(text('orderId: ID!, customerId: ID!, total: String')[0]).toContain(
      'total has type String instead of Int',
    );
    expect(text('orderId: ID!, customerId: ID!, other: String')).toEqual([]);
  });

  it('reports a data map with missing or unknown fields', () => {
    expect(mutation(field('OrderPlaced', `, data: "{'orderId': args.orderId, 'nope': 1}"`))).toEqual([
      `${AT}:3:115  The map does not match OrderPlaced: customerId: ID! is missing.`,
      `${AT}:3:141  OrderPlaced has no field nope. Its fields: customerId, orderId, total.`,
    ]);
    expect(
      mutation(field('OrderPlaced', `, data: "{'orderId': args.orderId, 'customerId': claims.sub}"`)),
    ).toEqual([]);
  });
});

describe('diagnostics of directive locations', () => {
  it('reports a directive on a field of the wrong type', () => {
    const unanswered = `${AT}:3:1  Mutation.m has neither @publish nor a resolver. Add one of them.`;
    expect(mutation('m: OrderPlaced @subscribe(topic: "t")')).toEqual([
      unanswered,
      `${AT}:3:16  @subscribe is not allowed on Mutation.m. Use it on fields of Subscription only.`,
    ]);
    expect(subscription('s: OrderPlaced @publish(topic: "t", type: "OrderPlaced", key: "\'a\'")')).toEqual([
      `${AT}:3:1  Subscription.s has no @subscribe. Every field of Subscription needs one.`,
      `${AT}:3:16  @publish is not allowed on Subscription.s. Use it on fields of Mutation only.`,
    ]);
    expect(mutation('m: Int', 'type X { y: Int @auth(rule: "true") }')).toEqual([
      unanswered,
      `${AT}:5:17  @auth is not allowed on X.y. Use it on fields of Query, Mutation and Subscription only.`,
    ]);
  });

  it('reports a subscription whose type cannot hold an event', () => {
    for (const type of ['Int', '[OrderPlaced!]!'])
      expect(subscription(`s: ${type} @subscribe(topic: "t")`)).toEqual([
        `${AT}:3:4  The type ${type} cannot hold an event. Use an object type, or a union or interface of object types.`,
      ]);
  });

  it('reports a declared argument whose name is reserved', () => {
    expect(subscription('s(after: String): OrderPlaced @subscribe(topic: "t")')).toEqual([
      `${AT}:3:3  The argument name after is reserved. @subscribe adds after: Cursor to the field. Use another name.`,
    ]);
  });

  it('reports missing, unknown and invalid arguments of a directive', () => {
    expect(subscription('s: OrderPlaced @subscribe(key: "\'a\'")')).toEqual([
      `${AT}:3:16  Directive "@subscribe" argument "topic" of type "String!" is required, but it was not provided.`,
    ]);
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", kee: "\'a\'")')).toEqual([
      `${AT}:3:39  Unknown argument "kee" on directive "@subscribe". Did you mean "key"?`,
    ]);
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", format: NEVER)')).toHaveLength(1);
    expect(subscription('s: OrderPlaced @subscribe(topic: 5)')).toHaveLength(1);
  });
});

describe('diagnostics of topics', () => {
  it('reports a topic name that Kafka does not allow', () => {
    for (const name of ['', 'a/b', 'ä', '.', 'x'.repeat(250)])
      expect(subscription(`s: OrderPlaced @subscribe(topic: "${name}")`)).toEqual([
        expect.stringContaining(`${AT}:3:34  Invalid topic name "${name}". Use 1 to 249`),
      ]);
    expect(subscription(`s: OrderPlaced @subscribe(topic: "${'x'.repeat(249)}")`)).toEqual([]);
  });

  it('reports a tombstone type that the field cannot have, or that needs more than a key', () => {
    const field = (type: string, more = '') => `s: Row @subscribe(topic: "t", tombstone: "${type}"${more})`;
    const union = (gone: string) => `type Gone { ${gone} } union Row = OrderPlaced | Gone`;
    expect(subscription(field('Nope'), union('id: ID!'))).toEqual([
      `${AT}:3:42  s cannot have the type "Nope". Use a type of the field: Gone, OrderPlaced.`,
    ]);
    expect(subscription(field('Gone'), union('id: String!'))).toEqual([
      `${AT}:3:42  The tombstone type Gone has no field of type ID!. It needs exactly one, for the key.`,
    ]);
    expect(subscription(field('OrderPlaced'), union('id: ID!'))).toEqual([
      `${AT}:3:42  The tombstone type OrderPlaced has several fields (customerId, orderId) of type ID!. It needs exactly one, for the key.`,
    ]);
    expect(subscription(field('Gone'), union('id: ID!, why: String!, at: String'))).toEqual([
      `${AT}:3:42  The tombstone type Gone has other non-null fields: why: String!. Make them nullable: a tombstone has only a key, which id shows.`,
    ]);
    expect(subscription(field('Gone'), union('id: ID!, at: String'))).toEqual([]);
    expect(subscription(field('Gone', ', format: JSON'), union('id: ID!'))).toEqual([]);
  });

  it('reports fields that disagree on the format of a topic', () => {
    expect(
      subscription(
        'a: OrderPlaced @subscribe(topic: "t")\nb: OrderPlaced @subscribe(topic: "t", format: JSON)',
      ),
    ).toEqual([
      `${AT}:4:34  The topic t has format JSON here, but CLOUDEVENTS on a. Use one format for all fields of a topic.`,
    ]);
  });

  it('reports a JSON topic with more than one event type', () => {
    const other = 'type Other { a: Int } union Both = OrderPlaced | Other';
    expect(subscription('s: Both @subscribe(topic: "t", format: JSON)', other)).toEqual([
      `${AT}:3:27  The JSON topic t has several event types: OrderPlaced, Other. Use one object type, or say with @topic(types:) where its records name their type.`,
    ]);
    expect(
      subscription(
        'a: OrderPlaced @subscribe(topic: "t", format: JSON)\nb: Other @subscribe(topic: "t", format: JSON)',
        other,
      ),
    ).toEqual([
      `${AT}:4:28  The JSON topic t has event type Other here, but OrderPlaced on a. Use one object type, or say with @topic(types:) where its records name their type.`,
    ]);
  });
});

describe('diagnostics of SDL and resolvers', () => {
  it('reports the syntax errors of all files', () => {
    const result = bindSchema({
      sources: [
        { name: 'a.graphql', body: 'type Query {\n  a: \n}' },
        { name: 'b.graphql', body: 'type' },
        { name: 'empty.graphql', body: '# nothing yet\n' },
      ],
    });
    expect(result).toMatchObject({
      ok: false,
      diagnostics: [
        { file: 'a.graphql', line: 3, column: 1, problem: 'Syntax Error: Expected Name, found "}".' },
        { file: 'b.graphql', line: 1, column: 5, problem: 'Syntax Error: Expected Name, found <EOF>.' },
      ],
    });
  });

  it('reports unknown types and all other errors at once', () => {
    expect(
      diagnosticsOf(
        schema({
          mutation: 'm(a: Nope): Published @publish(topic: "t", type: "Gone", key: "args.b")',
          subscription:
            's: OrderPlaced @subscribe(topic: "no pe", filter: "event.x")\nt: Missing @subscribe(topic: "t")',
        }),
        { Query: { helo: () => '' }, Nobody: { x: () => '' } },
      ),
    ).toEqual([
      'millrace.config.ts:1:1  There is a resolver for Query.helo, which is not in the schema. Fields of Query: hello.',
      'millrace.config.ts:1:1  There are resolvers for Nobody, which is not a type with fields. Use the name of an object type of the schema.',
      `${AT}:3:6  Unknown type "Nope".`,
      `${AT}:3:50  The schema has no event type "Gone". Use the name of an object type.`,
      `${AT}:3:69  args has no field b. Its fields: a.`,
      `${AT}:5:34  Invalid topic name "no pe". Use 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', but not '.' or '..'.`,
      `${AT}:5:58  event has no field x. Its fields: customerId, orderId, total.`,
      `${AT}:6:4  Unknown type "Missing".`,
    ]);
  });

  it('reports a schema without a type Query', () => {
    expect(diagnosticsOf('type A { b: Int }')).toEqual([
      expect.stringContaining(`${AT}:1:1  Query root type must be provided. Add a type Query.`),
    ]);
  });

  it('reports a second definition of a name, built-in ones included', () => {
    expect(diagnosticsOf('type Query { a: Int }\ntype Published { a: Int }')).toEqual([
      `${AT}:2:6  There can be only one type named "Published". Rename this one, or remove it. Names of schema/directives.graphql are taken.`,
    ]);
  });
});
