import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLSchema,
  getArgumentValues,
  getNullableType,
  getOperationAST,
  getVariableValues,
  isLeafType,
  isObjectType,
  Kind,
  TypeNameMetaFieldDef,
  type VariableDefinitionNode,
} from 'graphql';
import type { Bindings, SimpleMutation } from '../binding/bindings.js';
import { attempt } from '../core/attempt.js';
import { isInexactInteger } from '../core/exact-json.js';
import type { Published } from '../core/published.js';
import { PlainArguments } from './plain-arguments.js';
import type { OperationRequest } from './request.js';

type Args = Readonly<Record<string, unknown>>;

/** A selected field of `Published`. */
interface SelectedField {
  /** `"name":` as the answer has it. Of `__typename` with the value. */
  readonly head: string;
  /** What to read, and its type. `undefined`: nothing. */
  readonly reads: { readonly name: string; readonly type: GraphQLLeafType } | undefined;
}

/**
 * What a mutation of one field does that publishes one event and answers with its position, without graphql-js's execution: that
 * resolves, completes and collects for any selection, which takes more time than publishing does (bench: mutations).
 *
 * It knows the usual case only, and says so by `undefined` wherever there is anything else: then graphql-js runs the
 * operation, so both answer with the same bytes. It refuses nothing itself, and writes no error.
 */
export class MutationPlan {
  readonly run: SimpleMutation;
  readonly #schema: GraphQLSchema;
  readonly #variables: readonly VariableDefinitionNode[];
  readonly #field: GraphQLField<unknown, unknown>;
  readonly #node: FieldNode;
  readonly #plainArgs: PlainArguments | undefined;
  readonly #selection: readonly SelectedField[];
  readonly #start: string;

  private constructor(
    schema: GraphQLSchema,
    run: SimpleMutation,
    { variables, field, node, selection }: PlannedField,
  ) {
    this.run = run;
    this.#schema = schema;
    this.#variables = variables;
    this.#field = field;
    this.#node = node;
    this.#plainArgs = PlainArguments.of(field, node, variables);
    this.#selection = selection;
    this.#start = `{"${node.alias?.value ?? node.name.value}":{`;
  }

  /** @param document valid @returns `undefined`: graphql-js has to run the operation */
  static of(
    { schema, simpleMutations }: Pick<Bindings, 'schema' | 'simpleMutations'>,
    document: DocumentNode,
    operationName: string | undefined,
  ): MutationPlan | undefined {
    const planned = plannedField(schema, document, operationName);
    const run = planned && simpleMutations.get(planned.field.name);
    return planned && run && new MutationPlan(schema, run, planned);
  }

  /** The coerced arguments. `undefined`: graphql-js has to refuse them. */
  args({ variables = {} }: OperationRequest): Args | undefined {
    const plain = this.#plainArgs?.coerce(variables);
    if (plain !== undefined) return plain;
    const { coerced } = getVariableValues(this.#schema, this.#variables, variables, { maxErrors: 1 });
    // It throws when an argument has no value that its type allows.
    return coerced && attempt(() => getArgumentValues(this.#field, this.#node, coerced));
  }

  /** The answer's `data` as JSON. `undefined`: graphql-js has to write it, or the error in its place. */
  data(published: Published): string | undefined {
    let json = this.#start;
    let separator = '';
    for (const { head, reads } of this.#selection) {
      const text = reads === undefined ? '' : leafText(reads.type, Reflect.get(published, reads.name));
      if (text === undefined) return undefined;
      json += separator + head + text;
      separator = ',';
    }
    return `${json}}}`;
  }
}

interface PlannedField {
  readonly variables: readonly VariableDefinitionNode[];
  readonly field: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
  readonly selection: readonly SelectedField[];
}

function plannedField(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
): PlannedField | undefined {
  const operation = getOperationAST(document, operationName);
  const [node, ...others] = operation?.selectionSet.selections ?? [];
  if (operation?.operation !== 'mutation' || node?.kind !== Kind.FIELD || others.length > 0) return undefined;
  const field = schema.getMutationType()?.getFields()[node.name.value];
  if (field === undefined || hasDirectives(node)) return undefined;
  const selection = selectionOf(field, node);
  return selection && { variables: operation.variableDefinitions ?? [], field, node, selection };
}

/** Plain fields, each under a name of its own. */
function selectionOf(
  field: GraphQLField<unknown, unknown>,
  { selectionSet }: FieldNode,
): readonly SelectedField[] | undefined {
  const type = getNullableType(field.type);
  if (!isObjectType(type) || selectionSet === undefined) return undefined;
  const fields = new Map<string, SelectedField>();
  for (const node of selectionSet.selections) {
    if (node.kind !== Kind.FIELD || hasDirectives(node)) return undefined;
    const name = node.name.value;
    const shown = node.alias?.value ?? name;
    if (fields.has(shown)) return undefined;
    const head = `"${shown}":`;
    if (name === TypeNameMetaFieldDef.name) {
      fields.set(shown, { head: `${head}"${type.name}"`, reads: undefined });
      continue;
    }
    const selected = type.getFields()[name];
    const leaf = selected && getNullableType(selected.type);
    if (!isLeafType(leaf) || selected?.resolve !== undefined) return undefined;
    fields.set(shown, { head, reads: { name, type: leaf } });
  }
  return [...fields.values()];
}

const hasDirectives = ({ directives }: FieldNode): boolean =>
  directives !== undefined && directives.length > 0;

/** `undefined`: it is missing, not of the type, or neither text nor a number. */
function leafText(type: GraphQLLeafType, value: unknown): string | undefined {
  if (value === undefined || value === null || isInexactInteger(value)) return undefined;
  const shown = attempt(() => type.serialize(value));
  if (typeof shown === 'string') return JSON.stringify(shown);
  return typeof shown === 'number' && Number.isFinite(shown) ? String(shown) : undefined;
}
