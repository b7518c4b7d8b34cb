import { describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../src/node/config.js';
import { startNode } from '../../src/node/node.js';
import { openLogger } from '../../src/observe/log.js';
import type { Service } from '../../src/services/service.js';
import type { View } from '../../src/views/view.js';
import { bound } from '../binding/schema.js';
import { folderOf } from '../support/gateway-process.js';
import { WAIT } from '../transport/serve.js';

const SCHEMA = `
  scalar Long
  type Query { account(id: ID!): Account @view(name: "accounts", key: "args.id") }
  type Mutation {
    pay(id: ID!, units: Int!, long: Long, f: Float, idempotencyKey: ID): Paid!
      @publish(topic: "payments", type: "Payment", key: "args.id",
        data: "{'id': args.id, 'units': args.units * 1000000000000, 'long': args.long, 'amount': args.f}",
        outcome: { types: ["Paid"], within: "10s" })
  }
  type Subscription { payments: PaymentEvent! @subscribe(topic: "payments") }
  union PaymentEvent = Payment | Paid
  type Payment { id: ID! units: Long! long: Long amount: Float }
  type Paid { id: ID! units: Long! long: Long amount: Float kinds: String! }
  type Account { id: ID! payments: Int! }`;

/** What a service is given, as it says so itself. */
const cashier: Service = {
  name: 'cashier',
  topics: ['payments'],
  handle: ({ type, key, data }) => {
    if (type !== 'Payment' || key === null || data === null) return [];
    const kinds = ['id', 'units', 'long', 'amount'].map((name) => typeof data[name]).join(' ');
    return [{ topic: 'payments', type: 'Paid', key, data: { ...data, kinds } }];
  },
};

/** As in other producers' data, an id is a number wherever it can be one. */
const accounts: View<{ payments: number; id: string }> = {
  name: 'accounts',
  topics: ['payments'],
  by: ({ type, data }) => (type === 'Paid' ? BigInt(String(data?.['id'])) : undefined),
  initial: { payments: 0, id: '' },
  fold: ({ payments }, { data }) => ({ payments: payments + 1, id: String(data?.['id']) }),
};

async function start() {
  const folder = await folderOf({});
  const config = readConfig({ PORT: '0', DATA_DIR: folder.path, TOPIC_PARTITIONS: '4' });
  const bindings = bound(SCHEMA, {}, [accounts]);
  const project = { services: [cashier], views: [accounts] };
  const roles = { gateway: true, relay: true, services: 'all' } as const;
  const node = await startNode(
    { config, roles, project, bindings, logger: openLogger('silent') },
    new AbortController().signal,
  );
  onTestFinished(async () => {
    await node[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });
  /** The answer's text: a parser of JavaScript would round its numbers. */
  return async (query: string, variables: string): Promise<string> => {
    const body = `{"query":${JSON.stringify(query)},"variables":${variables}}`;
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${node.url}/graphql`, { method: 'POST', headers, body })).text();
  };
}

const PAY = `mutation ($id: ID!, $units: Int!, $long: Long, $f: Float, $key: ID) {
  pay(id: $id, units: $units, long: $long, f: $f, idempotencyKey: $key) { id units long amount kinds } }`;

describe('numbers from a mutation to its outcome and its view', () => {
  it('are exact in data, in a service, in the outcome and in keys, however they are written', async () => {
    const ask = await start();
    const paid = await ask(
      PAY,
      '{"id":1234567890123456789,"units":9007199,"long":-9007199254740993,"f":1e20}',
    );
    const id = '1234567890123456789';
    expect(paid).toContain(
      `{"data":{"pay":{"id":"${id}","units":9007199000000000000,"long":-9007199254740993,"amount":100000000000000000000,"kinds":"string bigint bigint number"}}`,
    );
    await ask(PAY, `{"id":"${id}","units":1}`);
    const account = (given: string) =>
      ask('query ($id: ID!) { account(id: $id) { id payments } }', `{"id":${given}}`);
    for (const given of [id, `"${id}"`, `${id}.0`, `${id}e0`])
      await expect.poll(() => account(given), WAIT).toBe(`{"data":{"account":{"id":"${id}","payments":2}}}`);
    expect(await account('1234567890123456788')).toBe('{"data":{"account":null}}');
  });

  it('make one key of 1e21 and its digits: for the record, the outcome, idempotency and the view', async () => {
    const ask = await start();
    const digits = `1${'0'.repeat(21)}`;
    const answers = await Promise.all([
      ask(PAY, `{"id":1e21,"units":1,"key":1e16}`),
      ask(PAY, `{"id":${digits},"units":1,"key":10000000000000000}`),
      ask(PAY, `{"id":"${digits}","units":1,"key":"10000000000000000"}`),
    ]);
    for (const answer of answers) expect(answer).toContain(`"id":"${digits}","units":1000000000000,`);
    await expect
      .poll(() => ask('{ account(id: "1000000000000000000000") { payments } }', '{}'), WAIT)
      .toBe('{"data":{"account":{"payments":1}}}');
  });

  it('are refused where a result would show null instead of them', async () => {
    const ask = await start();
    for (const long of ['1e400', '{"deep":[-1e400]}']) {
      const answer = await ask(PAY, `{"id":"a","units":1,"long":${long}}`);
      expect(answer).toContain('"code":"EVENT_INVALID"');
      expect(answer).toContain('long is not Long');
    }
  });

  it('fail where CEL’s 64 bits end, and publish nothing', async () => {
    const ask = await start();
    const answer = await ask(PAY, '{"id":"a","units":2147483647}');
    expect(answer).toContain('"code":"BAD_REQUEST"');
    expect(answer).toContain('integer overflow');
  });
});
