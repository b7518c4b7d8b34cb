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

describe('diagnostics in expressions', () => {
  it('an unknown argument in a key', () => {
    expect(
      subscription('s(orderId: ID!, below: Int): OrderPlaced @subscribe(topic: "t", key: "args.order")'),
    ).toEqual([`${AT}:3:76  found args.order; expected args has childrenOf, orderId`]);
  });

  it('an unknown field of the event, also within has()', () => {
    const expected = 'found event.price; expected event has customerId, orderId, total';
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", filter: "event.price > 3")')).toEqual([
      `${AT}:3:54  ${expected}`,
    ]);
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", filter: "has(event.price)")')).toEqual([
      `${AT}:3:52  ${expected}`,
    ]);
  });

  it('an unknown variable', () => {
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", filter: "evnt.total > 3")')).toEqual([
      `${AT}:3:48  found evnt; expected args, claims, event`,
    ]);
  });

  it('the event where there is none yet', () => {
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", key: "event.orderId")')).toEqual([
      `${AT}:3:45  found event; expected args, claims`,
    ]);
  });

  it('a mutation that nothing answers', () => {
    expect(mutation('pay: String')).toEqual([
      `${AT}:3:1  found Mutation.pay without @publish; expected @publish, or a resolver for Mutation.pay`,
    ]);
  });

  it('a query that nothing answers, and that may not be null', () => {
    const text = 'type Query { rate: Int! maybe: Int bound: Int! @view(name: "v", key: "\'k\'") }';
    expect(diagnosticsOf(text).filter((one) => one.includes('without'))).toEqual([
      `${AT}:1:14  found Query.rate without @view; expected @view, or a resolver for Query.rate`,
    ]);
  });

  it('a filter or rule that is not a bool', () => {
    expect(
      subscription('s: OrderPlaced @subscribe(topic: "t", filter: "event.total") @auth(rule: "1 + 1")'),
    ).toEqual([
      `${AT}:3:48  found event.total, which is int; expected an expression that is a bool`,
      `${AT}:3:75  found 1 + 1, which is int; expected an expression that is a bool`,
    ]);
  });

  it('a key that is a bool', () => {
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", key: "true")')).toEqual([
      `${AT}:3:45  found true, which is bool; expected an expression that is a string or an Int`,
    ]);
  });

  it('values that cannot be compared', () => {
    expect(
      subscription('s: OrderPlaced @subscribe(topic: "t", filter: "event.total > event.orderId")'),
    ).toEqual([`${AT}:3:48  found int > string; expected values of types that this can be done with`]);
  });

  it('an expression that is not CEL', () => {
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", filter: "event.total >")')).toEqual([
      `${AT}:3:61  found Unexpected token: EOF; expected a CEL expression`,
    ]);
  });

  it('points into a block string by its line', () => {
    expect(
      subscription('s: OrderPlaced\n  @subscribe(topic: "t", filter: """event.nope == 1""")')[0],
    ).toContain(`${AT}:4:43  found event.nope;`);
  });
});

describe('diagnostics in what is published', () => {
  const field = (type: string, more = '') =>
    `m(orderId: ID!, customerId: ID!): Published @publish(topic: "t", type: "${type}", key: "args.orderId"${more})`;

  it('a type that is no event', () => {
    expect(mutation(field('Nope'))).toEqual([
      `${AT}:3:72  found type "Nope"; expected the name of an object type of the schema`,
    ]);
    expect(mutation(field('Query'))).toHaveLength(1);
    expect(mutation(field('ID'))).toHaveLength(1);
    expect(mutation(field('OrderPlaced'))).toEqual([]);
  });

  it('a type that no follower of the topic shows', () => {
    const text = schema({
      mutation: field('Shipped'),
      subscription: 'a: Event @subscribe(topic: "t")\nb: OrderPlaced @subscribe(topic: "t")',
      more: 'type Shipped { orderId: ID! } type OrderConfirmed { orderId: ID! } union Event = OrderPlaced | OrderConfirmed',
    });
    expect(diagnosticsOf(text)).toEqual([
      `${AT}:3:72  found type Shipped; expected a type that fields show: fields that follow t show OrderConfirmed, OrderPlaced`,
    ]);
  });

  it('an answer that nobody makes', () => {
    const text = schema({
      mutation:
        'm(orderId: ID!, customerId: ID!): Int @publish(topic: "t", type: "OrderPlaced", key: "args.orderId")',
    });
    expect(diagnosticsOf(text)).toEqual([
      `${AT}:3:35  found type Int; expected Published, an outcome, or a resolver for Mutation.m`,
    ]);
    expect(diagnosticsOf(text, { Mutation: { m: () => 1 } })).toEqual([]);
  });

  it('an input that lacks what the type needs', () => {
    const text = (input: string) =>
      mutation(
        'm(input: I!): Published @publish(topic: "t", type: "OrderPlaced", key: "args.input.orderId")',
        `input I { ${input} }`,
      );
    expect(text('orderId: ID!, customerId: ID, total: Int')).toEqual([
      `${AT}:3:25  found input I, where customerId: ID is not ID!; expected all that OrderPlaced needs, or an argument data`,
    ]);
    expect(text('orderId: ID!')).toEqual([
      `${AT}:3:25  found input I, where customerId: ID! is not there; expected all that OrderPlaced needs, or an argument data`,
    ]);
    expect(text('orderId: ID!, customerId: ID!, total: String')[0]).toContain('total: String is not Int');
    expect(text('orderId: ID!, customerId: ID!, other: String')).toEqual([]);
  });

  it('a map with too little or too much', () => {
    expect(mutation(field('OrderPlaced', `, data: "{'orderId': args.orderId, 'nope': 1}"`))).toEqual([
      `${AT}:3:115  found a map where customerId: ID! is not there; expected all that OrderPlaced needs`,
      `${AT}:3:141  found 'nope'; expected OrderPlaced has customerId, orderId, total`,
    ]);
    expect(
      mutation(field('OrderPlaced', `, data: "{'orderId': args.orderId, 'customerId': claims.sub}"`)),
    ).toEqual([]);
  });
});

describe('diagnostics in where directives are', () => {
  it('the wrong root', () => {
    const unanswered = `${AT}:3:1  found Mutation.m without @publish; expected @publish, or a resolver for Mutation.m`;
    expect(mutation('m: OrderPlaced @subscribe(topic: "t")')).toEqual([
      unanswered,
      `${AT}:3:16  found @subscribe on Mutation.m; expected @subscribe on fields of Subscription only`,
    ]);
    expect(subscription('s: OrderPlaced @publish(topic: "t", type: "OrderPlaced", key: "\'a\'")')).toEqual([
      `${AT}:3:1  found Subscription.s without @subscribe; expected @subscribe on each field of Subscription`,
      `${AT}:3:16  found @publish on Subscription.s; expected @publish on fields of Mutation only`,
    ]);
    expect(mutation('m: Int', 'type X { y: Int @auth(rule: "true") }')).toEqual([
      unanswered,
      `${AT}:5:17  found @auth on X.y; expected @auth on fields of Query, Mutation and Subscription only`,
    ]);
  });

  it('a subscription to what is no event', () => {
    for (const type of ['Int', '[OrderPlaced!]!'])
      expect(subscription(`s: ${type} @subscribe(topic: "t")`)).toEqual([
        `${AT}:3:4  found type ${type}; expected the type of an event: an object type, or a union or interface of some`,
      ]);
  });

  it('a name that the gateway uses itself', () => {
    expect(subscription('s(after: String): OrderPlaced @subscribe(topic: "t")')).toEqual([
      `${AT}:3:3  found an argument named after; expected another name: every @subscribe field is given after: Cursor`,
    ]);
  });

  it('arguments of a directive that are missing, unknown or wrong', () => {
    expect(subscription('s: OrderPlaced @subscribe(key: "\'a\'")')).toEqual([
      `${AT}:3:16  found no argument "topic"; expected "topic" of type "String!"`,
    ]);
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", kee: "\'a\'")')).toEqual([
      `${AT}:3:39  found unknown argument "kee"; expected an argument that "@subscribe" has (did you mean "key"?)`,
    ]);
    expect(subscription('s: OrderPlaced @subscribe(topic: "t", format: NEVER)')).toHaveLength(1);
    expect(subscription('s: OrderPlaced @subscribe(topic: 5)')).toHaveLength(1);
  });
});

describe('diagnostics in topics', () => {
  it('a name that Kafka does not allow', () => {
    for (const name of ['', 'a/b', 'ä', '.', 'x'.repeat(250)])
      expect(subscription(`s: OrderPlaced @subscribe(topic: "${name}")`)).toEqual([
        expect.stringContaining(`${AT}:3:34  found the topic name "${name}"; expected 1 to 249`),
      ]);
    expect(subscription(`s: OrderPlaced @subscribe(topic: "${'x'.repeat(249)}")`)).toEqual([]);
  });

  it('a tombstone that the field cannot be, or that needs more than a key', () => {
    const field = (type: string, more = '') => `s: Row @subscribe(topic: "t", tombstone: "${type}"${more})`;
    const union = (gone: string) => `type Gone { ${gone} } union Row = OrderPlaced | Gone`;
    expect(subscription(field('Nope'), union('id: ID!'))).toEqual([
      `${AT}:3:42  found type "Nope"; expected a type that s can be: Gone, OrderPlaced`,
    ]);
    expect(subscription(field('Gone'), union('id: String!'))).toEqual([
      `${AT}:3:42  found type Gone, where no field is ID!; expected a type with one field of type ID!, for the key`,
    ]);
    expect(subscription(field('OrderPlaced'), union('id: ID!'))).toEqual([
      `${AT}:3:42  found type OrderPlaced, where customerId, orderId are ID!; expected a type with one field of type ID!, for the key`,
    ]);
    expect(subscription(field('Gone'), union('id: ID!, why: String!, at: String'))).toEqual([
      `${AT}:3:42  found type Gone, where why: String! cannot be null; expected a type that has nothing but id to be filled: a tombstone says its key and no more`,
    ]);
    expect(subscription(field('Gone'), union('id: ID!, at: String'))).toEqual([]);
    expect(subscription(field('Gone', ', format: JSON'), union('id: ID!'))).toEqual([]);
  });

  it('fields that disagree on its format', () => {
    expect(
      subscription(
        'a: OrderPlaced @subscribe(topic: "t")\nb: OrderPlaced @subscribe(topic: "t", format: JSON)',
      ),
    ).toEqual([`${AT}:4:34  found format JSON for t; expected format CLOUDEVENTS, as a says`]);
  });

  it('JSON of more than one type', () => {
    const other = 'type Other { a: Int } union Both = OrderPlaced | Other';
    expect(subscription('s: Both @subscribe(topic: "t", format: JSON)', other)).toEqual([
      `${AT}:3:27  found OrderPlaced, Other for the JSON topic t; expected one object type: records without CloudEvents headers do not say their type`,
    ]);
    expect(
      subscription(
        'a: OrderPlaced @subscribe(topic: "t", format: JSON)\nb: Other @subscribe(topic: "t", format: JSON)',
        other,
      ),
    ).toEqual([`${AT}:4:28  found Other for the JSON topic t; expected OrderPlaced, as a says`]);
  });
});

describe('diagnostics in GraphQL and resolvers', () => {
  it('syntax errors of all files', () => {
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
        { file: 'a.graphql', line: 3, column: 1, found: '"}"' },
        { file: 'b.graphql', line: 1, column: 5, found: '<EOF>' },
      ],
    });
  });

  it('unknown types and other diagnostics, all at once', () => {
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
      'millrace.config.ts:1:1  found a resolver for Query.helo; expected a field of Query: hello',
      'millrace.config.ts:1:1  found resolvers for Nobody; expected an object type of the schema',
      `${AT}:3:6  found unknown type "Nope"; expected one that the schema defines`,
      `${AT}:3:50  found type "Gone"; expected the name of an object type of the schema`,
      `${AT}:3:69  found args.b; expected args has a`,
      `${AT}:5:34  found the topic name "no pe"; expected 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', and not '.' or '..'`,
      `${AT}:5:58  found event.x; expected event has customerId, orderId, total`,
      `${AT}:6:4  found unknown type "Missing"; expected one that the schema defines`,
    ]);
  });

  it('a schema without a Query', () => {
    expect(diagnosticsOf('type A { b: Int }')).toEqual([
      expect.stringContaining(`${AT}:1:1  found no type Query; expected a type Query`),
    ]);
  });

  it('a second definition of a name, also of ours', () => {
    expect(diagnosticsOf('type Query { a: Int }\ntype Published { a: Int }')).toEqual([
      `${AT}:2:6  found a second type named "Published"; expected another name`,
    ]);
  });
});
