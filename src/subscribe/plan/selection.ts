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

/** The JSON of a value as its type completes it; `undefined` where only execution can tell. */
type Writer = (value: unknown) => string | undefined;

interface Member {
  /** The field of the event's data. */
  readonly name: string;
  /** What stands before its value: the bracket or comma, and the response name. */
  readonly before: string;
  readonly write: Writer;
}

const ONLY_EXECUTION: Writer = () => undefined;

/**
 * How many fields of types are compiled for one selection (S4). What stands below fields of abstract types is
 * compiled for each combination of types that comes, and there may be as many as types to the power of the depth.
 */
const MOST_MEMBERS = 1_000;

/**
 * What a subscription selects of an event, written as JSON at once, without the result in between: where an
 * event's data is shown as it is, executing (GraphQL specification, October 2021, section 6.4) reads
 * properties and does nothing else. What could be more than that is left to graphql-js: fields with
 * resolvers or arguments, types that tell by themselves what they are, and every error, so that there is one
 * place where errors are made. Compiled when the first event comes.
 */
export class Selection {
  readonly #schema: GraphQLSchema;
  readonly #document: DocumentNode;
  #write: Writer | undefined;
  #members = 0;

  /** @param document in its normal form: one field, no fragments that have a name, no conditions */
  constructor(schema: GraphQLSchema, document: DocumentNode) {
    this.#schema = schema;
    this.#document = document;
  }

  /**
   * The JSON of the result's `data` when the field is `value`, byte for byte as `JSON.stringify` writes what
   * `execute` makes; `undefined` where only execution can tell. Hot path (bench: distinct).
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

  /** A type at a time, as events show them. */
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
    // A type of which nothing is selected has its place too.
    this.#members += 1 + fields.size;
    if (this.#members > MOST_MEMBERS) return ONLY_EXECUTION;
    const typeName = JSON.stringify(type.name);
    const members: Member[] = [];
    for (const [response, same] of fields) {
      // A valid document has fields of one name under a response name.
      const name = same[0]?.name.value ?? '';
      const before = `${members.length === 0 ? '{' : ','}${JSON.stringify(response)}:`;
      if (name === '__typename') members.push({ name, before, write: () => typeName });
      else {
        const field = type.getFields()[name];
        if (field === undefined || !isPlain(field)) return ONLY_EXECUTION;
        members.push({ name, before, write: this.#writer(field.type, same) });
      }
    }
    return object(members);
  }

  /** Section 6.3.2, CollectFields: by response name, in the order of their first appearance. */
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

function object(members: readonly Member[]): Writer {
  return (value) => {
    if (value === null || value === undefined) return 'null';
    if (!isRecord(value)) return undefined;
    let json = '';
    for (const { name, before, write } of members) {
      const part = write(value[name]);
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
  return (value) => {
    if (value === null || value === undefined) return 'null';
    try {
      const serialised: unknown = type.serialize(value);
      return serialised === null ? undefined : JSON.stringify(serialised);
    } catch {
      // Executed, it says what is wrong.
      return undefined;
    }
  };
}

/** Whether its value is a property of the data. */
function isPlain({ resolve, args }: GraphQLField<unknown, unknown>): boolean {
  return resolve === undefined && args.length === 0;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const responseName = ({ alias, name }: FieldNode): string => (alias ?? name).value;
