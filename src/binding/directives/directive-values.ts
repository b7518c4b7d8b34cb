import {
  type ConstDirectiveNode,
  type ConstValueNode,
  GraphQLError,
  type GraphQLSchema,
  type GraphQLType,
  getArgumentValues,
  getNullableType,
  isInputObjectType,
  isListType,
  Kind,
} from 'graphql';
import { type Diagnostics, nameList } from '../diagnostic.js';
import { addGraphQLError } from '../sdl/graphql-errors.js';

/**
 * The arguments of an applied directive, coerced, with defaults. `undefined`: they are invalid, and a diagnostic was added.
 * graphql-js leaves out the fields of an input object that its type does not have: a typo would count as absent.
 */
export function directiveValues(
  schema: GraphQLSchema,
  node: ConstDirectiveNode,
  diagnostics: Diagnostics,
): Readonly<Record<string, unknown>> | undefined {
  const definition = schema.getDirective(node.name.value);
  if (!definition) return undefined;
  for (const { name, value } of node.arguments ?? []) {
    const type = definition.args.find((argument) => argument.name === name.value)?.type;
    if (type !== undefined) checkFields(value, type, diagnostics);
  }
  try {
    return getArgumentValues(definition, node);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    addGraphQLError(error, diagnostics);
    return undefined;
  }
}

function checkFields(value: ConstValueNode, type: GraphQLType, diagnostics: Diagnostics): void {
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    const items = value.kind === Kind.LIST ? value.values : [value];
    for (const item of items) checkFields(item, nullable.ofType, diagnostics);
  }
  if (!isInputObjectType(nullable) || value.kind !== Kind.OBJECT) return;
  const fields = nullable.getFields();
  for (const { name, value: given } of value.fields) {
    const field = Object.hasOwn(fields, name.value) ? fields[name.value] : undefined;
    if (field !== undefined) checkFields(given, field.type, diagnostics);
    else
      diagnostics.at(
        name,
        `${nullable.name} has no field ${name.value}.`,
        `Its fields: ${nameList(Object.keys(fields))}.`,
      );
  }
}
