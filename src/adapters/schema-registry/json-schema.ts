import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isObject } from '../../core/envelope/json-object.js';
import { parseJson, withDoubles } from '../../core/exact-json.js';
import type { RegisteredSchema } from './registry-client.js';
import type { Serde } from './serde.js';

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
  const ajv = /2019-09|2020-12/.test(dialect)
    ? new Ajv2020({ strict: false, allErrors: false })
    : new Ajv({ strict: false, allErrors: false });
  for (const { name, schema: other } of references) ajv.addSchema(JSON.parse(other), name);
  const validate = ajv.compile(isObject(parsed) ? parsed : {});
  const title = isObject(parsed) ? parsed['title'] : undefined;
  return {
    nameOf: () => (typeof title === 'string' ? title : undefined),
    decode: (payload) => payload,
    encode: (_type, json) => {
      if (!validate(withDoubles(parseJson(json)))) {
        const [fault] = validate.errors ?? [];
        throw new Error(`${fault?.instancePath || 'the data'} ${fault?.message ?? 'is invalid'}`);
      }
      return json;
    },
  };
}
