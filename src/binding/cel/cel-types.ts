import type { Environment } from '@marcbachmann/cel-js';
import {
  type GraphQLType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { type Shape, shapeOf } from './shape.js';

/** The CEL types of the built-in scalars. A project's own scalars are `dyn`: not type-checked. */
const SCALAR_TYPES: Readonly<Record<string, string>> = {
  Int: 'int',
  Float: 'double',
  Boolean: 'bool',
  ID: 'string',
  String: 'string',
  DateTime: 'string',
  Cursor: 'string',
};

/** Keeps the schema's type names apart from CEL's own, such as `list`. */
const PREFIX = 'graphql_';

/** Declares GraphQL types in a CEL environment for type-checking, each when it is first used. */
export class CelTypes {
  /** The field names of each declared type, by its CEL name. */
  readonly #fields = new Map<string, readonly string[]>();
  /** Types whose fields are being declared now. */
  readonly #pending = new Set<string>();

  constructor(readonly environment: Environment) {}

  /** The field names of a declared type; `undefined` for CEL's own types. */
  fieldsOf(celType: string): readonly string[] | undefined {
    return this.#fields.get(celType);
  }

  /** Declares a shape as a CEL message type, and returns the type's CEL name. */
  declare(name: string, shape: Shape): string {
    const celName = PREFIX + name;
    if (this.#fields.has(celName)) return celName;
    // CEL requires the field types to be declared first. A type that contains itself would never be: the
    // inner occurrence is `dyn`, and type-checking ends there.
    if (this.#pending.has(celName)) return 'dyn';
    this.#pending.add(celName);
    const fields: Record<string, string> = {};
    for (const [field, type] of shape) fields[field] = type === undefined ? 'dyn' : this.typeOf(type);
    this.environment.registerType(celName, { fields });
    this.environment.registerOperator(`${celName} == null`, (a, b) => a === b);
    this.#fields.set(celName, Object.keys(fields));
    return celName;
  }

  /** The CEL type of a GraphQL type. Every CEL value may be null, so nullability is lost. */
  typeOf(type: GraphQLType): string {
    if (isNonNullType(type)) return this.typeOf(type.ofType);
    if (isListType(type)) return `list<${this.typeOf(type.ofType)}>`;
    if (isEnumType(type)) return 'string';
    if (isScalarType(type)) return SCALAR_TYPES[type.name] ?? 'dyn';
    if (isInputObjectType(type) || isObjectType(type)) return this.declare(type.name, shapeOf(type));
    // Unions and interfaces.
    return 'dyn';
  }
}

/** Replaces the CEL names of types by the schema's names in a message of CEL. */
export function withSchemaNames(message: string): string {
  return message.replaceAll(PREFIX, '');
}
