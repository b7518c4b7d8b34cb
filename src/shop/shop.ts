import { type Authenticate, defineGateway, MillraceError, type Project, type ResolverCall } from 'millrace';
import { CATALOGUE, productOf } from './catalogue.js';
import { EXAMPLES } from './examples.js';
import { orderService } from './order.js';

/**
 * Who is asking, for trying things out only: `Authorization: Demo <name>` is believed without proof, and
 * the name `staff` has the role `staff`. Whoever shows nothing is `guest`. Over WebSocket the same text
 * is given as `Authorization` (or `authorization`) in the connection's parameters. The gateway does not
 * use it once `JWT_*` is set.
 */
export const demo: Authenticate = async ({ headers, connectionParams }) => {
  const shown =
    connectionParams?.['Authorization'] ?? connectionParams?.['authorization'] ?? headers['authorization'];
  if (shown === undefined) return { claims: { sub: 'guest', roles: [] }, expiresAt: undefined };
  const name = typeof shown === 'string' ? /^Demo\s+([\w.@-]{1,64})$/i.exec(shown)?.[1] : undefined;
  if (name === undefined) {
    throw new MillraceError('UNAUTHENTICATED', 'The demo knows only `Authorization: Demo <name>`.');
  }
  return { claims: { sub: name, roles: name === 'staff' ? ['staff'] : [] }, expiresAt: undefined };
};

/** The shop as a project. `schema/shop.graphql` is its other half. */
export function shop(): Project {
  return defineGateway({
    resolvers: {
      Query: {
        catalogue: () => CATALOGUE,
        product: ({ args }: ResolverCall<{ readonly sku: string }>) => productOf(args.sku) ?? null,
      },
    },
    services: [orderService()],
    authenticate: demo,
    examples: EXAMPLES,
  });
}
