import { buildSchema, type GraphQLNamedType, isEnumType, isInputObjectType, isObjectType } from 'graphql';
import { describe, expect, it, vi } from 'vitest';
import { ConsoleOperations } from '../../src/console/operations.js';
import type { ConsoleContext, ConsolePage, Payload } from '../../src/console/page.js';
import { consoleSchema, consoleSources } from '../../src/console/schema.js';
import { MillraceError } from '../../src/core/errors.js';
import type { Identity } from '../../src/core/identity.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import type { Caller } from '../../src/operation/request.js';
import type { SharedResult } from '../../src/subscribe/delivery/result-layout.js';

const ROLE = 'operator';
const withClaims = (claims: Identity['claims']): Identity => ({ claims, expiresAt: undefined });
const OPERATOR = withClaims({ sub: 'olga', roles: [ROLE] });
const CUSTOMER = withClaims({ sub: 'carl', roles: ['customer'] });
const NOBODY = withClaims({});

const SDL = `
  type Query { secret: String! refused: Int broken: Int slow: Int }
  type Subscription { numbers: Number! broken: Int }
  type Number { n: Int! subject: String }
`;

/** The console with a page that counts, and says how far it has. */
function world() {
  const metrics = new Metrics();
  const made = { payloads: 0, ended: 0 };
  const slow = { running: 0, most: 0, all: 0 };
  async function* numbers({ after, signal, identity: _, ...rest }: ConsoleContext): AsyncGenerator<Payload> {
    try {
      for (let n = Number(after ?? 0) + 1; !signal.aborted; n++) {
        made.payloads += 1;
        yield { data: { n, ...rest }, cursor: String(n) };
        await new Promise(setImmediate);
      }
    } finally {
      made.ended += 1;
    }
  }
  const page: ConsolePage = {
    Query: {
      slow: async () => {
        slow.all += 1;
        slow.running += 1;
        slow.most = Math.max(slow.most, slow.running);
        await new Promise(setImmediate);
        slow.running -= 1;
        return slow.all;
      },
      secret: () => 'the events',
      refused: () => {
        throw new MillraceError('TOPIC_MISSING', 'There is no such topic.');
      },
      broken: () => {
        throw new Error('the password is 1234');
      },
    },
    Subscription: {
      numbers: (_args, context) => numbers(context),
      broken: () => {
        throw new Error('the password is 1234');
      },
    },
  };
  const operations = new ConsoleOperations({
    schema: consoleSchema([SDL], [page]),
    role: ROLE,
    limits: { maxTokens: 500 },
    logger: openLogger('silent'),
    metrics,
  });
  const caller = (identity: Identity, after?: string): Caller => ({
    identity,
    signal: new AbortController().signal,
    after,
  });
  const ask = (query: string, identity = OPERATOR) =>
    operations.run(operations.prepare({ query }), caller(identity));
  const subscribe = (query: string, { identity = OPERATOR, after = '', room = 3 } = {}) => {
    const taken: SharedResult[] = [];
    const sink = {
      room,
      taken,
      next: (result: SharedResult) => {
        if (taken.length >= sink.room) return false;
        taken.push(result);
        return true;
      },
      error: vi.fn(),
      complete: vi.fn(),
    };
    const prepared = operations.prepare({ query });
    return { sink, subscription: operations.subscribe(prepared, caller(identity, after || undefined), sink) };
  };
  const running = async () => (await metrics.consoleSubscriptions.get()).values[0]?.value;
  return { ask, subscribe, running, made, slow };
}

const codes = (code: string) => [expect.objectContaining({ extensions: expect.objectContaining({ code }) })];
const NUMBERS = 'subscription { numbers { n } }';
const full = (sink: { readonly taken: readonly unknown[]; readonly room: number }) =>
  vi.waitFor(() => expect(sink.taken).toHaveLength(sink.room));
const shown = ({ head }: SharedResult) => JSON.parse(`${String(head)}"}}`);

describe('S1 the console', () => {
  it.each([
    ['no claims', NOBODY, 'UNAUTHENTICATED'],
    ['another role', CUSTOMER, 'FORBIDDEN'],
    ['roles that are no list', withClaims({ roles: ROLE }), 'FORBIDDEN'],
  ])(
    'shows no data to a caller with %s, in queries, introspection and subscriptions',
    async (_, identity, code) => {
      const { ask, subscribe, running, made } = world();
      for (const query of ['{ secret }', '{ __schema { queryType { name } } }', '{ nonsense }'])
        expect(await ask(query, identity)).toEqual({ errors: codes(code) });
      const { sink } = subscribe(NUMBERS, { identity });
      await vi.waitFor(() => expect(sink.error).toHaveBeenCalledWith(codes(code)));
      expect([sink.taken, made.payloads, await running()]).toEqual([[], 0, 0]);
    },
  );

  it('changes nothing for a caller without the role', async () => {
    const { ask } = world();
    const query = 'mutation { putBackDeadLetters(selection: { topic: "orders" }) { state } }';
    expect(await ask(query, CUSTOMER)).toEqual({ errors: codes('FORBIDDEN') });
  });

  it('answers a caller with the role', async () => {
    const { ask } = world();
    expect(await ask('{ secret }')).toEqual({ data: { secret: 'the events' } });
  });
});

describe('S2 a subscription of the console', () => {
  it('ends when renewed credentials have the role no more, and goes on when they have', async () => {
    const { subscribe, running, made } = world();
    const { sink, subscription } = subscribe(NUMBERS);
    await full(sink);
    subscription.renew(withClaims({ sub: 'olga', roles: ['other', ROLE] }));
    expect(await running()).toBe(1);
    subscription.renew(withClaims({ sub: 'olga', roles: [] }));
    expect(sink.error).toHaveBeenCalledExactlyOnceWith(codes('FORBIDDEN'));
    expect(await running()).toBe(0);
    sink.room = 100;
    subscription.onDrained();
    await vi.waitFor(() => expect(made.ended).toBe(1));
    expect(sink.taken).toHaveLength(3);
  });
});

describe('a subscription of the console', () => {
  it('S4 makes no payload before its client has taken the one before', async () => {
    const { subscribe, made } = world();
    const { sink, subscription } = subscribe(NUMBERS);
    await full(sink);
    await vi.waitFor(() => expect(made.payloads).toBe(4));
    for (let tick = 0; tick < 10; tick++) await new Promise(setImmediate);
    expect(made.payloads).toBe(4);
    sink.room = 5;
    subscription.onDrained();
    await full(sink);
    expect(sink.taken.map((result) => shown(result).data.numbers.n)).toEqual([1, 2, 3, 4, 5]);
    subscription.close();
    await vi.waitFor(() => expect(made.ended).toBe(1));
  });

  it('D4 carries a cursor, and resumes after the one that its client has', async () => {
    const { subscribe } = world();
    const { sink, subscription } = subscribe(NUMBERS, { after: '41', room: 1 });
    await full(sink);
    expect(sink.taken.map(shown)).toMatchObject([
      { data: { numbers: { n: 42 } }, extensions: { cursor: '42' } },
    ]);
    expect(sink.taken[0]?.cursor).toBe('42');
    subscription.close();
  });
});

describe('errors of the console', () => {
  it('are shown with their code if they are meant for clients, and otherwise hidden', async () => {
    const { ask, subscribe } = world();
    const { errors } = await ask('{ refused broken }');
    expect(errors?.map((error) => error.toJSON())).toMatchObject([
      { message: 'There is no such topic.', extensions: { code: 'TOPIC_MISSING' } },
      { message: 'This field failed.', extensions: { code: 'INTERNAL' } },
    ]);
    const { sink } = subscribe('subscription { broken }');
    await vi.waitFor(() => expect(sink.error).toHaveBeenCalledWith(codes('INTERNAL')));
    expect(JSON.stringify(sink.error.mock.calls)).not.toContain('1234');
  });

  it('S4 say so for documents beyond the limits', async () => {
    const { ask } = world();
    expect(await ask(`{ ${'secret '.repeat(600)} }`)).toEqual({ errors: codes('LIMIT_EXCEEDED') });
  });
});

describe('the schema of the console', () => {
  const field = { Query: { here: () => 1 } };

  it.each([
    ['has no resolver', 'type Query { here: Int missing: Int }', [field], 'have no resolver: missing'],
    ['has two resolvers', 'type Query { here: Int }', [field, field], 'Query.here is not in'],
    ['is not declared', 'type Query { other: Int }', [field], 'Query.here is not in'],
    ['has an unknown scalar', 'type Query { here: Money } scalar Money', [field], 'unknown scalar: Money'],
  ])('is refused at start when a field %s', (_, sdl, pages, message) => {
    expect(() => consoleSchema([sdl], pages)).toThrow(message);
  });

  it('describes every type, field, argument and enum value of every page', () => {
    const sdl = consoleSources().map(({ body }) => body);
    expect(sdl.length).toBeGreaterThan(0);
    expect(undescribed(sdl.join('\n'))).toEqual([]);
    expect(undescribed('type Query { here(at: At): Int } enum At { NOW }')).toEqual([
      'Query',
      'Query.here',
      'Query.here(at:)',
      'At',
      'At.NOW',
    ]);
  });
});

/** What has no description, by its coordinates. */
function undescribed(sdl: string): readonly string[] {
  const schema = buildSchema(sdl);
  const own = Object.values(schema.getTypeMap()).filter(({ astNode }) => astNode);
  return own
    .flatMap((type) => [[type.name, type] as const, ...membersOf(type)])
    .flatMap(([coordinate, { description }]) => (description ? [] : [coordinate]));
}

type Described = readonly [coordinate: string, { readonly description?: string | null | undefined }];

function membersOf(type: GraphQLNamedType): readonly Described[] {
  if (isEnumType(type)) return type.getValues().map((value) => [`${type.name}.${value.name}`, value]);
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field]);
  if (!isObjectType(type)) return [];
  return Object.values(type.getFields()).flatMap((field): readonly Described[] => [
    [`${type.name}.${field.name}`, field],
    ...field.args.map((arg): Described => [`${type.name}.${field.name}(${arg.name}:)`, arg]),
  ]);
}

describe('S4 the console', () => {
  const repeated = (times: number): string =>
    Array.from({ length: times }, (_, i) => `a${i}: slow`).join(' ');

  it.each([
    ['by alias', `{ ${repeated(100)} }`],
    ['in fragments', `{ ...f } fragment f on Query { ${repeated(100)} }`],
  ])('resolves a field that is repeated %s twenty times at most', async (_, query) => {
    const { ask, slow } = world();
    const { data, errors } = await ask(query);
    expect(errors).toHaveLength(80);
    expect(errors?.slice(0, 1)).toEqual(codes('LIMIT_EXCEEDED'));
    expect([slow.all, data?.['a0'], data?.['a99']]).toEqual([20, expect.any(Number), null]);
  });

  it('reads at most sixteen fields of all its callers at the same time, and answers them all', async () => {
    const { ask, slow } = world();
    const results = await Promise.all(Array.from({ length: 10 }, () => ask(`{ ${repeated(20)} }`)));
    expect(results.every(({ errors }) => errors === undefined)).toBe(true);
    expect([slow.all, slow.most]).toEqual([200, 16]);
  });
});
