import { tests as conformance } from '@bufbuild/cel-spec/testdata/conformance.js';
import { Duration, UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { timestampOf } from '../../../../src/binding/cel/timestamp.js';

/** A value of the tests, in the JSON of `cel.expr.Value`. One member is set. */
type Value = Readonly<Record<string, unknown>>;

export interface Case {
  /** As in `timestamps/timestamp_range/add_duration_over`. */
  readonly name: string;
  readonly expression: string;
  readonly isChecked: boolean;
  /** The CEL types of the variables. */
  readonly types: ReadonlyMap<string, string>;
  readonly variables: ReadonlyMap<string, unknown>;
  /** The canonical text of the result; `undefined`: an error. */
  readonly expected: string | undefined;
}

interface Suite {
  readonly name: string;
  readonly suites?: readonly Suite[];
  readonly tests?: readonly { readonly original: Readonly<Record<string, unknown>> }[];
}

/** The suites of the language itself. The others are about protobuf messages, and about libraries beside the standard one. */
export const SUITES = [
  'basic',
  'bindings_ext',
  'comparisons',
  'conversions',
  'fields',
  'fp_math',
  'integer_math',
  'lists',
  'logic',
  'macros',
  'parse',
  'plumbing',
  'string',
  'timestamps',
] as const;

/** The cases of a suite: those that expressions of a schema could have, and how many need protobuf messages instead. */
export function casesOf(suite: (typeof SUITES)[number]): {
  readonly cases: readonly Case[];
  readonly left: number;
} {
  const root: Suite | undefined = (conformance as Suite).suites?.find(({ name }) => name === suite);
  const all = root === undefined ? [] : flatten(root, '');
  const cases = all.flatMap((one) => caseOf(one.name, one.original) ?? []);
  return { cases, left: all.length - cases.length };
}

function flatten(
  suite: Suite,
  path: string,
): readonly { readonly name: string; readonly original: Readonly<Record<string, unknown>> }[] {
  const name = path === '' ? suite.name : `${path}/${suite.name}`;
  return [
    ...(suite.tests ?? []).map(({ original }) => ({ name: `${name}/${original['name']}`, original })),
    ...(suite.suites ?? []).flatMap((inner) => flatten(inner, name)),
  ];
}

/** Cases whose expression, variables or result have messages, or that look names up in a package. */
const MESSAGES =
  /TestAllTypes|proto[23]|GlobalEnum|google\.protobuf\.(?!Timestamp|Duration)\w+|google\.protobuf\.\w+\s*\{/;

function caseOf(name: string, original: Readonly<Record<string, unknown>>): Case | undefined {
  const text = JSON.stringify({ ...original, name: '', description: '' });
  if (original['container'] !== undefined || MESSAGES.test(text) || original['disableMacros'] === true)
    return undefined;
  const types = (original['typeEnv'] ?? []) as readonly Declaration[];
  const bindings = Object.entries((original['bindings'] ?? {}) as Readonly<Record<string, { value: Value }>>);
  const isError = original['evalError'] !== undefined || original['anyEvalErrors'] !== undefined;
  const value = (original['value'] ?? { boolValue: true }) as Value;
  const typed = original['typedResult'] as { readonly result?: Value } | undefined;
  return {
    name,
    expression: String(original['expr']),
    isChecked: original['disableCheck'] !== true,
    types: new Map(types.map((one) => [one.name, typeName(one.ident?.type ?? {})])),
    variables: new Map(bindings.map(([variable, { value: bound }]) => [variable, fromValue(bound)])),
    expected: isError ? undefined : canonical(fromValue(typed?.result ?? value)),
  };
}

interface Declaration {
  readonly name: string;
  readonly ident?: { readonly type?: Value };
}

function typeName(type: Value): string {
  const { primitive, listType, mapType, wellKnown } = type as {
    primitive?: string;
    wellKnown?: string;
    listType?: { elemType?: Value };
    mapType?: { keyType?: Value; valueType?: Value };
  };
  if (listType) return `list<${typeName(listType.elemType ?? {})}>`;
  if (mapType) return `map<${typeName(mapType.keyType ?? {})}, ${typeName(mapType.valueType ?? {})}>`;
  if (wellKnown) return `google.protobuf.${wellKnown[0]}${wellKnown.slice(1).toLowerCase()}`;
  return primitive === undefined ? 'dyn' : (PRIMITIVES[primitive] ?? 'dyn');
}

const PRIMITIVES: Readonly<Record<string, string>> = {
  BOOL: 'bool',
  INT64: 'int',
  UINT64: 'uint',
  DOUBLE: 'double',
  STRING: 'string',
  BYTES: 'bytes',
};

function fromValue(value: Value): unknown {
  const [[kind, given] = ['nullValue', null]] = Object.entries(value);
  switch (kind) {
    case 'int64Value':
      return BigInt(String(given));
    case 'uint64Value':
      return new UnsignedInt(BigInt(String(given)));
    case 'doubleValue':
      return Number(given);
    case 'bytesValue':
      return new Uint8Array(Buffer.from(String(given), 'base64'));
    case 'listValue':
      return ((given as { values?: Value[] }).values ?? []).map(fromValue);
    case 'mapValue':
      return new Map(
        ((given as { entries?: { key: Value; value: Value }[] }).entries ?? []).map((entry) => [
          fromValue(entry.key),
          fromValue(entry.value),
        ]),
      );
    case 'objectValue':
      return wellKnown(given as { '@type': string; value: string });
    case 'typeValue':
      return new TypeName(String(given));
    case 'nullValue':
      return null;
    default:
      return given;
  }
}

/** A type as a value. */
class TypeName {
  constructor(readonly name: string) {}
}

function wellKnown({ '@type': type, value }: { '@type': string; value: string }): unknown {
  if (type.endsWith('.Timestamp')) return timestampOf(value);
  const [whole = '0', fraction = ''] = value.replace('s', '').split('.');
  return new Duration(BigInt(whole), Number(fraction.padEnd(9, '0')) * (value.startsWith('-') ? -1 : 1));
}

/** The same text for equal values of the same type. */
export function canonical(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join(', ')}]`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (value instanceof UnsignedInt) return `uint ${value}`;
  if (value instanceof Duration) return `duration ${value.seconds * 1_000_000_000n + BigInt(value.nanos)}`;
  if (value instanceof TypeName) return `type ${TYPE_NAMES.get(value.name) ?? value.name}`;
  if (value instanceof Map)
    return `{${[...value]
      .map(([key, item]) => `${canonical(key)}: ${canonical(item)}`)
      .sort()
      .join(', ')}}`;
  if (typeof value === 'object') {
    if (Object.prototype.toString.call(value).startsWith('[object Type<'))
      return `type ${(value as { name: string }).name}`;
    if (value.constructor === Object) return canonical(new Map(Object.entries(value)));
    return `timestamp ${value}`;
  }
  if (typeof value === 'number') return `double ${Object.is(value, -0) ? '-0' : value}`;
  return `${typeof value} ${value}`;
}

/** What cel-js calls types of CEL. */
const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ['null_type', 'null'],
  ['google.protobuf.Timestamp', 'Timestamp'],
]);
