import { Kind, type ValueNode } from 'graphql';
import { parseJsonText } from '../../core/exact-json.js';

/**
 * A value in a document as JSON. Integers beyond 2^53 keep all digits, as those of variables do: graphql-js's own function for
 * it rounds them.
 */
export function exactLiteral(
  node: ValueNode,
  variables: Readonly<Record<string, unknown>> | null | undefined,
): unknown {
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.INT:
    case Kind.FLOAT:
      return parseJsonText(node.value);
    case Kind.STRING:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return node.value;
    case Kind.VARIABLE:
      return variables?.[node.name.value];
    case Kind.LIST:
      return node.values.map((item) => exactLiteral(item, variables));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.map(({ name, value }) => [name.value, exactLiteral(value, variables)]),
      );
  }
}
