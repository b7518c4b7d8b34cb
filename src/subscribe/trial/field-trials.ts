import {
  type DocumentNode,
  execute,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  isObjectType,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';
import type { Bindings, SubscribeBinding } from '../../binding/bindings.js';
import { coerceEventData } from '../../binding/event-types/event-data.js';
import { eventTypeNamed } from '../../binding/event-types/event-type.js';
import { dataField } from '../../binding/runtime/data-field.js';
import type { ResolverMap } from '../../binding/runtime/resolvers.js';
import { messageOf } from '../../core/errors.js';
import { type Relayed, UNKNOWN_TYPE } from '../../core/event.js';
import { parseJson } from '../../core/exact-json.js';
import { ANONYMOUS } from '../../core/identity.js';
import type { Topic } from '../../core/ids.js';
import type { TopicPartition } from '../../core/position.js';
import type { FieldTrial, FieldTrials } from '../../dead-letters/dry-run.js';
import { executionFault } from '../cohort/fault.js';
import { EventActivation, ParsedEvent } from '../cohort/parsed-event.js';
import { tombstoneValue } from '../cohort/tombstone.js';
import { sampleArguments } from './sample-arguments.js';
import { wholeSelection } from './whole-selection.js';

/**
 * Tries events on the Subscription fields of a schema as a cohort would, but without a client: filters with sample arguments
 * (`binding/cel/filter-trial.ts`), execution with all data selected. Rules are left out, because only a caller's claims
 * decide them, and so are fields that code resolves.
 */
export class SchemaFieldTrials implements FieldTrials {
  readonly #bindings: Bindings;
  readonly #resolvers: ResolverMap;

  /** @param resolvers of the project: fields that they resolve are no data */
  constructor(bindings: Bindings, resolvers: ResolverMap = {}) {
    this.#bindings = bindings;
    this.#resolvers = resolvers;
  }

  dataProblems(type: string, data: Buffer): readonly string[] {
    const eventType = eventTypeNamed(type, this.#bindings.schema);
    if (eventType === undefined) return [];
    try {
      // Decoding has checked that data is a JSON object.
      coerceEventData(eventType, parseJson(data) as Readonly<Record<string, unknown>>, this.#resolvers);
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  }

  fieldsOf(topic: Topic, type: string): readonly string[] {
    const all = [...this.#bindings.subscribes.values()];
    return all.filter((one) => one.topic === topic && one.types.has(type)).map(({ field }) => field);
  }

  try(name: string, at: TopicPartition, relayed: Relayed): FieldTrial {
    const binding = this.#bindings.subscribes.get(name);
    if (binding === undefined) return { kind: 'NO_FIELD' };
    const { type } = relayed.event;
    if (type !== UNKNOWN_TYPE && !binding.types.has(type)) return { kind: 'NOT_SHOWN' };
    const definition = this.#bindings.schema.getSubscriptionType()?.getFields()[name];
    if (definition === undefined) return { kind: 'NO_FIELD' };
    const node: FieldNode = {
      kind: Kind.FIELD,
      name: { kind: Kind.NAME, value: name },
      arguments: [...sampleArguments(definition)],
    };
    let args: Readonly<Record<string, unknown>>;
    try {
      args = getArgumentValues(definition, node);
    } catch (error) {
      return { kind: 'UNKNOWN', reason: `there is no sample of its arguments: ${messageOf(error)}` };
    }
    const event = new ParsedEvent(at, relayed);
    try {
      return this.#filtered(binding, args, event) ?? this.#executed(binding, node, event);
    } catch (error) {
      return { kind: 'FAILS', stage: 'execution', reason: messageOf(error) };
    }
  }

  /** `undefined`: it evaluates. */
  #filtered(
    { tryFilter }: SubscribeBinding,
    args: Readonly<Record<string, unknown>>,
    event: ParsedEvent,
  ): FieldTrial | undefined {
    if (tryFilter === undefined || event.relayed.event.data === null) return undefined;
    const tried = tryFilter(new EventActivation({ args, identity: ANONYMOUS }, event));
    if (tried.ok) return undefined;
    if (tried.fault === 'event') return { kind: 'FAILS', stage: 'filter', reason: tried.reason };
    const reason = `its filter depends on the caller: with sample arguments, ${tried.reason}`;
    return { kind: 'UNKNOWN', reason };
  }

  #executed(binding: SubscribeBinding, node: FieldNode, event: ParsedEvent): FieldTrial {
    const { schema } = this.#bindings;
    const { event: content } = event.relayed;
    const value = content.data === null ? tombstoneValue(binding, content) : event.data;
    const { set, leftOut, isCut } = selectionFor(schema, binding, content.type);
    const result = execute({
      schema,
      document: documentOf({ ...node, selectionSet: set }),
      fieldResolver: dataField,
      variableValues: {},
      rootValue: { [binding.field]: value },
      contextValue: { variables: {}, identity: ANONYMOUS },
    });
    // A type's own `resolveType` or `isTypeOf` may wait: then nothing is claimed.
    if (result instanceof Promise) {
      result.catch(() => undefined);
      return { kind: 'UNKNOWN', reason: 'code of the project decides the type of its data' };
    }
    if (!('data' in result) && !('errors' in result)) throw new Error('Execution has no result');
    const fault = executionFault(result);
    if (fault !== undefined) return { kind: 'FAILS', stage: 'execution', reason: fault };
    return { kind: 'PASSES', leftOut: [...leftOut, ...(isCut ? ['fields beyond the first 2,000'] : [])] };
  }
}

function selectionFor(schema: GraphQLSchema, { types }: SubscribeBinding, type: string) {
  const object = schema.getType(type);
  if (isObjectType(object)) return onType(schema, object);
  const [first] = [...types].map((name) => schema.getType(name)).filter(isObjectType);
  if (first === undefined) throw new Error(`The schema has no type ${type}`);
  return onType(schema, first);
}

function onType(schema: GraphQLSchema, object: GraphQLObjectType) {
  const whole = wholeSelection(schema, object);
  const typeCondition = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: object.name } } as const;
  const fragment = { kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet: whole.set } as const;
  const set: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [fragment] };
  return { ...whole, set };
}

const documentOf = (field: FieldNode): DocumentNode => ({
  kind: Kind.DOCUMENT,
  definitions: [
    {
      kind: Kind.OPERATION_DEFINITION,
      operation: OperationTypeNode.SUBSCRIPTION,
      selectionSet: { kind: Kind.SELECTION_SET, selections: [field] },
    },
  ],
});
