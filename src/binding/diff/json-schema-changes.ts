import { isDeepStrictEqual } from 'node:util';
import { type GraphQLObjectType, getNamedType, isNonNullType, isObjectType } from 'graphql';
import { escapeToken } from '../event-types/json-pointer.js';

/** A keyword of a JSON Schema that rejects data which it accepted before. */
interface Narrowing {
  /** The keyword, as a JSON pointer into the new schema. */
  readonly pointer: string;
  /** What changed, as a predicate: `no longer allows null`. */
  readonly change: string;
}

/** A JSON Schema object. */
type Keywords = Readonly<Record<string, unknown>>;
type Report = (keyword: string, change: string) => void;

const LOWER_BOUNDS = [
  'minimum',
  'exclusiveMinimum',
  'minLength',
  'minItems',
  'minProperties',
  'minContains',
] as const;
const UPPER_BOUNDS = [
  'maximum',
  'exclusiveMaximum',
  'maxLength',
  'maxItems',
  'maxProperties',
  'maxContains',
] as const;
/** Keywords with an object of subschemas. */
const SUBSCHEMAS = ['properties', 'patternProperties', '$defs'] as const;
/** Keywords that are compared by their meaning, and those that do not constrain anything. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  ...LOWER_BOUNDS,
  ...UPPER_BOUNDS,
  ...SUBSCHEMAS,
  ...['type', 'enum', 'const', 'required', 'items', 'additionalProperties', 'multipleOf', 'uniqueItems'],
  ...['$schema', '$id', '$anchor', '$comment', '$vocabulary', 'title', 'description', 'default', 'examples'],
  ...['deprecated', 'readOnly', 'writeOnly'],
]);

/**
 * Where the JSON Schema `after` rejects data that `before` accepts. Keywords that are not compared by their
 * meaning (`pattern`, `allOf`, `if` …) count with any change, and when they are added.
 * @param type the event type of before: no stored event has a field that it lacks
 */
export function narrowings(
  before: unknown,
  after: unknown,
  type: GraphQLObjectType | undefined,
): readonly Narrowing[] {
  const found: Narrowing[] = [];
  compare(before, after, type, '', found);
  return found;
}

function compare(
  before: unknown,
  after: unknown,
  type: GraphQLObjectType | undefined,
  pointer: string,
  found: Narrowing[],
): void {
  if (after === true || before === false) return;
  if (after === false) {
    found.push({ pointer, change: 'now rejects everything' });
    return;
  }
  const old = keywordsOf(before);
  const current = keywordsOf(after);
  const report: Report = (keyword, change) => {
    found.push({ pointer: `${pointer}/${keyword}`, change });
  };
  compareValues(old, current, report);
  compareBounds(old, current, report);
  for (const name of stringsOf(current['required'])) {
    // Every stored event has a field that is non-null by its GraphQL type.
    if (stringsOf(old['required']).includes(name) || isNonNullType(type?.getFields()[name]?.type)) continue;
    report('required', `now includes ${name}`);
  }
  for (const keyword of Object.keys(current)) {
    if (!UNDERSTOOD.has(keyword) && !isDeepStrictEqual(old[keyword], current[keyword]))
      report(keyword, keyword in old ? 'changed' : 'was added');
  }
  compareSubschemas(old, current, type, pointer, found);
}

/** `type`, `enum` and `const`. */
function compareValues(old: Keywords, current: Keywords, report: Report): void {
  const [oldTypes, types] = [typesOf(old), typesOf(current)];
  const lostTypes = oldTypes.filter(
    (name) => !types.includes(name) && !(name === 'integer' && types.includes('number')),
  );
  if (lostTypes.length > 0 && 'type' in current) report('type', `no longer allows ${lostTypes.join(', ')}`);
  const values = allowedValues(current);
  if (values === undefined) return;
  const keyword = 'const' in current ? 'const' : 'enum';
  const oldValues = allowedValues(old);
  if (oldValues === undefined) {
    report(keyword, 'was added');
    return;
  }
  const lost = oldValues.filter((value) => !values.some((allowed) => isDeepStrictEqual(allowed, value)));
  if (lost.length > 0)
    report(keyword, `no longer allows ${lost.map((value) => JSON.stringify(value)).join(', ')}`);
}

function compareBounds(old: Keywords, current: Keywords, report: Report): void {
  const compareBound = (keyword: string, isTighter: (before: number, now: number) => boolean): void => {
    const [before, now] = [old[keyword], current[keyword]];
    if (typeof now !== 'number') return;
    if (typeof before !== 'number') report(keyword, `was added: ${now}`);
    else if (isTighter(before, now)) report(keyword, `changed from ${before} to ${now}`);
  };
  for (const keyword of LOWER_BOUNDS) compareBound(keyword, (before, now) => now > before);
  for (const keyword of UPPER_BOUNDS) compareBound(keyword, (before, now) => now < before);
  compareBound('multipleOf', (before, now) => before % now !== 0);
  if (current['uniqueItems'] === true && old['uniqueItems'] !== true) report('uniqueItems', 'was added');
}

function compareSubschemas(
  old: Keywords,
  current: Keywords,
  type: GraphQLObjectType | undefined,
  pointer: string,
  found: Narrowing[],
): void {
  if ('items' in current) compare(old['items'] ?? true, current['items'], type, `${pointer}/items`, found);
  if ('additionalProperties' in current) {
    const before = old['additionalProperties'] ?? true;
    compare(before, current['additionalProperties'], undefined, `${pointer}/additionalProperties`, found);
  }
  if (current['additionalProperties'] === false || current['unevaluatedProperties'] === false)
    compareClosedObject(old, current, pointer, found);
  for (const keyword of SUBSCHEMAS) {
    const oldSchemas = keywordsOf(old[keyword]);
    for (const [name, schema] of Object.entries(keywordsOf(current[keyword]))) {
      const isNew = !Object.hasOwn(oldSchemas, name);
      // A new definition constrains nothing by itself; a new reference to it shows as a change of `$ref`.
      if (isNew && keyword === '$defs') continue;
      const field = keyword === 'properties' ? type?.getFields()[name] : undefined;
      if (isNew && keyword === 'properties' && type !== undefined && field === undefined) continue;
      const fieldType = field && getNamedType(field.type);
      const before = isNew ? (old['additionalProperties'] ?? true) : oldSchemas[name];
      const nested = isObjectType(fieldType) ? fieldType : undefined;
      compare(before, schema, nested, `${pointer}/${keyword}/${escapeToken(name)}`, found);
    }
  }
}

/** Where additional properties are rejected, a property that is no longer listed is rejected too. */
function compareClosedObject(old: Keywords, current: Keywords, pointer: string, found: Narrowing[]): void {
  for (const keyword of ['properties', 'patternProperties']) {
    const listed = keywordsOf(current[keyword]);
    for (const [name, schema] of Object.entries(keywordsOf(old[keyword]))) {
      if (schema === false || Object.hasOwn(listed, name)) continue;
      found.push({
        pointer: `${pointer}/${keyword}`,
        change: `no longer has ${name}, which is now rejected`,
      });
    }
  }
}

const ALL_TYPES = ['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'];

function typesOf({ type }: Keywords): readonly string[] {
  return typeof type === 'string' ? [type] : Array.isArray(type) ? stringsOf(type) : ALL_TYPES;
}

/** `undefined`: every value of the right type is allowed. */
function allowedValues(schema: Keywords): readonly unknown[] | undefined {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined;
}

/** The boolean schema `true` has no keywords. */
function keywordsOf(schema: unknown): Keywords {
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema) ? { ...schema } : {};
}

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
