import {
  type ASTNode,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';
import type { DataModel, DataType, DataValue, ScalarName } from '../../core/data-model.js';
import { own } from '../../core/own.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import { builtInScalar } from '../sdl/scalars.js';

/** What GraphQL types are compared with. */
export interface Compared {
  readonly schema: GraphQLSchema;
  readonly resolvers: ResolverMap;
  readonly model: DataModel;
  /** What the messages call the registered schema: `the schema orders-value, version 3`. */
  readonly subject: string;
  readonly diagnostics: Diagnostics;
}

/** Reports where an object type, and those below it, disagree with what its data are. */
export function compareTypes(type: GraphQLObjectType, root: string, compared: Compared): void {
  new Comparison(compared).object(type, root);
}

/** The scalars, besides `JSON` and a project's own, that show every value of a kind as it is. */
const SHOWS: Readonly<Record<ScalarName, readonly string[]>> = {
  Boolean: ['Boolean'],
  Int: ['Int', 'Long', 'BigInt', 'Float', 'Decimal', 'ID', 'String'],
  Long: ['Long', 'BigInt', 'Decimal', 'ID', 'String'],
  BigInt: ['BigInt', 'Decimal', 'ID', 'String'],
  Float: ['Float', 'Decimal', 'String'],
  Decimal: ['Decimal', 'ID', 'String'],
  // What the text has to be, the project may know.
  String: ['String', 'ID', 'DateTime', 'Date', 'Time', 'LocalDateTime', 'UUID', 'Bytes', 'Decimal', 'Cursor'],
  DateTime: ['DateTime', 'ID', 'String'],
  Date: ['Date', 'ID', 'String'],
  Time: ['Time', 'ID', 'String'],
  LocalDateTime: ['LocalDateTime', 'ID', 'String'],
  UUID: ['UUID', 'ID', 'String'],
  Bytes: ['Bytes', 'ID', 'String'],
};

/** Why a value of the kind cannot be shown as another scalar. */
const BECAUSE: Readonly<Record<ScalarName, string>> = {
  Boolean: 'has booleans',
  Int: 'has integers of 32 bits',
  Long: 'has integers of 64 bits',
  BigInt: 'has unsigned integers of 64 bits',
  Float: 'has floating-point numbers',
  Decimal: 'has decimals, which are shown as text with all their digits',
  String: 'has text',
  DateTime: 'has timestamps, which are shown in RFC 3339',
  Date: 'has dates, which are shown as "2026-01-31"',
  Time: 'has times of day, which are shown as "09:30:00.123"',
  LocalDateTime: 'has timestamps without an offset, which are shown as "2026-01-31T09:30:00.123"',
  UUID: 'has UUIDs',
  Bytes: 'has bytes, which are shown in base64',
};

class Comparison {
  readonly #compared: Compared;
  /** Pairs of types that were compared: types may contain themselves. */
  readonly #done = new Set<string>();

  constructor(compared: Compared) {
    this.#compared = compared;
  }

  object(type: GraphQLObjectType, name: string): void {
    const pair = `${type.name} ${name}`;
    const object = this.#compared.model.objects.get(name);
    if (object === undefined || this.#done.has(pair)) return;
    this.#done.add(pair);
    const resolved = own(this.#compared.resolvers, type.name) ?? {};
    const data = new Map(object.fields.map((field) => [field.name, field]));
    for (const field of Object.values(type.getFields())) {
      if (Object.hasOwn(resolved, field.name)) continue;
      const value = data.get(field.name);
      if (value !== undefined) this.#field(type, field, value);
      else
        this.#report(
          field.astNode,
          `${type.name}.${field.name} is not in ${name} of ${this.#compared.subject}, so it is always ${isNonNullType(field.type) ? 'an error' : 'null'}.`,
          `Remove it, or give it a resolver. The fields there: ${nameList(data.keys())}.`,
        );
    }
  }

  #field(parent: GraphQLObjectType, field: GraphQLField<unknown, unknown>, value: DataValue): void {
    this.#value(field.type, value, `${parent.name}.${field.name}`, field.astNode?.type ?? field.astNode);
  }

  #value(type: GraphQLOutputType, value: DataValue, path: string, node: ASTNode | null | undefined): void {
    if (isNonNullType(type) && value.nullable)
      this.#report(
        node,
        `${path} is ${type}, and ${this.#compared.subject} allows null there.`,
        `Write ${type.ofType}.`,
      );
    const nullable = getNullableType(type);
    const data = value.type;
    if (this.#inner(nullable, data, path, node)) return;
    this.#report(
      node,
      `${path} is ${type}, and ${this.#compared.subject} ${becauseOf(data)}.`,
      `Write ${insteadOf(data, value.nullable)}${epochHint(nullable, data)}.`,
    );
  }

  /** Whether a type can show the data; what is wrong within it is reported. */
  #inner(type: GraphQLOutputType, data: DataType, path: string, node: ASTNode | null | undefined): boolean {
    if (isAnyJson(type) || data.kind === 'json') return true;
    if (isListType(type) && data.kind === 'list')
      this.#value(type.ofType, data.items, `An item of ${path}`, node);
    else if (isObjectType(type) && data.kind === 'object') this.object(type, data.name);
    else if (isAbstractType(type) && data.kind === 'union') {
      const possible = this.#compared.schema.getPossibleTypes(type);
      this.#union(type.name, possible, data.names, path, node);
    } else if (isLeafType(type)) return this.#leaf(type, data, path, node);
    // A map whose keys are known may be shown as an object.
    else return isObjectType(type) && data.kind === 'map';
    return true;
  }

  /** As `#inner`. */
  #leaf(type: GraphQLLeafType, data: DataType, path: string, node: ASTNode | null | undefined): boolean {
    if (isEnumType(type)) {
      if (data.kind !== 'enum') return data.kind === 'scalar' && data.name === 'String';
      this.#enum(type, this.#compared.model.enums.get(data.name)?.values ?? [], path, node);
      return true;
    }
    if (data.kind === 'enum') return type.name === 'String' || type.name === 'ID';
    if (data.kind !== 'scalar') return false;
    // With `@epoch`, numbers are shown as times.
    const isEpoch = builtInScalar(type)?.store !== undefined && (data.name === 'Long' || data.name === 'Int');
    return isEpoch || SHOWS[data.name].includes(type.name);
  }

  #enum(
    type: Extract<GraphQLLeafType, { getValues(): unknown }>,
    values: readonly string[],
    path: string,
    node: ASTNode | null | undefined,
  ): void {
    const known = type.getValues().map(({ name }) => name);
    const missing = values.filter((value) => !known.includes(value));
    const never = known.filter((value) => !values.includes(value));
    const { subject } = this.#compared;
    if (missing.length > 0)
      this.#report(
        type.astNode ?? node,
        `The enum ${type.name} lacks values that ${subject} has for ${path}: ${nameList(missing)}.`,
        'Add them: the field is an error for an event that has one.',
      );
    else if (never.length > 0)
      this.#report(
        type.astNode ?? node,
        `The enum ${type.name} has values that ${subject} lacks for ${path}: ${nameList(never)}.`,
        'Remove them, or register a schema that has them.',
      );
  }

  #union(
    union: string,
    possible: readonly GraphQLObjectType[],
    names: readonly string[],
    path: string,
    node: ASTNode | null | undefined,
  ): void {
    for (const name of names) {
      const last = name.slice(name.lastIndexOf('.') + 1);
      const type = possible.find((one) => one.name === last);
      if (type !== undefined) this.object(type, name);
      else
        this.#report(
          node,
          `${path} is ${union}, and ${this.#compared.subject} has the branch ${name} there, which ${union} lacks.`,
          `Write a type ${last}, and add it to ${union}.`,
        );
    }
  }

  #report(node: ASTNode | null | undefined, problem: string, hint: string): void {
    this.#compared.diagnostics.at(node, problem, hint);
  }
}

/** `JSON`, and a scalar of the project. */
function isAnyJson(type: unknown): boolean {
  if (!isScalarType(type) || isSpecifiedScalarType(type)) return false;
  return (builtInScalar(type)?.json ?? 'json') === 'json';
}

function becauseOf(data: DataType): string {
  switch (data.kind) {
    case 'scalar':
      return BECAUSE[data.name];
    case 'enum':
      return `has the enum ${data.name}`;
    case 'object':
      return `has the object ${data.name}`;
    case 'union':
      return `has one of the objects ${data.names.join(', ')}`;
    case 'list':
      return 'has a list';
    case 'map':
      return 'has a map';
    case 'json':
      return 'has JSON';
  }
}

/** A number may be meant as a time. */
function epochHint(type: GraphQLOutputType, data: DataType): string {
  const isNumber = data.kind === 'scalar' && (data.name === 'Long' || data.name === 'Int');
  if (!isNumber || !isScalarType(type) || !['DateTime', 'Date'].includes(type.name)) return '';
  const unit = type.name === 'Date' ? 'DAYS' : 'MILLISECONDS';
  return `, or add @epoch(unit: ${unit}) if it is the time since 1970`;
}

/** What to write instead of a type that does not fit. */
function insteadOf(data: DataType, nullable: boolean): string {
  const mark = nullable ? '' : '!';
  switch (data.kind) {
    case 'scalar':
      return `${data.name}${mark}`;
    case 'list':
      return `a list: [${insteadOf(data.items.type, data.items.nullable)}]${mark}`;
    case 'enum':
      return `an enum, or String${mark}`;
    case 'object':
      return 'an object type';
    case 'union':
      return 'a union of object types with these names';
    default:
      return `JSON${mark}`;
  }
}
