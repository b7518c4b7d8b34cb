import {
  type FieldNode,
  type GraphQLField,
  type GraphQLLeafType,
  getNullableType,
  isLeafType,
  isNonNullType,
  Kind,
  print,
  type VariableDefinitionNode,
} from 'graphql';
import { attempt } from '../core/attempt.js';

type Values = Readonly<Record<string, unknown>>;

/** An argument whose value is a variable of the same type. */
interface PlainArgument {
  readonly name: string;
  readonly variable: string;
  readonly isRequired: boolean;
  readonly type: GraphQLLeafType;
}

/**
 * Arguments that are variables of the same scalar or enum type, each used once, with no defaults: the usual mutation. Their
 * coercion is the type's own. Hot path (bench: mutations).
 */
export class PlainArguments {
  readonly #args: readonly PlainArgument[];

  private constructor(args: readonly PlainArgument[]) {
    this.#args = args;
  }

  /** @returns `undefined` when there is anything else */
  static of(
    field: GraphQLField<unknown, unknown>,
    node: FieldNode,
    variables: readonly VariableDefinitionNode[],
  ): PlainArguments | undefined {
    const definitions = new Map(variables.map((one) => [one.variable.name.value, one]));
    const args: PlainArgument[] = [];
    for (const { name, type, defaultValue } of field.args) {
      if (defaultValue !== undefined) return undefined;
      const value = node.arguments?.find((one) => one.name.value === name)?.value;
      // A valid document leaves out optional arguments only.
      if (value === undefined) continue;
      if (value.kind !== Kind.VARIABLE) return undefined;
      const variable = value.name.value;
      const definition = definitions.get(variable);
      const leaf = getNullableType(type);
      if (definition?.defaultValue !== undefined || !isLeafType(leaf)) return undefined;
      if (definition === undefined || print(definition.type) !== String(type)) return undefined;
      definitions.delete(variable);
      args.push({ name, variable, isRequired: isNonNullType(type), type: leaf });
    }
    return definitions.size === 0 ? new PlainArguments(args) : undefined;
  }

  /** The coerced arguments, in the order of the field's definition. @returns `undefined` when a value is not of its type */
  coerce(variables: Values): Values | undefined {
    const coerced: Record<string, unknown> = {};
    for (const { name, variable, isRequired, type } of this.#args) {
      if (!Object.hasOwn(variables, variable)) {
        if (isRequired) return undefined;
        continue;
      }
      const given = variables[variable];
      if (given === null && !isRequired) {
        coerced[name] = null;
        continue;
      }
      // A required null too: graphql-js says what is wrong with it.
      if (given === undefined || given === null) return undefined;
      const value: unknown = attempt(() => type.parseValue(given));
      if (value === undefined) return undefined;
      coerced[name] = value;
    }
    return coerced;
  }
}
