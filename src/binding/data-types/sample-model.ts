import {
  type DataField,
  type DataModel,
  type DataType,
  type DataValue,
  ModelBuilder,
  scalar,
} from '../../core/data-model.js';
import { isObject, type JsonObject } from '../../core/envelope/json-object.js';
import { builtInScalarNamed } from '../sdl/scalars.js';
import { isName, pascalCase } from './names.js';

/** With fewer samples, a field that all of them have may still be absent from the next one. */
const MIN_SAMPLES = 10;
/** An object with more members is a map, whose keys are data. */
const MAX_FIELDS = 100;
const MAX_DEPTH = 10;
const INT_LIMIT = 2 ** 31;

/**
 * What samples of data look like, by the type of their event. Types are as narrow as all samples allow: a field is non-null if
 * every one of at least `MIN_SAMPLES` objects has it, and a DateTime if every text is one.
 */
export function sampleModel(samples: ReadonlyMap<string, readonly JsonObject[]>): DataModel {
  const model = new ModelBuilder();
  for (const [name, objects] of samples) {
    const seen = new Seen();
    for (const object of objects) seen.add(object, 0);
    objectOf(seen, name, model);
  }
  return model.build([...samples.keys()]);
}

/** What was seen of one value in all samples. */
class Seen {
  /** How many values there were, nulls too. */
  count = 0;
  readonly kinds = new Set<'boolean' | 'integer' | 'double' | 'text' | 'list' | 'object'>();
  isNullable = false;
  /** Whether an integer does not fit into 32 bits, or into 64. */
  bits: 32 | 64 | 128 = 32;
  /** The scalars that all texts so far are. */
  texts: readonly TextScalar[] = TEXT_SCALARS;
  objects = 0;
  items: Seen | undefined;
  readonly fields = new Map<string, Seen>();

  add(value: unknown, depth: number): void {
    this.count += 1;
    if (value === null || value === undefined) this.isNullable = true;
    else if (typeof value === 'boolean') this.kinds.add('boolean');
    else if (typeof value === 'number' || typeof value === 'bigint') this.#number(value);
    else if (typeof value === 'string') this.#text(value);
    else if (Array.isArray(value)) {
      this.kinds.add('list');
      this.items ??= new Seen();
      for (const item of value) this.items.add(item, depth + 1);
    } else if (isObject(value)) this.#object(value, depth);
  }

  #number(value: number | bigint): void {
    const isInteger = typeof value === 'bigint' || Number.isInteger(value);
    this.kinds.add(isInteger ? 'integer' : 'double');
    if (!isInteger || (value < INT_LIMIT && value >= -INT_LIMIT)) return;
    const isLong = BigInt.asIntN(64, BigInt(value)) === BigInt(value);
    this.bits = isLong && this.bits !== 128 ? 64 : 128;
  }

  #text(value: string): void {
    this.kinds.add('text');
    this.texts = this.texts.filter((name) => is(name, value));
  }

  #object(value: JsonObject, depth: number): void {
    this.kinds.add('object');
    this.objects += 1;
    if (depth > MAX_DEPTH || this.fields.size > MAX_FIELDS) return;
    for (const [name, member] of Object.entries(value)) {
      const field = this.fields.get(name) ?? new Seen();
      this.fields.set(name, field);
      field.add(member, depth + 1);
    }
  }
}

type TextScalar = 'DateTime' | 'Date' | 'UUID';
const TEXT_SCALARS: readonly TextScalar[] = ['DateTime', 'Date', 'UUID'];

function is(name: TextScalar, value: string): boolean {
  try {
    builtInScalarNamed(name)?.coerce(value);
    return true;
  } catch {
    return false;
  }
}

/** @param hint the name of an object's type */
function typeOf(seen: Seen, hint: string, model: ModelBuilder): DataType {
  const [kind, ...others] = [...seen.kinds].sort();
  if (kind === undefined) return json('no sample has a value');
  if (others.length > 0)
    return kind === 'double' && others.join() === 'integer'
      ? scalar('Float')
      : json('samples have values of several types');
  switch (kind) {
    case 'boolean':
      return scalar('Boolean');
    case 'double':
      return scalar('Float');
    case 'integer':
      return scalar(seen.bits === 32 ? 'Int' : seen.bits === 64 ? 'Long' : 'BigInt');
    case 'text':
      return scalar(seen.texts[0] ?? 'String');
    case 'list':
      return {
        kind: 'list',
        items: dataValue(seen.items ?? new Seen(), `${hint}Item`, seen.items?.count ?? 0, model),
      };
    case 'object':
      return objectOf(seen, hint, model);
  }
}

/** @param expected how many samples might have had the value */
function dataValue(seen: Seen, hint: string, expected: number, model: ModelBuilder): DataValue {
  const nullable = seen.isNullable || seen.count < expected || seen.count < MIN_SAMPLES;
  return { type: typeOf(seen, hint, model), nullable };
}

function objectOf(seen: Seen, hint: string, model: ModelBuilder): DataType {
  const names = [...seen.fields.keys()];
  const isMap = names.length > MAX_FIELDS || names.filter(isName).length * 2 < names.length;
  if (names.length === 0 || isMap) return json('its members differ from sample to sample');
  let name = hint;
  for (let n = 2; model.objects.has(name); n += 1) name = `${hint}${n}`;
  return model.object(name, undefined, () =>
    [...seen.fields].map(
      ([field, inner]): DataField => ({
        name: field,
        ...dataValue(inner, pascalCase(hint) + pascalCase(field), seen.objects, model),
      }),
    ),
  );
}

const json = (because: string): DataType => ({ kind: 'json', because });
