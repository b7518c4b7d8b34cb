import type { ResolverMap } from '../../src/binding/runtime/resolvers.js';
import { CursorCodec } from '../../src/core/cursor.js';
import { ANONYMOUS, type Identity } from '../../src/core/identity.js';
import { openLogger } from '../../src/observe/log.js';
import { GraphQLOperations } from '../../src/operation/graphql-operations.js';
import type { Caller } from '../../src/operation/request.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { Subscriptions } from '../../src/subscribe/subscriptions.js';
import type { AnyView } from '../../src/views/view.js';
import { ViewStore } from '../../src/views/view-store.js';
import { Views } from '../../src/views/views.js';
import { bound } from '../binding/schema.js';
import { mutationsOn } from '../support/publishing.js';
import type { World } from '../support/world.js';

/** One node of `world`, without a transport: operations in, results out. */
export function nodeOn(
  world: World,
  schema: string,
  {
    resolvers,
    log = world.log,
    leaseMs,
    views: folds,
  }: { resolvers?: ResolverMap; log?: EventLog; leaseMs?: number; views?: readonly AnyView[] } = {},
) {
  const { metrics, deadLetters } = world;
  const logger = openLogger('silent');
  const bindings = bound(schema, resolvers);
  const codec = new CursorCodec(['secret']);
  const hub = world.hub();
  const keep = leaseMs === undefined ? {} : { leaseMs };
  const store = new ViewStore(world.state);
  const views = folds && new Views({ views: folds, store, codec, topics: hub.topics, deadline: 10_000 });
  const mutations = mutationsOn({ log, store: world.state, hub, metrics, bindings, codec, views, ...keep });
  const subscriptions = new Subscriptions({ bindings, hub, codec, metrics, logger, deadLetters });
  const gateway = new GraphQLOperations({
    bindings,
    mutations,
    subscriptions,
    logger,
    metrics,
    limits: { maxTokens: 500 },
  });
  return {
    gateway,
    hub,
    views,
    run: async (
      query: string,
      options: Partial<Caller> & { variables?: Record<string, unknown>; sub?: string } = {},
    ) => {
      const { variables, sub, ...caller } = options;
      const identity: Identity = sub === undefined ? ANONYMOUS : { claims: { sub }, expiresAt: undefined };
      const prepared = gateway.prepare({ query, variables });
      return await gateway.run(prepared, { identity, signal: AbortSignal.timeout(60_000), ...caller });
    },
  };
}
