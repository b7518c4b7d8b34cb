import { type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { MillraceError } from '../../core/errors.js';
import type { ConvertData } from '../../core/exact-json.js';
import { topic } from '../../core/ids.js';
import type { Published } from '../../core/published.js';
import { DURATION_HINT, durationMs } from '../duration.js';
import { coerceEventData } from '../event-types/event-data.js';
import { floatFields } from '../event-types/float-fields.js';
import type { EventDraft, GatewayContext, OutcomeRequest } from './context.js';
import { projectError } from './project-error.js';
import type {
  OutcomeOptions,
  OutgoingDraft,
  ReadView,
  ResolverCall,
  ResolverMap,
  ResolverPublish,
  TypenameOf,
  ViewReader,
  WithTypename,
} from './resolvers.js';

/**
 * Adapts a project's resolver to the signature of graphql-js. `publish` and `view` throw in resolvers of
 * event types: these run on every node that shows the event, and again whenever it is replayed.
 */
export function fieldResolver(
  resolver: (call: never) => unknown,
  schema: GraphQLSchema,
  resolvers: ResolverMap,
): GraphQLFieldResolver<unknown, GatewayContext> {
  // A resolver's parameter is the call of its field: graphql-js has coerced the arguments to the field's
  // definition.
  const call = resolver as (call: ResolverCall) => unknown;
  const convert = floatFields(schema);
  return (parent, args: Readonly<Record<string, unknown>>, context, { parentType }) => {
    const resolverCall: ResolverCall = {
      parent: convert(parentType.name, parent),
      args,
      get claims() {
        return context.identity.claims;
      },
      publish: publishOf(context, schema, resolvers, convert),
      view: viewOf(context),
      get signal() {
        return context.signal;
      },
    };
    return answerOf(call, resolverCall);
  };
}

function answerOf(call: (call: ResolverCall) => unknown, resolverCall: ResolverCall): unknown {
  let answer: unknown;
  try {
    answer = call(resolverCall);
  } catch (error) {
    throw projectError(error);
  }
  return isPromise(answer) ? answer.then(projectError, reject) : projectError(answer);
}

function reject(error: unknown): never {
  throw projectError(error);
}

function viewOf(context: GatewayContext): ReadView {
  function view<State>(of: { readonly name: string; readonly initial: State }): ViewReader<State>;
  function view(name: string): ViewReader;
  function view(of: string | { readonly name: string }): ViewReader {
    // Nodes show an event at different times, so each would read another state.
    if (context.view === undefined) throw new Error('A resolver of an event type cannot read a view');
    return context.view(typeof of === 'string' ? of : of.name);
  }
  return view;
}

function publishOf(
  context: GatewayContext,
  schema: GraphQLSchema,
  resolvers: ResolverMap,
  convert: ConvertData,
): ResolverPublish {
  function publish<Answer extends object>(
    events: OutgoingDraft | readonly OutgoingDraft[],
    options: { readonly outcome: OutcomeOptions<TypenameOf<Answer>> },
  ): Promise<WithTypename<Answer>>;
  function publish(event: OutgoingDraft): Promise<Published>;
  function publish(events: readonly OutgoingDraft[]): Promise<readonly Published[]>;
  async function publish(
    given: OutgoingDraft | readonly OutgoingDraft[],
    options?: { readonly outcome: OutcomeOptions },
  ): Promise<unknown> {
    if (context.publish === undefined) throw new Error('A resolver of an event type cannot publish');
    const list = isList(given) ? given : [given];
    const drafts = list.map((draft) => eventDraft(draft, schema, resolvers));
    if (options !== undefined) {
      const answer = await context.outcome(drafts, outcomeRequest(options.outcome, drafts));
      return convert(String(answer['__typename']), answer);
    }
    const [only] = drafts;
    return isList(given) || only === undefined ? context.publish(drafts) : context.publish(only);
  }
  return publish;
}

const isList = (given: OutgoingDraft | readonly OutgoingDraft[]): given is readonly OutgoingDraft[] =>
  Array.isArray(given);

/** @throws {MillraceError} EVENT_INVALID when the type does not exist, or the data does not match it */
function eventDraft(draft: OutgoingDraft, schema: GraphQLSchema, resolvers: ResolverMap): EventDraft {
  const type = schema.getType(draft.type);
  if (!isObjectType(type))
    throw new MillraceError('EVENT_INVALID', `The schema has no object type ${draft.type}.`);
  return {
    topic: topic(draft.topic),
    type: type.name,
    key: draft.key,
    data: coerceEventData(type, draft.data, resolvers),
  };
}

function outcomeRequest(outcome: OutcomeOptions, [first]: readonly EventDraft[]): OutcomeRequest {
  const within = durationMs(outcome.within);
  if (within === undefined)
    throw new Error(`Invalid duration ${JSON.stringify(outcome.within)} in outcome.within. ${DURATION_HINT}`);
  if (first === undefined) throw new Error('publish was called with an outcome, but without an event');
  const outcomeTopic = outcome.topic === undefined ? first.topic : topic(outcome.topic);
  return {
    topic: outcomeTopic,
    types: outcome.types,
    within,
    key: outcome.key ?? (outcomeTopic === first.topic ? first.key : undefined),
    follow: outcome.follow,
  };
}

/** What graphql-js takes for a promise. */
function isPromise(answer: unknown): answer is PromiseLike<unknown> {
  return (
    typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'
  );
}
