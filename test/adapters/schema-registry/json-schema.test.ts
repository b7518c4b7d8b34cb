import { describe, expect, it } from 'vitest';
import { jsonSchemaSerde } from '../../../src/adapters/schema-registry/json-schema.js';

const registered = (schema: unknown) =>
  ({ schema: JSON.stringify(schema), schemaType: 'JSON', references: [] }) as const;
const SCHEMA = { title: 'Said', type: 'object', required: ['n'], properties: { n: { type: 'integer' } } };

describe('JSON Schema of a registry', () => {
  it('reads the payload as it is, with exact integers, and names the title as its type', () => {
    const serde = jsonSchemaSerde(registered(SCHEMA), []);
    const payload = Buffer.from('{"n":9007199254740993}');
    expect(serde.decode(payload)).toBe(payload);
    expect(serde.nameOf(payload)).toBe('Said');
  });

  it.each([
    undefined,
    'http://json-schema.org/draft-07/schema#',
    'https://json-schema.org/draft/2020-12/schema',
  ])('publishes only what is valid, by the dialect %s', ($schema) => {
    const serde = jsonSchemaSerde(registered({ ...SCHEMA, ...($schema && { $schema }) }), []);
    expect(serde.encode('Said', Buffer.from('{"n":9007199254740993}'))).toEqual(
      Buffer.from('{"n":9007199254740993}'),
    );
    expect(() => serde.encode('Said', Buffer.from('{"n":"x"}'))).toThrow('/n must be integer');
    expect(() => serde.encode('Said', Buffer.from('{}'))).toThrow(/required property 'n'/);
  });

  it('writes the text of an ID as a number where the schema has one, exactly and at any depth', () => {
    const line = { type: 'object', properties: { 'a/b': { type: 'integer' } } };
    const schema = {
      type: 'object',
      properties: { n: { type: 'integer' }, lines: { type: 'array', items: line } },
    };
    const serde = jsonSchemaSerde(registered(schema), []);
    const written = serde.encode(
      'Order',
      Buffer.from('{"n":"9007199254740993","lines":[{"a/b":"7"}],"text":"5"}'),
    );
    expect(written.toString()).toBe('{"n":9007199254740993,"lines":[{"a/b":7}],"text":"5"}');
    expect(() => serde.encode('Order', Buffer.from('{"n":"7x"}'))).toThrow('/n must be integer');
  });

  it('follows references to other schemas of the registry', () => {
    const schema = { type: 'object', properties: { line: { $ref: 'line.json' } } };
    const line = { ...registered({ type: 'object', required: ['sku'] }), name: 'line.json' };
    const serde = jsonSchemaSerde(registered(schema), [line]);
    expect(() => serde.encode('Order', Buffer.from('{"line":{}}'))).toThrow(/required property 'sku'/);
  });
});
