import type { Environment } from '@marcbachmann/cel-js';
import {
  type GraphQLType,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isObjectType,
} from 'graphql';
import { DECIMAL } from './decimal.js';
import { celTypeOfScalar } from './scope.js';
import { type Shape, shapeOf } from './shape.js';

/** Keeps the schema's type names apart from CEL's own, such as `list`. */
const PREFIX = 'graphql_';

/** Declares GraphQL types in a CEL environment for type-checking, each when it is first used. */
export class CelTypes {
  /** The types that are declared. */
  readonly #declared = new Set<string>();
  /** Types whose fields are being declared now. */
  readonly #pending = new Set<string>();

  constructor(readonly environment: Environment) {}

  /** Declares a shape as a CEL message type, and returns the type's CEL name. */
  declare(name: string, shape: Shape): string {
    const celName = PREFIX + name;
    if (this.#declared.has(celName)) return celName;
    // CEL requires the field types to be declared first. A type that contains itself would never be: the
    // inner occurrence is `dyn`, and type-checking ends there.
    if (this.#pending.has(celName)) return 'dyn';
    this.#pending.add(celName);
    const fields = new Map<string, string>();
    for (const [field, type] of shape) fields.set(field, type === undefined ? 'dyn' : this.typeOf(type));
    this.environment.registerType(celName, { fields: Object.fromEntries(fields) });
    this.environment.registerOperator(`${celName} == null`, (a, b) => a === b);
    this.#declared.add(celName);
    return celName;
  }

  /** The CEL type of a GraphQL type. Every CEL value may be null, so nullability is lost. */
  typeOf(type: GraphQLType): string {
    const nullable = getNullableType(type);
    if (isListType(nullable)) return `list<${this.typeOf(nullable.ofType)}>`;
    if (isInputObjectType(nullable) || isObjectType(nullable))
      return this.declare(nullable.name, shapeOf(nullable));
    // Unions and interfaces are not type-checked.
    return celTypeOfScalar(nullable) ?? 'dyn';
  }
}

/** Whether expressions over a shape can meet a `Decimal`. */
export function reachesDecimal(shape: Shape, seen = new Set<GraphQLType>()): boolean {
  return [...shape.values()].some((type) => {
    const named = type && getNamedType(type);
    if (named === undefined || seen.has(named)) return false;
    seen.add(named);
    if (isInputObjectType(named) || isObjectType(named)) return reachesDecimal(shapeOf(named), seen);
    return celTypeOfScalar(named) === DECIMAL;
  });
}

/** Replaces the CEL names of types by those that the reader of a schema knows, in a message of CEL. */
export function withSchemaNames(message: string): string {
  return message
    .replaceAll(PREFIX, '')
    .replaceAll('google.protobuf.Timestamp', 'timestamp')
    .replaceAll('google.protobuf.Duration', 'duration');
}
