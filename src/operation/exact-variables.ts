import {
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';
import { holdsLongInteger, isInexactInteger } from '../core/exact-json.js';
import { integerDigits } from '../core/integer-digits.js';

type Variables = Readonly<Record<string, unknown>>;

/** S4: how deeply variables may be nested. Parsing them takes no stack, and everything after it does. */
export const MAX_DEPTH = 128;

/** Whether a value of JSON has more than so many levels of objects and arrays. Takes no deeper a stack than that. */
export function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeperThan(levels - 1, item));
}

/**
 * Variables in a form that graphql-js coerces: it knows no `bigint`, which stands for an integer beyond 2^53
 * (`core/exact-json.ts`). An ID gets the digits, also of 1e21, and a Float the nearest double. A custom scalar gets the `bigint`. Int
 * and every other type refuse it, with its digits in the message.
 */
export function exactVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Variables | undefined,
): Variables | undefined {
  if (variables === undefined || !holdsLongInteger(variables)) return variables;
  const types = new Map(
    variableDefinitions.map(
      ({ variable, type }) => [variable.name.value, typeFromAST(schema, type)] as const,
    ),
  );
  return mapped(variables, (name, value) => {
    const type = types.get(name);
    return isInputType(type) ? exact(value, type) : value;
  });
}

function exact(value: unknown, type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return exact(value, type.ofType);
  if (isListType(type)) {
    const { ofType } = type;
    return Array.isArray(value) ? value.map((item) => exact(item, ofType)) : exact(value, ofType);
  }
  if (isInputObjectType(type)) {
    const fields = type.getFields();
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    // A value of JSON that is an object and no array.
    return mapped(value as Variables, (name, item) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return field === undefined ? item : exact(item, field.type);
    });
  }
  if (isInexactInteger(value)) return type.name === 'ID' ? integerDigits(String(value)) : value;
  if (typeof value !== 'bigint') return value;
  if (type.name === 'ID') return value.toString();
  return type.name === 'Float' ? Number(value) : value;
}

function mapped(from: Variables, change: (name: string, value: unknown) => unknown): Variables {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, change(name, value)]));
}
