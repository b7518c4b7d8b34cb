import { describe, expect, it, vi } from 'vitest';
import { InProcessNodes } from '../../src/adapters/memory/node-registry.js';
import { openConsole } from '../../src/console/console.js';
import type { Identity } from '../../src/core/identity.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import type { Caller } from '../../src/operation/request.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { SharedResult } from '../../src/subscribe/delivery/result-layout.js';
import { bound } from '../binding/schema.js';

const ROLE = 'operator';
const withClaims = (claims: Identity['claims']): Identity => ({ claims, expiresAt: undefined });
const OPERATOR = withClaims({ sub: 'olga', roles: [ROLE] });
const CUSTOMER = withClaims({ sub: 'carl', roles: ['customer'] });
const NOBODY = withClaims({});

/** The pages read from it when they are asked, and these tests ask only for what the console says of itself. */
const UNUSED = {} as never;

function world() {
  const metrics = new Metrics();
  const operations = openConsole({
    role: ROLE,
    backends: { log: 'a log', fanout: 'a fan-out' },
    events: {
      log: {} as EventLog, // No test here asks for records.
      bindings: bound('type Query { ok: Boolean }'),
      resolvers: {},
      formats: new Map(),
      topics: [],
      deadLetterSuffix: '.dlt',
    },
    life: UNUSED,
    map: UNUSED,
    deadLetters: UNUSED,
    monitor: { registry: new InProcessNodes().open(), namespace: 'millrace' },
    limits: { maxTokens: 500 },
    logger: openLogger('silent'),
    metrics,
  });
  const caller = (identity: Identity): Caller => ({ identity, signal: new AbortController().signal });
  const ask = (query: string, identity: Identity) =>
    operations.run(operations.prepare({ query }), caller(identity));
  const subscribe = (query: string, identity: Identity) => {
    const sink = { next: vi.fn((_: SharedResult) => true), error: vi.fn(), complete: vi.fn() };
    const subscription = operations.subscribe(operations.prepare({ query }), caller(identity), sink);
    return { sink, subscription };
  };
  const running = async () => (await metrics.consoleSubscriptions.get()).values[0]?.value;
  return { ask, subscribe, running };
}

const codes = (code: string) => [expect.objectContaining({ extensions: expect.objectContaining({ code }) })];
const CLOCK = 'subscription { clock { time } }';

describe('S1 the console', () => {
  it.each([
    ['no claims', NOBODY, 'UNAUTHENTICATED'],
    ['another role', CUSTOMER, 'FORBIDDEN'],
    ['roles that are no list', withClaims({ roles: ROLE }), 'FORBIDDEN'],
  ])(
    'shows no data to a caller with %s, in queries, introspection and subscriptions',
    async (_, identity, code) => {
      const { ask, subscribe, running } = world();
      for (const query of ['{ gateway { version } }', '{ __schema { queryType { name } } }'])
        expect(await ask(query, identity)).toEqual({ errors: codes(code) });
      const { sink } = subscribe(CLOCK, identity);
      await vi.waitFor(() => expect(sink.error).toHaveBeenCalledWith(codes(code)));
      expect(sink.next).not.toHaveBeenCalled();
      expect(await running()).toBe(0);
    },
  );

  it('changes nothing for a caller without the role', async () => {
    const { ask } = world();
    const query = 'mutation { putBackDeadLetters(selection: { topic: "orders" }) { state } }';
    expect(await ask(query, CUSTOMER)).toEqual({ errors: codes('FORBIDDEN') });
  });

  it('answers a caller with the role', async () => {
    const { ask, subscribe } = world();
    const { data } = await ask('{ me { subject roles } gateway { version role } }', OPERATOR);
    expect(data).toMatchObject({ me: { subject: 'olga', roles: [ROLE] }, gateway: { role: ROLE } });
    const { sink, subscription } = subscribe(CLOCK, OPERATOR);
    await vi.waitFor(() => expect(sink.next).toHaveBeenCalledOnce());
    subscription.close();
  });
});

describe('S2 a subscription of the console', () => {
  it('ends when renewed credentials have the role no more, and goes on when they have', async () => {
    const { subscribe, running } = world();
    const { sink, subscription } = subscribe(CLOCK, OPERATOR);
    await vi.waitFor(() => expect(sink.next).toHaveBeenCalledOnce());
    subscription.renew(withClaims({ sub: 'olga', roles: ['other', ROLE] }));
    expect(await running()).toBe(1);
    subscription.renew(withClaims({ sub: 'olga', roles: [] }));
    expect(sink.error).toHaveBeenCalledExactlyOnceWith(codes('FORBIDDEN'));
    expect(await running()).toBe(0);
  });
});
