import { Ajv, type ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isObject } from '../../core/envelope/json-object.js';
import { parseJson, stringifyJson, withDoubles } from '../../core/exact-json.js';
import type { RegisteredSchema } from './registry-client.js';
import type { Serde } from './serde.js';

// Formats that ajv does not know, such as date-time, are no reason to write to the log of the process.
const OPTIONS = { strict: false, allErrors: true, logger: false } as const;

/**
 * A JSON Schema: the payload is JSON already. What is published has to be valid; what is read is shown as it is, because its
 * writer has checked it.
 * @param references by the `$id` or path by which the schema refers to them
 * @throws {Error} that says why the schema cannot be used
 */
export function jsonSchemaSerde(
  { schema }: RegisteredSchema,
  references: readonly (RegisteredSchema & { readonly name: string })[],
): Serde {
  const parsed: unknown = JSON.parse(schema);
  const dialect = isObject(parsed) ? String(parsed['$schema'] ?? '') : '';
  // Without `$schema`, Confluent's serialiser for Java takes draft-07, and its one for Python 2020-12.
  const ajv = /2019-09|2020-12/.test(dialect) ? new Ajv2020(OPTIONS) : new Ajv(OPTIONS);
  for (const { name, schema: other } of references) ajv.addSchema(JSON.parse(other), name);
  const validate = ajv.compile(isObject(parsed) ? parsed : {});
  const title = isObject(parsed) ? parsed['title'] : undefined;
  return {
    nameOf: () => (typeof title === 'string' ? title : undefined),
    decode: (payload) => payload,
    encode: (_type, json) => {
      const value = parseJson(json);
      if (validate(withDoubles(value))) return json;
      const isChanged = numberTexts(value, validate.errors ?? []);
      if (!isChanged || !validate(withDoubles(value))) {
        const [fault] = validate.errors ?? [];
        throw new Error(`${fault?.instancePath || 'the data'} ${fault?.message ?? 'is invalid'}`);
      }
      return Buffer.from(stringifyJson(value));
    },
  };
}

/**
 * Makes integers of texts such as an `ID` has, where the schema wants a number.
 * @param value is changed
 * @returns whether anything was
 */
function numberTexts(value: unknown, faults: readonly ErrorObject[]): boolean {
  let isChanged = false;
  for (const { keyword, params, instancePath } of faults) {
    if (keyword !== 'type' || !['integer', 'number'].includes(params['type'])) continue;
    const path = instancePath
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    const name = path.pop();
    const parent = path.reduce<unknown>(
      (inner, part) => (isContainer(inner) ? inner[part] : undefined),
      value,
    );
    if (name === undefined || !isContainer(parent)) continue;
    const text = parent[name];
    if (typeof text !== 'string' || !/^-?\d{1,30}$/.test(text)) continue;
    const number = Number(text);
    parent[name] = Number.isSafeInteger(number) ? number : BigInt(text);
    isChanged = true;
  }
  return isChanged;
}

/** An object or an array: both have their members by text. */
const isContainer = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
