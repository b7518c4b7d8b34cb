import {
  type GraphQLObjectType,
  type GraphQLSchema,
  getNullableType,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { type Topic, topic } from '../../core/ids.js';
import type { KeyFormat } from '../../core/key-format.js';
import type { ViewBinding } from '../bindings.js';
import { ExpressionCompiler, RESULT_TYPES } from '../cel/compiler.js';
import { keyExpression } from '../cel/evaluation.js';
import { argsShape, type Shape } from '../cel/shape.js';
import { type Diagnostics, nameList } from '../diagnostic.js';
import { dataShape } from '../event-types/data-shape.js';
import { possibleTypes } from '../event-types/event-type.js';
import type { ResolverMap } from '../runtime/resolvers.js';
import type { AppliedDirective } from './applied-directives.js';
import type { TopicDeclaration } from './topic-declarations.js';

/** What the schema needs to know about a view of the project. */
export interface ViewDeclaration {
  readonly name: string;
  readonly topics: readonly string[];
  /** Whether it computes its keys. If not, they are those of its events. */
  readonly by?: unknown;
}

interface ViewContext {
  readonly declared: ReadonlyMap<Topic, TopicDeclaration>;
  readonly schema: GraphQLSchema;
  readonly resolvers: ResolverMap;
  readonly views: readonly ViewDeclaration[];
  readonly mayLackCode: boolean;
  readonly diagnostics: Diagnostics;
}

/** Binds the `@view` of a field. `undefined`: diagnostics were added. */
export function viewBinding(directive: AppliedDirective, context: ViewContext): ViewBinding | undefined {
  const { views, mayLackCode, diagnostics } = context;
  const name = String(directive.values['name']);
  const view = views.find((candidate) => candidate.name === name);
  if (view === undefined && !mayLackCode) {
    const node = directive.stringNode('name') ?? directive.node;
    const hint = `Views of the project: ${nameList(views.map((candidate) => candidate.name))}.`;
    diagnostics.at(node, `Unknown view ${JSON.stringify(name)}.`, hint);
  }
  const keyNode = directive.stringNode('key');
  const compiler = new ExpressionCompiler({ args: argsShape(directive.field) }, diagnostics);
  const key = keyNode && compiler.compile(keyNode, RESULT_TYPES.KEY);
  const type = stateType(directive, context);
  if (view === undefined || !key || type === INVALID) return undefined;
  const stateField = directive.values['field'];
  return {
    name,
    key: keyExpression(key, keyFormatOf(view, context.declared)),
    stateField: stateField == null ? undefined : String(stateField),
    type: type?.name,
  };
}

/** How the keys of a view read, if it has those of its events and all of its topics declare the same. */
function keyFormatOf(
  { topics, by }: ViewDeclaration,
  declared: ReadonlyMap<Topic, TopicDeclaration>,
): KeyFormat | undefined {
  const [format, ...others] = new Set(topics.map((name) => declared.get(topic(name))?.key));
  return by === undefined && others.length === 0 ? format : undefined;
}

/**
 * A snapshot ends at a position in the topic that its subscription follows, so the view of a Subscription
 * field must fold that topic.
 */
export function checkSnapshot(
  directive: AppliedDirective,
  topic: string,
  { views, diagnostics }: ViewContext,
): void {
  const view = views.find(({ name }) => name === directive.values['name']);
  if (view === undefined || view.topics.includes(topic)) return;
  diagnostics.at(
    directive.stringNode('name') ?? directive.node,
    `The view ${view.name} does not fold the topic ${topic}.`,
    'Use a view that does: its state is the snapshot before the events of that topic.',
  );
}

/** Marks an invalid type where `undefined` means that the state is not an object. A diagnostic was added. */
const INVALID = Symbol('invalid');

/** The object type that a state is shown as; `undefined`: the state is not an object. */
function stateType(
  directive: AppliedDirective,
  { schema, diagnostics }: ViewContext,
): GraphQLObjectType | undefined | typeof INVALID {
  const fieldType = getNullableType(directive.field.type);
  const possible = possibleTypes(fieldType, schema);
  const choices = `Types of ${fieldType}: ${nameList(possible.map(({ name }) => name))}.`;
  const name = directive.values['type'];
  if (name == null) {
    if (!isAbstractType(fieldType)) return isObjectType(fieldType) ? fieldType : undefined;
    diagnostics.at(
      directive.node,
      `@view needs the argument type, because ${fieldType} is abstract.`,
      choices,
    );
    return INVALID;
  }
  const type = possible.find((candidate) => candidate.name === name);
  if (type !== undefined) return type;
  const node = directive.stringNode('type') ?? directive.node;
  diagnostics.at(node, `${JSON.stringify(name)} is not a type of ${fieldType}.`, choices);
  return INVALID;
}

/** The shape of `event` in the rule of a Query field with `@view`, where it is the state. */
export function stateShape(directive: AppliedDirective, resolvers: ResolverMap): Shape | undefined {
  const type = getNullableType(directive.field.type);
  return isObjectType(type) ? dataShape(type, resolvers) : undefined;
}
