import {
  type ArgumentNode,
  astFromValue,
  type GraphQLField,
  type GraphQLInputType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
} from 'graphql';
import { IMPLICIT_ARGS } from '../../binding/sdl/implicit-args.js';

/** How deep samples of input objects are nested; a field beyond that is left out where it may be. */
const MAX_DEPTH = 4;

/** Values that clients could give, by scalar. Not 0: it would divide by zero. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  Int: 1,
  Float: 1,
  Boolean: true,
  String: 'sample',
  ID: 'sample',
  DateTime: '2026-01-01T00:00:00Z',
  Date: '2026-01-01',
  Time: '00:00:00Z',
  UUID: '00000000-0000-4000-8000-000000000000',
  Long: '1',
  BigInt: '1',
  Decimal: '1',
  JSON: {},
};

/**
 * The arguments of a field as some client could give them: the default of each, or else a sample. An argument of a scalar
 * that is not known here is left out.
 */
export function sampleArguments({ args }: GraphQLField<unknown, unknown>): readonly ArgumentNode[] {
  return args.flatMap(({ name, type, defaultValue }): ArgumentNode[] => {
    if (defaultValue !== undefined || Object.hasOwn(IMPLICIT_ARGS, name)) return [];
    try {
      const value = astFromValue(sample(type, 0), type);
      if (value === null || value === undefined || value.kind === Kind.NULL) return [];
      return [{ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: name }, value }];
    } catch {
      return []; // A scalar that has no such value. Whether it may be absent shows where arguments are coerced.
    }
  });
}

function sample(type: GraphQLInputType, depth: number): unknown {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return depth < MAX_DEPTH ? [sample(nullable.ofType, depth + 1)] : [];
  if (isEnumType(nullable)) return nullable.getValues()[0]?.value;
  if (!isInputObjectType(nullable)) return SAMPLES[nullable.name] ?? null;
  const fields = Object.values(nullable.getFields());
  const given = nullable.isOneOf ? fields.slice(0, 1) : fields;
  const values = given.flatMap((field) => {
    if (depth >= MAX_DEPTH && !isNonNullType(field.type)) return [];
    return depth > 2 * MAX_DEPTH ? [] : [[field.name, sample(field.type, depth + 1)] as const];
  });
  return Object.fromEntries(values);
}
