import { type Authenticate, defineGateway, MillraceError, type Project } from 'millrace';
import { cartService } from './cart.js';
import { catalogueService } from './catalogue.js';
import { EXAMPLES } from './examples.js';
import { inventoryService } from './inventory.js';
import { notificationService } from './notification.js';
import { orderService } from './order.js';
import { paymentService } from './payment.js';
import { httpProvider } from './provider.js';
import { resolvers } from './resolvers.js';
import { shippingService } from './shipping.js';
import { type SimulatedProvider, type SimulationOptions, simulatedProvider } from './simulated-provider.js';
import { cartView, myOrdersView, orderView, pricesView, stockView } from './views.js';

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

export interface ShopOptions {
  /** Where the payment provider is. Left out, a simulated one runs beside the payment service. */
  readonly paymentUrl?: string | undefined;
  /** How the simulated one behaves. */
  readonly simulation?: SimulationOptions;
}

/** The shop as a project. `schema/shop.graphql` is its other half. */
export function shop({ paymentUrl, simulation }: ShopOptions = {}): Project {
  let simulated: Promise<SimulatedProvider> | undefined;
  // Only where somebody pays: most processes of the shop never need it.
  const simulatedUrl = async (): Promise<string> => {
    simulated ??= simulatedProvider(simulation);
    return (await simulated).url;
  };
  const provider = httpProvider(paymentUrl === undefined ? simulatedUrl : () => paymentUrl);
  return defineGateway({
    resolvers,
    services: [
      catalogueService(),
      cartService(),
      orderService(),
      inventoryService(),
      paymentService(provider),
      shippingService(),
      notificationService(),
    ],
    views: [orderView, myOrdersView, stockView, cartView, pricesView],
    authenticate: demo,
    examples: EXAMPLES,
  });
}
