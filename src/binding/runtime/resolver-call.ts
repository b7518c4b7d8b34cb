import { type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { MillraceError } from '../../core/errors.js';
import { topic } from '../../core/ids.js';
import type { Published } from '../../core/published.js';
import { millisecondsOf } from '../directives/outcome.js';
import { coerceEventData } from '../event-types/event-data.js';
import type { EventDraft, GatewayContext, OutcomeRequest } from './context.js';
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

/** A project's resolver in the form that graphql-js calls. */
export function fieldResolver(
  resolver: (call: never) => unknown,
  schema: GraphQLSchema,
  resolvers: ResolverMap,
): GraphQLFieldResolver<unknown, GatewayContext> {
  // Validation has coerced the arguments to what the schema says, which the resolver is written for.
  const answer = resolver as (call: ResolverCall) => unknown;
  return (parent, args: Readonly<Record<string, unknown>>, context) => {
    const call: ResolverCall = {
      parent,
      args,
      get claims() {
        return context.identity.claims;
      },
      publish: publishOf(context, schema, resolvers),
      view: viewOf(context),
      get signal() {
        return context.signal;
      },
    };
    return answer(call);
  };
}

function viewOf(context: GatewayContext): ReadView {
  function view<State>(of: { readonly name: string; readonly initial: State }): ViewReader<State>;
  function view(name: string): ViewReader;
  function view(of: string | { readonly name: string }): ViewReader {
    // A subscription's events have no moment at which a view could be read: each node makes them at its own.
    if (context.view === undefined) throw new Error('A resolver of an event cannot read a view');
    return context.view(typeof of === 'string' ? of : of.name);
  }
  return view;
}

function publishOf(context: GatewayContext, schema: GraphQLSchema, resolvers: ResolverMap): ResolverPublish {
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
    if (context.publish === undefined) throw new Error('A resolver of an event cannot publish');
    const list = isList(given) ? given : [given];
    const drafts = list.map((draft) => checked(draft, schema, resolvers));
    if (options !== undefined) return context.outcome(drafts, wantedOf(options.outcome, drafts));
    const [only] = drafts;
    return isList(given) || only === undefined ? context.publish(drafts) : context.publish(only);
  }
  return publish;
}

const isList = (given: OutgoingDraft | readonly OutgoingDraft[]): given is readonly OutgoingDraft[] =>
  Array.isArray(given);

/** @throws {MillraceError} EVENT_INVALID */
function checked(draft: OutgoingDraft, schema: GraphQLSchema, resolvers: ResolverMap): EventDraft {
  const type = schema.getType(draft.type);
  if (!isObjectType(type))
    throw new MillraceError('EVENT_INVALID', `The schema has no object type ${draft.type}.`);
  const { key } = draft;
  return {
    topic: topic(draft.topic),
    type: type.name,
    key,
    data: coerceEventData(type, draft.data, resolvers),
  };
}

function wantedOf(outcome: OutcomeOptions, [first]: readonly EventDraft[]): OutcomeRequest {
  const within = millisecondsOf(outcome.within);
  if (within === undefined) throw new Error(`within ${JSON.stringify(outcome.within)} is no time up to 5m`);
  if (first === undefined) throw new Error('An outcome needs an event that leads to it');
  const where = outcome.topic === undefined ? first.topic : topic(outcome.topic);
  return {
    topic: where,
    types: outcome.types,
    within,
    key: outcome.key ?? (where === first.topic ? first.key : undefined),
    follow: outcome.follow,
  };
}
