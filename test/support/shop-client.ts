import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { z } from 'zod';

const Answer = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(z.looseObject({ message: z.string() })).optional(),
  extensions: z.record(z.string(), z.unknown()).optional(),
});
export type Answer = z.infer<typeof Answer>;

/** One operation over HTTP. */
export async function ask(
  url: string,
  who: string,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: `Demo ${who}`,
    },
    body: JSON.stringify({ query, variables }),
  });
  return Answer.parse(await response.json());
}

/** As `ask`. @returns what the only field answers @throws when there are errors */
export async function field(...args: Parameters<typeof ask>): Promise<Record<string, unknown>> {
  const answer = await ask(...args);
  if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
  return z.record(z.string(), z.unknown()).parse(Object.values(answer.data ?? {})[0]);
}

export const PLACE = `mutation($input: PlaceOrder!, $key: String) { placeOrder(input: $input, idempotencyKey: $key) {
  __typename
  ... on Order { orderId customerId status lines { sku quantity unitPrice { amount currency } } total { amount currency } }
  ... on OutOfStock { sku wanted available }
  ... on InvalidQuantity { sku }
  ... on UnknownProduct { sku }
  ... on OrderRejected { code }
  ... on InvalidOrder { code }
  ... on Refusal { reason }
} }`;
export const CHECK_OUT = `mutation($input: CheckOut!, $key: String) { checkOut(input: $input, idempotencyKey: $key) {
  __typename
  ... on Order { orderId total { amount } }
  ... on CheckOutRefused { code }
} }`;
export const CANCEL = `mutation($orderId: ID!, $reason: String) { cancelOrder(input: { orderId: $orderId, reason: $reason }) {
  __typename ... on CancelRefused { code }
} }`;
export const COLLECT = 'mutation($orderId: ID!) { collectOrder(orderId: $orderId) { __typename } }';
export const SET_LINE = `mutation($sku: ID!, $quantity: Int!, $key: String) { setCartLine(sku: $sku, quantity: $quantity, idempotencyKey: $key) {
  __typename ... on Cart { lines { sku quantity } total { amount } } ... on CartRefused { code }
} }`;

/**
 * Subscribes as staff until `done` is true of the values so far. Returns the values of its only field.
 * @throws when it ends before
 */
export async function follow(
  url: string,
  query: string,
  variables: Readonly<Record<string, unknown>>,
  done: (seen: readonly Record<string, unknown>[]) => boolean,
): Promise<readonly Record<string, unknown>[]> {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: 'Demo staff' },
    retryAttempts: 0,
  });
  const seen: Record<string, unknown>[] = [];
  try {
    for await (const answer of client.iterate({ query, variables: { ...variables } })) {
      const { data, errors } = Answer.parse(answer);
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      seen.push(z.record(z.string(), z.unknown()).parse(Object.values(data ?? {})[0]));
      if (done(seen)) return seen;
    }
    throw new Error(`It ended after ${JSON.stringify(seen)}`);
  } finally {
    await client.dispose();
  }
}

const EVENTS = `subscription($orderId: ID!) {
  orderEvents(orderId: $orderId, since: "2020-01-01T00:00:00Z") { __typename }
}`;

/** The types of an order's events, from the first up to `last`. */
export async function eventsUntil(url: string, orderId: string, last: string): Promise<readonly string[]> {
  const seen = await follow(url, EVENTS, { orderId }, (all) => all.at(-1)?.['__typename'] === last);
  return seen.map(({ __typename }) => String(__typename));
}

const LEVELS = `subscription($sku: ID!, $since: DateTime) {
  stockLevel(sku: $sku, since: $since) { onHand reserved }
}`;

/**
 * What there is of a product once so many of it, reserved since then, are reserved no more.
 * @param since before they were
 */
export async function settled(url: string, sku: string, reserved: number, since: Date): Promise<number> {
  const was = (all: readonly Record<string, unknown>[]) =>
    all.some((level) => level['reserved'] === reserved);
  const levels = await follow(
    url,
    LEVELS,
    { sku, since: since.toISOString() },
    (all) => was(all) && all.at(-1)?.['reserved'] === 0,
  );
  return Number(levels.at(-1)?.['onHand']);
}
