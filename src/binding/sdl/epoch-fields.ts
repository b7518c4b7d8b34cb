import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type GraphQLDirective,
  GraphQLError,
  type GraphQLField,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLOutputType,
  GraphQLScalarType,
  type GraphQLSchema,
  getDirectiveValues,
  getNamedType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { dateOf, daysOf, timestampText, unitsOfTimestamp } from '../../core/epoch.js';
import type { Diagnostics } from '../diagnostic.js';
import { addGraphQLError } from './graphql-errors.js';
import { builtInScalar, withBehaviour } from './scalars.js';

type Integer = number | bigint;

/** How data have a time as a number, and how it is shown. */
interface Epoch {
  readonly scalar: 'DateTime' | 'Date';
  readonly show: (units: Integer) => string;
  readonly store: (text: string) => Integer;
}

const dateTime = (digits: number): Epoch => ({
  scalar: 'DateTime',
  show: (units) => `${timestampText(units, digits)}Z`,
  store: (text) => unitsOfTimestamp(text, digits),
});

/** `enum EpochUnit`. */
const UNITS: Readonly<Record<string, Epoch>> = {
  SECONDS: {
    scalar: 'DateTime',
    show: (units) => `${timestampText(BigInt(units) * 1_000n, 3)}Z`,
    store: (text) => unitsOfTimestamp(text, 0),
  },
  MILLISECONDS: dateTime(3),
  MICROSECONDS: dateTime(6),
  NANOSECONDS: dateTime(9),
  DAYS: { scalar: 'Date', show: dateOf, store: daysOf },
};

/**
 * Gives each field with `@epoch` a scalar of its own, which reads and writes numbers. It has the name of the scalar in its
 * place: to clients it is the same type.
 */
export function bindEpochFields(schema: GraphQLSchema, diagnostics: Diagnostics): void {
  const scalars = new Map<string, GraphQLScalarType>();
  const directive = schema.getDirective('epoch');
  for (const type of Object.values(schema.getTypeMap())) {
    if (directive == null || !(isObjectType(type) || isInterfaceType(type))) continue;
    for (const field of Object.values(type.getFields())) {
      const node = field.astNode?.directives?.find(({ name }) => name.value === 'epoch');
      if (node === undefined || field.astNode == null) continue;
      const unit = unitOf(directive, field.astNode, diagnostics);
      if (unit === undefined) continue;
      bindField(`${type.name}.${field.name}`, field, unit, node, scalars, diagnostics);
    }
  }
}

function unitOf(
  directive: GraphQLDirective,
  node: FieldDefinitionNode,
  diagnostics: Diagnostics,
): string | undefined {
  try {
    return String(getDirectiveValues(directive, node)?.['unit']);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    addGraphQLError(error, diagnostics);
    return undefined;
  }
}

function bindField(
  coordinate: string,
  field: GraphQLField<unknown, unknown>,
  unit: string,
  node: ConstDirectiveNode,
  scalars: Map<string, GraphQLScalarType>,
  diagnostics: Diagnostics,
): void {
  const epoch = UNITS[unit];
  const named = getNamedType(field.type);
  if (epoch === undefined || !isScalarType(named) || named.name !== epoch.scalar || !builtInScalar(named)) {
    const problem = `@epoch(unit: ${unit}) is not allowed on ${coordinate}, whose type is ${named.name}.`;
    diagnostics.at(node, problem, 'DAYS is for fields of type Date, the other units are for DateTime.');
    return;
  }
  const scalar = scalars.get(unit) ?? scalarOf(named, unit, epoch);
  scalars.set(unit, scalar);
  field.type = replaced(field.type, scalar);
}

function scalarOf(type: GraphQLScalarType, unit: string, epoch: Epoch): GraphQLScalarType {
  const text = builtInScalar(type);
  if (text === undefined) throw new Error(`${type.name} is not a built-in scalar`);
  const problem = `A ${type.name} with @epoch(unit: ${unit}) must be an integer in the data, of the years 0 to 9999.`;
  return withBehaviour(new GraphQLScalarType(type.toConfig()), {
    ...text,
    coerce: (value) => {
      const units = integerOf(value);
      // Some producers, and what the gateway's own resolvers return, have text.
      return units === undefined ? text.coerce(value) : attempt(problem, () => epoch.show(units));
    },
    store: (value) => {
      const units = integerOf(value);
      return units ?? attempt(problem, () => epoch.store(String(text.coerce(value))));
    },
  });
}

function integerOf(value: unknown): Integer | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value))
    return Number.isSafeInteger(value) ? value : BigInt(value);
  // An integer beyond 2^53 comes as its digits.
  return typeof value === 'string' && /^-?\d{1,30}$/.test(value) ? BigInt(value) : undefined;
}

function attempt<T>(problem: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new GraphQLError(problem);
    throw error;
  }
}

function replaced(type: GraphQLOutputType, scalar: GraphQLScalarType): GraphQLOutputType {
  if (isNonNullType(type)) {
    const inner = replaced(type.ofType, scalar);
    return isNonNullType(inner) ? inner : new GraphQLNonNull(inner);
  }
  return isListType(type) ? new GraphQLList(replaced(type.ofType, scalar)) : scalar;
}
