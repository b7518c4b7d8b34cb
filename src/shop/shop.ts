// The shop as a Millrace project: its services, views, resolvers and demo authentication.
import { type Authenticate, defineGateway, MillraceError, type Project } from 'millrace';
import { cartService } from './cart.js';
import { catalogueService } from './catalogue.js';
import { EXAMPLES } from './examples.js';
import { inventoryService } from './inventory.js';
import { notificationService } from './notification.js';
import { orderService } from './order.js';
import { paymentService } from './payment.js';
import { httpProvider } from './payment-provider.js';
import { resolvers } from './resolvers.js';
import { shippingService } from './shipping.js';
import {
  type SimulatedProvider,
  type SimulationOptions,
  simulatedProvider,
} from './simulated-payment-provider.js';
import { cartView, customerOrdersView, orderBoardView, orderView, pricesView, stockView } from './views.js';

/**
 * Authentication for trying things out, without any proof: `Authorization: Demo <name>` makes the caller
 * `<name>`, and the name `staff` has the role `staff`. Without the header the caller is `guest`. Over WebSocket
 * the same text goes into the connection parameter `Authorization` or `authorization`. The gateway does not use
 * it when `JWT_*` is set.
 */
const demo: Authenticate = async ({ headers, connectionParams }) => {
  const credentials =
    connectionParams?.['Authorization'] ?? connectionParams?.['authorization'] ?? headers['authorization'];
  if (credentials === undefined) return { claims: { sub: 'guest', roles: [] }, expiresAt: undefined };
  const name =
    typeof credentials === 'string' ? /^Demo\s+([\w.@-]{1,64})$/i.exec(credentials)?.[1] : undefined;
  if (name === undefined) {
    throw new MillraceError(
      'UNAUTHENTICATED',
      'Invalid credentials. The demo accepts `Authorization: Demo <name>`.',
    );
  }
  return { claims: { sub: name, roles: name === 'staff' ? ['staff'] : [] }, expiresAt: undefined };
};

interface ShopOptions {
  /** The URL of the payment provider. Left out, a simulated one runs inside the payment service. */
  readonly paymentUrl?: string | undefined;
  /** How the simulated provider behaves. */
  readonly simulation?: SimulationOptions;
}

/** The shop's part in TypeScript. `schema/shop.graphql` is the other one. */
export function shop({ paymentUrl, simulation }: ShopOptions = {}): Project {
  let simulated: Promise<SimulatedProvider> | undefined;
  // Started by the first payment: most processes of the shop never need it.
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
    views: [orderView, customerOrdersView, orderBoardView, stockView, cartView, pricesView],
    authenticate: demo,
    examples: EXAMPLES,
  });
}
