import { type ArgumentNode, type FieldNode, Kind, parse, type SelectionNode } from 'graphql';
import type { ConcreteRequest, NormalizationLinkedField, NormalizationScalarField } from 'relay-runtime';

/** A field of both trees: what Relay writes into its store, and what it reads from there. */
type CompiledField =
  | NormalizationScalarField
  | (NormalizationLinkedField & { readonly selections: readonly CompiledField[] });

/** What Relay's compiler makes of a document of fields alone. The compiler itself is a program for each platform. */
export function compiled(text: string): ConcreteRequest {
  const [definition] = parse(text).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION || definition.name === undefined)
    throw new Error(`This is not a named operation: ${text}`);
  const name = definition.name.value;
  const selections = definition.selectionSet.selections.map(compiledField);
  const argumentDefinitions = (definition.variableDefinitions ?? []).map(({ variable }) => ({
    kind: 'LocalArgument' as const,
    name: variable.name.value,
    defaultValue: null,
  }));
  const isMutation = definition.operation === 'mutation';
  const type = isMutation ? 'Mutation' : 'Subscription';
  return {
    kind: 'Request',
    fragment: { kind: 'Fragment', name, type, metadata: null, argumentDefinitions, selections },
    operation: { kind: 'Operation', name, argumentDefinitions, selections },
    params: { cacheID: text, id: null, text, name, operationKind: definition.operation, metadata: {} },
  };
}

function compiledField(node: SelectionNode): CompiledField {
  const { name, arguments: args = [], selectionSet } = node as FieldNode; // It has fields alone.
  const shared = { name: name.value, alias: null, storageKey: null, args: args.map(compiledArgument) };
  if (selectionSet === undefined) return { kind: 'ScalarField', ...shared };
  return {
    kind: 'LinkedField',
    ...shared,
    concreteType: 'Said',
    plural: false,
    selections: selectionSet.selections.map(compiledField),
  };
}

function compiledArgument({ name, value }: ArgumentNode) {
  if (value.kind !== Kind.VARIABLE) throw new Error(`The argument ${name.value} is not a variable.`);
  return { kind: 'Variable' as const, name: name.value, variableName: value.name.value };
}
