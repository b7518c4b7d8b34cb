import { buildSchema, execute, getOperationAST, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { parseJsonText, stringifyJson } from '../../src/core/exact-json.js';
import { exactVariables } from '../../src/operation/exact-variables.js';

const schema = buildSchema(`
  scalar Long
  input In { id: ID, ids: [ID!], float: Float, long: Long, inner: In }
  type Query { id(v: ID): String, ids(v: [ID]): String, int(v: Int): String, text(v: String): String,
    float(v: Float): String, long(v: Long): String, input(v: In): String }`);
const BIG = '1234567890123456789';
const echo = (args: { v: unknown }) => stringifyJson(args.v);
const rootValue = { id: echo, ids: echo, int: echo, text: echo, float: echo, long: echo, input: echo };

/** What the field's argument is, as JSON; or why the variable is refused. */
function shown(field: string, type: string, json: string): unknown {
  const document = parse(`query ($v: ${type}) { v: ${field}(v: $v) }`);
  const operation = getOperationAST(document);
  // The test writes an object.
  const given = parseJsonText(`{"v":${json}}`) as Record<string, unknown>;
  if (!operation) throw new Error('no operation');
  const variableValues = exactVariables(schema, operation, given);
  // No field of it is asynchronous.
  const result = execute({ schema, document, rootValue, variableValues: { ...variableValues } });
  if (result instanceof Promise) throw new Error('asynchronous');
  return result.data?.['v'] ?? result.errors?.[0]?.message;
}

describe('integers beyond 2^53 in variables', () => {
  it.each([
    ['id', 'ID!', BIG, `"${BIG}"`],
    ['id', 'ID!', `-${BIG}`, `"-${BIG}"`],
    ['id', 'ID!', '9007199254740993', '"9007199254740993"'],
    ['id', 'ID!', '42', '"42"'],
    ['ids', '[ID]', `[${BIG},null,"x",1]`, `["${BIG}",null,"x","1"]`],
    ['ids', '[ID]', BIG, `["${BIG}"]`],
    ['long', 'Long', BIG, BIG],
    ['long', 'Long', `{"deep":[${BIG}]}`, `{"deep":[${BIG}]}`],
    ['float', 'Float', BIG, '1234567890123456800'],
    [
      'input',
      'In',
      `{"id":${BIG},"ids":[${BIG}],"float":${BIG},"long":${BIG},"inner":{"id":${BIG}}}`,
      `{"id":"${BIG}","ids":["${BIG}"],"float":1234567890123456800,"long":${BIG},"inner":{"id":"${BIG}"}}`,
    ],
  ])('are exact for %s of type %s: %s', (field, type, json, seen) => {
    expect(shown(field, type, json)).toBe(seen);
  });

  it.each([
    ['int', 'Int', `Int cannot represent non-integer value: ${BIG}`],
    ['text', 'String', `String cannot represent a non string value: ${BIG}`],
  ])('are refused with their digits for %s of type %s', (field, type, reason) => {
    expect(shown(field, type, BIG)).toContain(reason);
  });
});
