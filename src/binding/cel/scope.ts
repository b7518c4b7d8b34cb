import {
  GraphQLString,
  type GraphQLType,
  getNullableType,
  isAbstractType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { builtInScalar } from '../sdl/scalars.js';
import {
  asBinding,
  asCall,
  asFieldSelection,
  asIdentifier,
  asLiteral,
  type Binding,
  type CelNode,
} from './ast.js';
import { print } from './print.js';
import { isTexts, TEXTS_TYPE } from './record-shape.js';
import { type Shape, shapeOf } from './shape.js';

/** What the schema says of a value: its GraphQL type, or the fields of a variable such as `event`. */
export type SchemaType = GraphQLType | Shape;

/** Values that the schema does not describe: claims, and values of a project's own scalars, unions and interfaces. */
type Json = 'claim' | 'json';
type Known = SchemaType | Json;

interface Variable {
  /** Tells variables of the same name apart. */
  readonly id: string;
  readonly type: Known | undefined;
}

/** The variables that a node sees, with what the schema says of them. */
export class Scope {
  readonly #variables: ReadonlyMap<string, Variable>;
  readonly #counter: { bound: number };

  private constructor(variables: ReadonlyMap<string, Variable>, counter = { bound: 0 }) {
    this.#variables = variables;
    this.#counter = counter;
  }

  /** Of these variables, and `claims`. */
  static of(shapes: ReadonlyMap<string, SchemaType>): Scope {
    const variables = new Map<string, Variable>([['claims', { id: 'claims', type: 'claim' }]]);
    for (const [name, type] of shapes) variables.set(name, { id: name, type });
    return new Scope(variables);
  }

  /** The scope of the body of a macro. */
  bind({ macro, variable, range }: Binding): Scope {
    const type = this.#typeOf(range);
    this.#counter.bound += 1;
    const isAlias = macro === 'bind';
    const id = (isAlias ? this.pathOf(range) : undefined) ?? `${variable}#${this.#counter.bound}`;
    const bound = isAlias ? type : elementOf(type);
    return new Scope(new Map(this.#variables).set(variable, { id, type: bound }), this.#counter);
  }

  /** What the schema says of a node's value. `undefined`: the node computes it, or CEL's types say it all. */
  typeOf(node: CelNode): SchemaType | undefined {
    const type = this.#typeOf(node);
    return isJson(type) ? undefined : type;
  }

  /** Whether the node's value is JSON that the schema does not describe. Its numbers are doubles. */
  isJson(node: CelNode): boolean {
    const type = this.#typeOf(node);
    return isJson(type) || (type !== undefined && isUntyped(type));
  }

  /** The GraphQL type of a node's value, without its nullability. */
  namedTypeOf(node: CelNode): GraphQLType | undefined {
    const type = this.typeOf(node);
    return type === undefined || isShape(type) ? undefined : getNullableType(type);
  }

  /** The fields of the object that a node's value is. */
  fieldsOf(node: CelNode): Shape | undefined {
    return fieldsOf(this.typeOf(node));
  }

  /**
   * A name for what a node selects, such as `event.order.total`, the same for every node that selects it.
   * `undefined`: the node is another expression, or not of the schema.
   */
  pathOf(node: CelNode): string | undefined {
    const name = asIdentifier(node);
    if (name !== undefined) return this.#variables.get(name)?.id;
    const { operand, step } = stepOf(node) ?? {};
    const path = operand && this.pathOf(operand);
    return path === undefined ? undefined : `${path}${step}`;
  }

  /** Whether a node may be null although its operands are not. */
  isNullable(node: CelNode): boolean {
    const type = this.#typeOf(node);
    // Any member of JSON may be absent. Reading a claim that is absent is an error of the caller's, not of an event's.
    if (type === undefined || isJson(type)) return type === 'json';
    return !isShape(type) && !isNonNullType(type);
  }

  #typeOf(node: CelNode): Known | undefined {
    const name = asIdentifier(node);
    if (name !== undefined) return this.#variables.get(name)?.type;
    const selection = asFieldSelection(node);
    if (selection !== undefined) {
      const type = this.#typeOf(selection.operand);
      if (type === undefined || isJson(type)) return type;
      if (isUntyped(type)) return 'json';
      if (!isShape(type) && isTexts(type)) return GraphQLString;
      const fields = fieldsOf(type);
      // Event types that disagree on a field leave its type unknown.
      return fields?.has(selection.field) ? (fields.get(selection.field) ?? 'json') : undefined;
    }
    const step = stepOf(node);
    if (step !== undefined) return elementOf(this.#typeOf(step.operand));
    const call = asCall(node);
    const isFiltered =
      call?.name === 'filter' && call.receiver !== undefined && asBinding(node) !== undefined;
    return isFiltered ? this.#typeOf(call.receiver) : undefined;
  }
}

/** `operand.field`, or `operand[literal]`. */
function stepOf(node: CelNode): { readonly operand: CelNode; readonly step: string } | undefined {
  const selection = asFieldSelection(node);
  if (selection !== undefined) return { operand: selection.operand, step: `.${selection.field}` };
  if (node.op !== '[]' || !Array.isArray(node.args)) return undefined;
  const [operand, index]: CelNode[] = node.args; // cel-js gives two nodes.
  if (operand === undefined || index === undefined || asLiteral(index) === undefined) return undefined;
  return { operand, step: `[${print(index)}]` };
}

function elementOf(type: Known | undefined): Known | undefined {
  if (type === undefined || isJson(type)) return type;
  if (isUntyped(type)) return 'json';
  const list = isShape(type) ? undefined : getNullableType(type);
  return isListType(list) ? list.ofType : undefined;
}

function fieldsOf(type: SchemaType | undefined): Shape | undefined {
  if (type === undefined || isShape(type)) return type;
  const object = getNullableType(type);
  return isObjectType(object) || isInputObjectType(object) ? shapeOf(object) : undefined;
}

function isJson(type: Known | undefined): type is Json {
  return type === 'claim' || type === 'json';
}

function isUntyped(type: SchemaType): boolean {
  return celTypeOfScalar(type) === 'dyn' || (!isShape(type) && isAbstractType(getNullableType(type)));
}

/** The CEL types of GraphQL's own scalars. */
const SCALAR_TYPES: ReadonlyMap<string, string> = new Map([
  ['Int', 'int'],
  ['Float', 'double'],
  ['Boolean', 'bool'],
  ['ID', 'string'],
  ['String', 'string'],
  ['__Offset', 'int'],
  ['__DateTime', 'google.protobuf.Timestamp'],
  ['__Texts', TEXTS_TYPE],
]);

/** The CEL type of a scalar or enum; `undefined` for other types. A project's own scalars are `dyn`: not type-checked. */
export function celTypeOfScalar(type: SchemaType): string | undefined {
  const leaf = isShape(type) ? undefined : getNullableType(type);
  if (!isLeafType(leaf)) return undefined;
  if (!isScalarType(leaf)) return 'string';
  return builtInScalar(leaf)?.celType ?? SCALAR_TYPES.get(leaf.name) ?? 'dyn';
}

function isShape(type: SchemaType): type is Shape {
  return type instanceof Map;
}
