import { basename } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { GraphQLObjectType, GraphQLSchema } from 'graphql';
import { messageOf } from '../../core/errors.js';
import { withDoubles } from '../../core/exact-json.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import { isDateTime } from '../sdl/scalars.js';
import type { SchemaSource } from '../sdl/schema-source.js';
import { eventTypeNamed } from './event-type.js';
import { type JsonDocument, parseJsonFile } from './json-document.js';
import { escapeToken } from './json-pointer.js';

/** The key of the compiled JSON Schema in an event type's extensions, where every publisher finds it. */
const VALIDATOR = Symbol('JSON Schema of an event type');

/** Invalid data of a client can violate a schema any number of times: more lines would help nobody. */
const MAX_VIOLATIONS = 20;

/**
 * Compiles the files `events/<Type>.json`: JSON Schemas (2020-12) that constrain an event type's data beyond
 * its GraphQL type. Adds a diagnostic for every error in the files.
 */
export function bindEventSchemas(
  schema: GraphQLSchema,
  sources: readonly SchemaSource[],
  diagnostics: Diagnostics,
): void {
  for (const source of sources) {
    const typeName = basename(source.name, '.json');
    const type = eventTypeNamed(typeName, schema);
    if (type === undefined) {
      diagnostics.add({
        ...{ file: source.name, line: 1, column: 1 },
        problem: `The schema has no event type ${typeName}.`,
        hint: 'Name the file after an object type of the schema.',
      });
      continue;
    }
    const parsed = parseJsonFile(source);
    if (!parsed.ok) {
      diagnostics.add({ ...parsed.location, problem: `Invalid JSON: ${parsed.error}.` });
      continue;
    }
    const validate = compile(parsed.document, diagnostics);
    if (validate === undefined) continue;
    checkPropertyNames(type, parsed.document, diagnostics);
    type.extensions = { ...type.extensions, [VALIDATOR]: validate };
  }
}

/**
 * Validates data against the JSON Schema of its type, if there is one.
 * @returns one line per violation, each starting with a JSON pointer; at most `MAX_VIOLATIONS`
 */
export function schemaViolations(type: GraphQLObjectType, data: unknown): readonly string[] {
  // Only `bindEventSchemas` has the symbol.
  const validate = Reflect.get(type.extensions, VALIDATOR) as ValidateFunction | undefined;
  if (validate === undefined || validate(withDoubles(data))) return [];
  return (validate.errors ?? []).slice(0, MAX_VIOLATIONS).map(violation);
}

function violation({ instancePath, message, params }: ErrorObject): string {
  // Ajv reports a missing or an additional property at its object. The line points to the property.
  const property: unknown = params['missingProperty'] ?? params['additionalProperty'];
  const pointer = typeof property === 'string' ? `${instancePath}/${escapeToken(property)}` : instancePath;
  return `${pointer || '/'} ${message ?? 'is not valid'}`;
}

/** `undefined`: the schema is invalid, and diagnostics were added. */
function compile(document: JsonDocument, diagnostics: Diagnostics): ValidateFunction | undefined {
  // One Ajv for each file: otherwise two files could not have the same `$id`.
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictTuples: false, logger: false });
  ajv.addFormat('date-time', isDateTime);
  const { value } = document;
  const isSchema = typeof value === 'boolean' || (typeof value === 'object' && value !== null);
  if (!isSchema || Array.isArray(value)) {
    const hint = 'Write an object or a boolean.';
    diagnostics.add({ ...document.locate(''), problem: 'The file is not a JSON Schema.', hint });
    return undefined;
  }
  try {
    if (ajv.validateSchema(value) !== true) {
      for (const { instancePath, keyword, message } of ajv.errors ?? []) {
        // Ajv adds these to the error that caused them.
        if (keyword === 'anyOf' || keyword === '$ref') continue;
        const problem = `Invalid JSON Schema (2020-12): ${instancePath || '/'} ${message ?? 'is not valid'}.`;
        diagnostics.add({ ...document.locate(instancePath), problem });
      }
      return undefined;
    }
    if (typeof value === 'object' && '$async' in value) throw new Error('unknown keyword: "$async"');
    return ajv.compile(value);
  } catch (error) {
    const message = messageOf(error);
    // The message quotes the keyword, but has no position.
    const quoted = /"([^"]*)"/.exec(message)?.[1];
    const location = (quoted === undefined ? undefined : document.find(quoted)) ?? document.locate('');
    diagnostics.add({ ...location, problem: `Invalid JSON Schema (2020-12): ${message}.` });
    return undefined;
  }
}

/** Properties that the type lacks are dropped before validation: a constraint on one never applies. */
function checkPropertyNames(type: GraphQLObjectType, document: JsonDocument, diagnostics: Diagnostics): void {
  const { value } = document;
  if (typeof value !== 'object' || value === null) return;
  const fields = type.getFields();
  const check = (name: string, pointer: string): void => {
    if (Object.hasOwn(fields, name)) return;
    const hint = `Its fields: ${nameList(Object.keys(fields))}.`;
    diagnostics.add({ ...document.locate(pointer), problem: `${type.name} has no field ${name}.`, hint });
  };
  const properties: unknown = 'properties' in value ? value.properties : undefined;
  for (const name of Object.keys(properties ?? {})) check(name, `/properties/${escapeToken(name)}`);
  const required: unknown = 'required' in value ? value.required : undefined;
  if (!Array.isArray(required)) return;
  for (const [index, name] of required.entries()) check(String(name), `/required/${index}`);
}
