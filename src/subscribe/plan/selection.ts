import {
  type DocumentNode,
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getOperationAST,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type NamedTypeNode,
  type SelectionNode,
} from 'graphql';
import { isTextScalar, leafInput, showsLongIntegers } from '../../binding/runtime/data-field.js';
import { stringifyJson } from '../../core/exact-json.js';
import { isInherited } from '../../core/own.js';

/** The JSON of a value, completed by its type; `undefined` if only execution can tell. */
type Writer = (value: unknown) => string | undefined;

interface SelectedField {
  /** The field of the event's data. */
  readonly name: string;
  /** Whether the data inherits a member of this name, which is none of its fields. */
  readonly inherited: boolean;
  /** The text before its value: the bracket or comma, and the response name. */
  readonly before: string;
  readonly write: Writer;
}

const ONLY_EXECUTION: Writer = () => undefined;

/**
 * S4: how many fields are compiled for one selection. Below fields of abstract types, fields are compiled for each
 * combination of object types that an event has; there may be (number of types) ^ (depth) of them.
 */
const MAX_COMPILED_FIELDS = 1_000;

/**
 * Writes what a subscription selects of an event as JSON, without an execution result in between. Where a result
 * shows the event's data as it is, execution (GraphQL specification, *Executing Fields*) only reads
 * properties. Everything else is left to graphql-js: fields with resolvers or arguments, types with `isTypeOf` or
 * `resolveType`, and every error, so that errors are made in one place. Compiled at the first event.
 */
export class Selection {
  readonly #schema: GraphQLSchema;
  readonly #document: DocumentNode;
  #write: Writer | undefined;
  #compiledFields = 0;

  /** @param document normalised: one root field, no named fragments, no `@skip` or `@include` */
  constructor(schema: GraphQLSchema, document: DocumentNode) {
    this.#schema = schema;
    this.#document = document;
  }

  /**
   * The JSON of the result's `data` when the field is `value`, byte for byte as `stringifyJson` writes what
   * `execute` makes; `undefined` if only execution can tell. Hot path (bench: distinct).
   *
   * @param value plain JSON
   */
  json(value: unknown): string | undefined {
    this.#write ??= this.#compile();
    return this.#write(value);
  }

  #compile(): Writer {
    const operation = getOperationAST(this.#document);
    const [node, second] = operation?.selectionSet.selections ?? [];
    if (node?.kind !== Kind.FIELD || second !== undefined) return ONLY_EXECUTION;
    const field = this.#schema.getSubscriptionType()?.getFields()[node.name.value];
    if (field === undefined || field.resolve !== undefined) return ONLY_EXECUTION;
    const write = this.#writer(field.type, [node]);
    const before = `{${JSON.stringify(responseName(node))}:`;
    return (value) => {
      const json = write(value);
      return json === undefined ? undefined : `${before}${json}}`;
    };
  }

  #writer(type: GraphQLOutputType, nodes: readonly FieldNode[]): Writer {
    if (isNonNullType(type)) {
      const write = this.#writer(type.ofType, nodes);
      return (value) => {
        const json = write(value);
        return json === 'null' ? undefined : json;
      };
    }
    if (isListType(type)) return list(this.#writer(type.ofType, nodes));
    if (isLeafType(type)) return leaf(type);
    if (isAbstractType(type)) return this.#abstract(type, nodes);
    return this.#object(type, nodes);
  }

  /** Compiled for each object type when the first event of that type arrives. */
  #abstract(type: GraphQLAbstractType, nodes: readonly FieldNode[]): Writer {
    if (type.resolveType !== undefined) return ONLY_EXECUTION;
    const writers = new Map<string, Writer>();
    return (value) => {
      if (value === null || value === undefined) return 'null';
      const name = isRecord(value) ? value['__typename'] : undefined;
      if (typeof name !== 'string') return undefined;
      let write = writers.get(name);
      if (write === undefined) {
        const object = this.#schema.getType(name);
        if (!isObjectType(object) || !this.#schema.isSubType(type, object)) return undefined;
        write = this.#object(object, nodes);
        writers.set(name, write);
      }
      return write(value);
    };
  }

  #object(type: GraphQLObjectType, nodes: readonly FieldNode[]): Writer {
    if (type.isTypeOf !== undefined) return ONLY_EXECUTION;
    const fields = new Map<string, FieldNode[]>();
    for (const { selectionSet } of nodes) this.#collect(type, selectionSet?.selections ?? [], fields);
    // The type itself counts too: a selection may have many types and few fields.
    this.#compiledFields += 1 + fields.size;
    if (this.#compiledFields > MAX_COMPILED_FIELDS) return ONLY_EXECUTION;
    const typeName = JSON.stringify(type.name);
    const selected: SelectedField[] = [];
    for (const [response, same] of fields) {
      // In a valid document all fields with one response name have the same name (section 5.3.2).
      const name = same[0]?.name.value ?? '';
      const before = `${selected.length === 0 ? '{' : ','}${JSON.stringify(response)}:`;
      if (name === '__typename') selected.push({ name, inherited: false, before, write: () => typeName });
      else {
        const field = type.getFields()[name];
        if (field === undefined || !isPlain(field)) return ONLY_EXECUTION;
        selected.push({ name, inherited: isInherited(name), before, write: this.#writer(field.type, same) });
      }
    }
    return object(selected);
  }

  /** CollectFields (section 6.3.2): by response name, in the order of the first appearance. */
  #collect(
    type: GraphQLObjectType,
    selections: readonly SelectionNode[],
    into: Map<string, FieldNode[]>,
  ): void {
    for (const one of selections) {
      if (one.kind === Kind.FIELD) {
        const same = into.get(responseName(one));
        if (same === undefined) into.set(responseName(one), [one]);
        else same.push(one);
      } else if (one.kind === Kind.INLINE_FRAGMENT && this.#applies(one.typeCondition, type)) {
        this.#collect(type, one.selectionSet.selections, into);
      }
    }
  }

  #applies(condition: NamedTypeNode | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition.name.value === type.name) return true;
    const wanted = this.#schema.getType(condition.name.value);
    return isAbstractType(wanted) && this.#schema.isSubType(wanted, type);
  }
}

function object(fields: readonly SelectedField[]): Writer {
  return (value) => {
    if (value === null || value === undefined) return 'null';
    if (!isRecord(value)) return undefined;
    let json = '';
    for (const { name, inherited, before, write } of fields) {
      const part = write(inherited && !Object.hasOwn(value, name) ? undefined : value[name]);
      if (part === undefined) return undefined;
      json += before + part;
    }
    return json === '' ? '{}' : `${json}}`;
  };
}

function list(write: Writer): Writer {
  return (value) => {
    if (value === null || value === undefined) return 'null';
    if (!Array.isArray(value)) return undefined;
    let json = '';
    for (const item of value) {
      const part = write(item);
      if (part === undefined) return undefined;
      json += json === '' ? part : `,${part}`;
    }
    return `[${json}]`;
  };
}

function leaf(type: GraphQLLeafType): Writer {
  // Hot path (bench: distinct): the other types never show a bigint.
  const write: (value: unknown) => string = showsLongIntegers(type) ? stringifyJson : JSON.stringify;
  const showsDigits = isTextScalar(type);
  return (value) => {
    if (value === null || value === undefined) return 'null';
    try {
      const isLong = typeof value === 'bigint' || (showsDigits && typeof value === 'number');
      const serialised: unknown = type.serialize(isLong ? leafInput(type, value) : value);
      return serialised === null ? undefined : write(serialised);
    } catch {
      // Execution reports the error.
      return undefined;
    }
  };
}

/** Whether its value is a property of the data as it is. */
function isPlain({ resolve, args }: GraphQLField<unknown, unknown>): boolean {
  return resolve === undefined && args.length === 0;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const responseName = ({ alias, name }: FieldNode): string => (alias ?? name).value;
