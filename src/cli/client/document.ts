import {
  type DocumentNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  print,
  Source,
  type ValueNode,
  visit,
} from 'graphql';
import { UserError } from '../user-error.js';

/**
 * Parses a document that has exactly one operation of the given type.
 * @throws {UserError}
 */
export function parseOperation(text: string, type: 'subscription' | 'mutation'): DocumentNode {
  let document: DocumentNode;
  try {
    document = parse(new Source(text, 'document'));
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const at = error.locations?.[0];
    const place = at === undefined ? '' : ` (line ${at.line}, column ${at.column})`;
    const what = error.message.replace(/\.$/, '');
    throw new UserError(`The document is not valid GraphQL: ${what}${place}.`, 2);
  }
  const operations = operationsOf(document);
  if (operations.length !== 1 || operations[0]?.operation !== type) {
    const found = operations.map(({ operation }) => operation).join(', ') || 'no operation';
    throw new UserError(`The document needs exactly one ${type}; it has: ${found}.`, 2);
  }
  return document;
}

/** Whether its operation declares variables. */
export function hasVariables(document: DocumentNode): boolean {
  return operationsOf(document).some(({ variableDefinitions }) => (variableDefinitions?.length ?? 0) > 0);
}

/**
 * The text of a subscription with arguments of the gateway at its field: what the command line's options say applies to any
 * document, whether or not it has variables for it.
 */
export function withArguments(
  document: DocumentNode,
  values: { readonly since?: string | undefined; readonly snapshot?: boolean | undefined },
): string {
  const added = new Map<string, ValueNode>();
  if (values.since !== undefined) added.set('since', { kind: Kind.STRING, value: values.since });
  if (values.snapshot === true) added.set('snapshot', { kind: Kind.BOOLEAN, value: true });
  // Printed even without arguments: commas and comments do not make another document.
  if (added.size === 0) return print(document);
  let depth = 0;
  return print(
    visit(document, {
      FragmentDefinition: () => false,
      OperationDefinition: {
        enter: ({ operation }) => (operation === OperationTypeNode.SUBSCRIPTION ? undefined : false),
      },
      Field: {
        enter(field) {
          depth += 1;
          if (depth > 1) return undefined;
          const kept = (field.arguments ?? []).filter(({ name }) => !added.has(name.value));
          const own = [...added].map(([name, value]) => ({
            kind: Kind.ARGUMENT as const,
            name: { kind: Kind.NAME as const, value: name },
            value,
          }));
          return { ...field, arguments: [...kept, ...own] };
        },
        leave() {
          depth -= 1;
        },
      },
    }),
  );
}

function operationsOf(document: DocumentNode): readonly OperationDefinitionNode[] {
  return document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
}
