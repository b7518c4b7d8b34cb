import { isDeepStrictEqual } from 'node:util';
import { type GraphQLObjectType, getNamedType, isNonNullType, isObjectType } from 'graphql';

/** A place in a JSON Schema that allows less than it did. */
export interface Narrowing {
  readonly pointer: string;
  readonly says: string;
}

type Rules = Readonly<Record<string, unknown>>;

const LOWER = ['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties', 'minContains'];
const UPPER = ['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties', 'maxContains'];
const SUBSCHEMAS = ['properties', 'patternProperties', '$defs'];
/** Looked at by themselves, or say nothing about what is allowed. */
const LOOKED_AT = new Set([
  ...LOWER,
  ...UPPER,
  ...SUBSCHEMAS,
  ...['type', 'enum', 'const', 'required', 'items', 'additionalProperties', 'multipleOf', 'uniqueItems'],
  ...['$schema', '$id', '$anchor', '$comment', '$vocabulary', 'title', 'description', 'default', 'examples'],
  ...['deprecated', 'readOnly', 'writeOnly'],
]);

/**
 * Where `after` refuses data that `before` allows. Of keywords whose meaning is not looked into (`pattern`,
 * `allOf`, `if` …) any change counts, and so does a new one. `type` is the event's type before: a rule for a
 * field that it did not have concerns no stored event.
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
    found.push({ pointer, says: 'allows nothing any more' });
    return;
  }
  const was = rulesOf(before);
  const is = rulesOf(after);
  const add = (keyword: string, says: string): void => {
    found.push({ pointer: `${pointer}/${keyword}`, says });
  };
  values(was, is, add);
  limits(was, is, add);
  for (const name of textsOf(is['required'])) {
    // What may not be null by its GraphQL type was always there.
    if (textsOf(was['required']).includes(name) || isNonNullType(type?.getFields()[name]?.type)) continue;
    add('required', `now has ${name}`);
  }
  for (const keyword of Object.keys(is)) {
    if (!LOOKED_AT.has(keyword) && !isDeepStrictEqual(was[keyword], is[keyword]))
      add(keyword, keyword in was ? 'is another one' : 'is new');
  }
  inner(was, is, type, pointer, found);
}

function values(was: Rules, is: Rules, add: (keyword: string, says: string) => void): void {
  const [typesBefore, typesNow] = [typesOf(was), typesOf(is)];
  const lost = typesBefore.filter(
    (name) => !typesNow.includes(name) && !(name === 'integer' && typesNow.includes('number')),
  );
  if (lost.length > 0 && 'type' in is) add('type', `no longer allows ${lost.join(', ')}`);
  const listed = allowed(is);
  if (listed === undefined) return;
  const keyword = 'const' in is ? 'const' : 'enum';
  const before = allowed(was);
  if (before === undefined) {
    add(keyword, 'is new');
    return;
  }
  const gone = before.filter((value) => !listed.some((one) => isDeepStrictEqual(one, value)));
  if (gone.length > 0)
    add(keyword, `no longer allows ${gone.map((value) => JSON.stringify(value)).join(', ')}`);
}

function limits(was: Rules, is: Rules, add: (keyword: string, says: string) => void): void {
  const moved = (keyword: string, isTighter: (before: number, now: number) => boolean): void => {
    const [before, now] = [was[keyword], is[keyword]];
    if (typeof now !== 'number') return;
    if (typeof before !== 'number') add(keyword, `is new: ${now}`);
    else if (isTighter(before, now)) add(keyword, `is ${now}, and was ${before}`);
  };
  for (const keyword of LOWER) moved(keyword, (before, now) => now > before);
  for (const keyword of UPPER) moved(keyword, (before, now) => now < before);
  moved('multipleOf', (before, now) => before % now !== 0);
  if (is['uniqueItems'] === true && was['uniqueItems'] !== true) add('uniqueItems', 'is new');
}

function inner(
  was: Rules,
  is: Rules,
  type: GraphQLObjectType | undefined,
  pointer: string,
  found: Narrowing[],
): void {
  if ('items' in is) compare(was['items'] ?? true, is['items'], type, `${pointer}/items`, found);
  if ('additionalProperties' in is) {
    const before = was['additionalProperties'] ?? true;
    compare(before, is['additionalProperties'], undefined, `${pointer}/additionalProperties`, found);
  }
  // Where nothing else is let in, what is no longer named is refused.
  if (is['additionalProperties'] === false || is['unevaluatedProperties'] === false) {
    for (const keyword of ['properties', 'patternProperties']) {
      const named = rulesOf(is[keyword]);
      for (const [name, rules] of Object.entries(rulesOf(was[keyword]))) {
        if (rules === false || Object.hasOwn(named, name)) continue;
        found.push({ pointer: `${pointer}/${keyword}`, says: `no longer has ${name}, which is refused now` });
      }
    }
  }
  for (const keyword of SUBSCHEMAS) {
    const [before, now] = [rulesOf(was[keyword]), rulesOf(is[keyword])];
    for (const [name, rules] of Object.entries(now)) {
      // A definition that is new is compared where it is referred to, by the reference that is new there.
      if (keyword === '$defs' && !Object.hasOwn(before, name)) continue;
      const field = keyword === 'properties' ? type?.getFields()[name] : undefined;
      const isNew = !Object.hasOwn(before, name);
      if (isNew && keyword === 'properties' && type !== undefined && field === undefined) continue;
      const fieldType = field && getNamedType(field.type);
      const next = isObjectType(fieldType) ? fieldType : undefined;
      const old = isNew ? (was['additionalProperties'] ?? true) : before[name];
      compare(old, rules, next, `${pointer}/${keyword}/${escaped(name)}`, found);
    }
  }
}

const ALL_TYPES = ['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'];

function typesOf({ type }: Rules): readonly string[] {
  return typeof type === 'string' ? [type] : Array.isArray(type) ? textsOf(type) : ALL_TYPES;
}

function allowed(rules: Rules): readonly unknown[] | undefined {
  if ('const' in rules) return [rules['const']];
  return Array.isArray(rules['enum']) ? rules['enum'] : undefined;
}

/** `true`, the schema that allows all, has no rules. */
function rulesOf(value: unknown): Rules {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

const escaped = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');
