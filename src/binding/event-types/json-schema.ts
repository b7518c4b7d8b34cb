import { basename } from 'node:path';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { type GraphQLObjectType, type GraphQLSchema, isObjectType } from 'graphql';
import { type Diagnostics, nameList } from '../diagnostic.js';
import { isDateTime } from '../sdl/scalars.js';
import type { SchemaSource } from '../sdl/schema-source.js';
import { type JsonDocument, readJson } from './json-document.js';

/** Where the rules of an event type stand: on the type itself, so that all who publish it meet them. */
const RULES = Symbol('rules of an event type');

/** More would help nobody, and data of a client can have very many. */
const MOST_PROBLEMS = 20;

/**
 * Reads `events/<Type>.json`: what data of an event type has to be beyond its GraphQL type, as JSON Schema
 * (2020-12). All diagnostics in the files are found here, at start.
 */
export function bindEventSchemas(
  schema: GraphQLSchema,
  sources: readonly SchemaSource[],
  diagnostics: Diagnostics,
): void {
  for (const source of sources) {
    const type = schema.getType(basename(source.name, '.json'));
    const roots: unknown[] = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    if (!isObjectType(type) || roots.includes(type)) {
      diagnostics.add({
        ...{ file: source.name, line: 1, column: 1 },
        found: `rules for ${basename(source.name, '.json')}`,
        expected: 'a file named after an object type of the schema',
      });
      continue;
    }
    const read = readJson(source);
    if ('wrong' in read) {
      diagnostics.add({ ...read.place, found: read.wrong, expected: 'JSON' });
      continue;
    }
    const validate = compiled(read.text, diagnostics);
    if (validate === undefined) continue;
    checkNames(type, read.text, diagnostics);
    type.extensions = { ...type.extensions, [RULES]: validate };
  }
}

/** What the rules of its type have against data: a line for each, that begins with a JSON pointer. */
export function schemaViolations(type: GraphQLObjectType, data: unknown): readonly string[] {
  // Only `bindEventSchemas` has the symbol.
  const validate = Reflect.get(type.extensions, RULES) as ValidateFunction | undefined;
  if (validate === undefined || validate(data)) return [];
  return (validate.errors ?? []).slice(0, MOST_PROBLEMS).map(lineOf);
}

function lineOf({ instancePath, message, params }: ErrorObject): string {
  const part: unknown = params['missingProperty'] ?? params['additionalProperty'];
  const pointer = typeof part === 'string' ? `${instancePath}/${escaped(part)}` : instancePath;
  return `${pointer || '/'} ${message ?? 'is not valid'}`;
}

const escaped = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

function compiled(text: JsonDocument, diagnostics: Diagnostics): ValidateFunction | undefined {
  // Each file by itself: an `$id` that two of them have is no concern of either.
  const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictTuples: false, logger: false });
  ajv.addFormat('date-time', isDateTime);
  const { value } = text;
  const isSchema = typeof value === 'boolean' || (typeof value === 'object' && value !== null);
  if (!isSchema || Array.isArray(value)) {
    diagnostics.add({ ...text.at(''), found: 'a value that is no schema', expected: 'a JSON Schema' });
    return undefined;
  }
  try {
    if (ajv.validateSchema(value) !== true) {
      for (const error of ajv.errors ?? []) {
        const { instancePath, keyword } = error;
        // They follow from others, and say nothing.
        if (keyword === 'anyOf' || keyword === '$ref') continue;
        const found = `${instancePath || '/'}, which ${error.message ?? 'is not valid'}`;
        diagnostics.add({ ...text.at(instancePath), found, expected: 'JSON Schema 2020-12' });
      }
      return undefined;
    }
    if (typeof value === 'object' && '$async' in value) throw new Error('unknown keyword: "$async"');
    return ajv.compile(value);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const quoted = /"([^"]*)"/.exec(found)?.[1];
    const place = (quoted === undefined ? undefined : text.find(quoted)) ?? text.at('');
    diagnostics.add({ ...place, found, expected: 'JSON Schema 2020-12' });
    return undefined;
  }
}

/** A rule for a field that the type has not would never be looked at: data are cut to their type first. */
function checkNames(type: GraphQLObjectType, text: JsonDocument, diagnostics: Diagnostics): void {
  const { value } = text;
  if (typeof value !== 'object' || value === null) return;
  const known = type.getFields();
  const properties: unknown = 'properties' in value ? value.properties : undefined;
  const required: unknown = 'required' in value ? value.required : undefined;
  const wrong = (name: string, pointer: string): void => {
    if (Object.hasOwn(known, name)) return;
    const expected = `${type.name} has ${nameList(Object.keys(known))}`;
    diagnostics.add({ ...text.at(pointer), found: `the property ${name}`, expected });
  };
  for (const name of Object.keys(properties ?? {})) wrong(name, `/properties/${escaped(name)}`);
  if (!Array.isArray(required)) return;
  for (const [i, name] of required.entries()) wrong(String(name), `/required/${i}`);
}
