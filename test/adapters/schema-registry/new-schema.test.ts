import { describe, expect, it, onTestFinished } from 'vitest';
import { newSchema } from '../../../src/adapters/schema-registry/new-schema.js';
import { RegistryClient } from '../../../src/adapters/schema-registry/registry-client.js';
import { RegistryCodec } from '../../../src/adapters/schema-registry/registry-codec.js';
import { SchemaCache } from '../../../src/adapters/schema-registry/schema-cache.js';
import { graphQLModel } from '../../../src/binding/data-types/graphql-model.js';
import type { Encoding } from '../../../src/core/topic-format.js';
import { bound } from '../../binding/schema.js';
import { FakeRegistry } from './fake-registry.js';

const signal = AbortSignal.timeout(60_000);
const ENCODINGS: readonly Encoding[] = ['AVRO', 'PROTOBUF', 'JSON_SCHEMA'];

const { schema } = bound(`
  type Query { ok: Boolean }
  type Subscription { all: Change! @subscribe(topic: "changes") more: Odd! @subscribe(topic: "odd") }
  union Change = Placed | Cancelled
  type Placed {
    id: ID! n: Int! big: Long! price: Float! exact: Decimal! text: String ok: Boolean!
    at: DateTime! day: Date! time: Time! local: LocalDateTime! uuid: UUID! raw: Bytes!
    state: State! lines: [Line!]! tags: [String!] home: Line snake_case: String computed: Int
  }
  type Line { sku: ID! count: Int }
  type Cancelled { id: ID! }
  type Odd { what: JSON! }
  enum State { NEW OLD }
`);
const computed = { Placed: { computed: () => 1 } };
const modelOf = (...types: readonly string[]) => graphQLModel(types, schema, computed);

const PLACED = {
  id: '9007199254740993',
  n: -5,
  big: 7,
  price: 2.5,
  exact: '12.50',
  ok: true,
  at: '2026-01-31T09:30:00.123456Z',
  day: '2026-01-31',
  time: '09:30:00.000001',
  local: '2026-01-31T09:30:00.000001',
  uuid: '550e8400-e29b-41d4-a716-446655440000',
  raw: 'AAEC',
  state: 'OLD',
  lines: [{ sku: 'a', count: 1 }],
  tags: ['x'],
  home: { sku: 'b', count: 2 },
  snake_case: 'as it is',
};

/** A codec that registers the first schema of its subject. */
async function open(encoding: Encoding, ...types: readonly string[]) {
  const registry = await FakeRegistry.start();
  const client = new RegistryClient({ url: registry.url });
  onTestFinished(async () => {
    client[Symbol.dispose]();
    await registry[Symbol.asyncDispose]();
  });
  const first = () => newSchema(encoding, modelOf(...types));
  return { registry, codec: new RegistryCodec(encoding, 'changes-value', new SchemaCache(client), first) };
}

describe('the first schema of a subject, made from GraphQL types', () => {
  it.each(ENCODINGS)('in %s holds every value that the types allow', async (encoding) => {
    const { registry, codec } = await open(encoding, 'Placed', 'Cancelled');
    await codec.prepareEncode(['Placed'], signal);
    const placed = codec.encode('Placed', Buffer.from(JSON.stringify(PLACED)));
    const cancelled = codec.encode('Cancelled', Buffer.from('{"id":"1"}'));
    await codec.prepareDecode([{ type: '', value: placed }], signal);
    expect(JSON.parse(codec.decode('Placed', placed).toString())).toMatchObject(PLACED);
    expect(JSON.parse(codec.decode('Cancelled', cancelled).toString())).toMatchObject({ id: '1' });
    expect(registry.asked.filter((path) => path === '/subjects/changes-value/versions')).toHaveLength(1);
    expect(JSON.stringify(registry.registered)).not.toContain('computed');
  });

  it.each(ENCODINGS)('in %s refuses what the types do not allow', async (encoding) => {
    const { codec } = await open(encoding, 'Placed');
    await codec.prepareEncode(['Placed'], signal);
    expect(() => codec.encode('Placed', Buffer.from(JSON.stringify({ ...PLACED, n: 'x' })))).toThrow();
  });

  it('is registered for nobody who did not ask for it, nor where one is', async () => {
    const { registry } = await open('AVRO', 'Placed');
    const client = new RegistryClient({ url: registry.url });
    const plain = new RegistryCodec('AVRO', 'changes-value', new SchemaCache(client));
    await plain.prepareEncode(['Placed'], signal);
    expect(() => plain.encode('Placed', Buffer.from('{}'))).toThrow(
      /has no schema for the subject changes-value/,
    );
    registry.answers.set('/subjects/changes-value/versions/latest', { id: 5, schema: '"string"' });
    const { codec } = {
      codec: new RegistryCodec('AVRO', 'changes-value', new SchemaCache(client), () =>
        newSchema('AVRO', modelOf('Placed')),
      ),
    };
    await codec.prepareEncode(['Placed'], signal);
    expect(registry.registered).toEqual([]);
    client[Symbol.dispose]();
  });

  it('cannot be made of a type that the encoding lacks, and the error names it', async () => {
    const { codec } = await open('AVRO', 'Odd');
    await codec.prepareEncode(['Odd'], signal);
    expect(() => codec.encode('Odd', Buffer.from('{"what":1}'))).toThrow(
      /Avro has no type for the type JSON: register a schema/,
    );
  });
});
