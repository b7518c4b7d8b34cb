import { describe, expect, it, vi } from 'vitest';
import { deadLettersPage } from '../../src/console/dead-letters/dead-letters.js';
import { RedriveRuns } from '../../src/console/dead-letters/redrive-runs.js';
import { ConsoleOperations } from '../../src/console/operations.js';
import { consoleSchema, consoleSources } from '../../src/console/schema.js';
import { MillraceError } from '../../src/core/errors.js';
import { offset, partition } from '../../src/core/ids.js';
import type { NewRecord } from '../../src/core/record.js';
import { deadLetterRecord } from '../../src/dead-letters/dead-letter.js';
import { DeadLetterOffice } from '../../src/dead-letters/office.js';
import { deadLetterTopic } from '../../src/dead-letters/topic-name.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { resultTail, type SharedResult } from '../../src/subscribe/delivery/result-layout.js';
import { SchemaFieldTrials } from '../../src/subscribe/trial/field-trials.js';
import { bound } from '../binding/schema.js';
import { openWorld, type World } from '../support/world.js';
import { pageAlone } from './page-alone.js';

const signal = AbortSignal.timeout(60_000);
const identity = { claims: { sub: 'olga' }, expiresAt: undefined };
const bindings = bound(`
  type Query { ok: Boolean }
  type Subscription { said: Said! @subscribe(topic: "said") }
  type Said { n: Int! }
`);

interface Followed {
  readonly data?: {
    readonly deadLetterGroups: {
      readonly groups: readonly { readonly id: string }[];
      readonly isComplete?: boolean;
      readonly missing?: readonly string[];
    };
  };
}

function consoleOf({ log, topic, formats }: World, over: EventLog = log) {
  const runs = new RedriveRuns();
  const did = vi.fn();
  const known = { topics: new Set([topic]), services: new Set<string>(), views: new Set<string>() };
  const settings = { suffix: '.dlt', group: 'console', fields: new SchemaFieldTrials(bindings) };
  const office = new DeadLetterOffice({ log: over, formats, ...known, ...settings });
  const operations = new ConsoleOperations({
    role: undefined,
    schema: consoleSchema(
      consoleSources(),
      pageAlone(deadLettersPage({ office, runs, log: over, securityLog: { did } })),
    ),
    limits: { maxTokens: 1_000 },
    logger: openLogger('silent'),
    metrics: new Metrics(),
  });
  async function ask(query: string, variables: Record<string, unknown> = {}) {
    const { data, errors } = await operations.run(operations.prepare({ query, variables }), {
      identity,
      signal,
    });
    if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join(' '));
    return JSON.parse(JSON.stringify(data));
  }
  function follow(query: string) {
    const results: Followed[] = [];
    const next = (result: SharedResult): boolean => {
      results.push(JSON.parse(`${result.head}${resultTail('')}`));
      return true;
    };
    const sink = { next, error: vi.fn(), complete: vi.fn() };
    const subscription = operations.subscribe(operations.prepare({ query }), { identity, signal }, sink);
    return { results, sink, subscription };
  }
  return { ask, follow, did, runs };
}

const headers = {
  ce_specversion: '1.0',
  ce_id: 'i',
  ce_source: '/t',
  ce_type: 'Said',
  ce_correlationid: 'c',
};

async function set({ log, topic }: World, values: readonly string[]): Promise<void> {
  for (const value of values) {
    const record = { key: 'k', headers: { ...headers, 'x-bytes': '\udcff' }, value: Buffer.from(value) };
    const [at] = await log.append([{ topic, ...record }], signal);
    const origin = { topic, partition: partition(0), offset: at?.offset ?? offset(0) };
    const fault = { kind: 'data', reason: `not JSON at ${origin.offset}` };
    await log.append([deadLetterRecord(origin, { ...record, timestamp: 1_000 }, fault)], signal);
  }
}

const GROUPS =
  'subscription { deadLetterGroups { isComplete readOnly groups { id topic kind pattern records putBack } } }';

describe('the page of dead letters', () => {
  it('groups them, lists a group, and shows one with its record and what would happen to it', async () => {
    await using world = await openWorld();
    await set(world, ['{', '{"n":1}']);
    const page = consoleOf(world);
    await using _ = page.runs;
    const { results, subscription } = page.follow(GROUPS);
    await expect
      .poll(() => results.at(-1))
      .toMatchObject({
        data: {
          deadLetterGroups: { isComplete: true, readOnly: null, groups: [{ records: 2, putBack: 0 }] },
        },
      });
    const group = results.at(-1)?.data?.deadLetterGroups.groups[0]?.id;
    const listed = await page.ask(
      'query($group: ID) { deadLetters(group: $group) { leftOut letters { id position key preview isPutBack } } }',
      { group },
    );
    expect(listed.deadLetters.letters).toEqual([
      { id: 'said.dlt/0@1', position: 'said/0@1', key: 'k', preview: '{"n":1}', isPutBack: false },
      { id: 'said.dlt/0@0', position: 'said/0@0', key: 'k', preview: '{', isPutBack: false },
    ]);
    const { deadLetter } = await page.ask(`{
      deadLetter(id: "said.dlt/0@1") {
        origin { topic partition offset } format kind reason key { text bytes } value { text } hasCodec
        headers { name value base64 } eventId correlationId isIdempotent putBack { by } test { verdict reason }
      }
    }`);
    expect(deadLetter).toMatchObject({
      origin: { topic: 'said', partition: 0, offset: 1 },
      format: 'MILLRACE',
      kind: 'data',
      key: { text: 'k', bytes: 1 },
      value: { text: '{"n":1}' },
      eventId: 'i',
      correlationId: 'c',
      putBack: null,
      test: { verdict: 'GOES_THROUGH' },
    });
    expect(deadLetter.headers).toContainEqual({ name: 'x-bytes', value: null, base64: '/w==' });
    expect(await page.ask('{ deadLetter(id: "said.dlt/0@7") { id } }')).toEqual({ deadLetter: null });
    subscription.close();
  });

  it('tells a topic without dead letters from one that does not exist', async () => {
    await using world = await openWorld();
    const page = consoleOf(world);
    await using _ = page.runs;
    const missing = async (topic: string): Promise<unknown> => {
      const { results, subscription } = page.follow(
        `subscription { deadLetterGroups(topic: ${JSON.stringify(topic)}) { isComplete missing } }`,
      );
      await expect.poll(() => results.at(-1)?.data?.deadLetterGroups.isComplete).toBe(true);
      subscription.close();
      return results.at(-1)?.data?.deadLetterGroups.missing;
    };
    expect(await missing('said')).toEqual([]);
    expect(await missing('never.created')).toEqual(['never.created']);
  });

  it('D10 puts a selection back once, says who did it, and shows that in the groups', async () => {
    await using world = await openWorld();
    await set(world, ['{', '{"n":1}', '{"n":2}']);
    const page = consoleOf(world);
    await using _ = page.runs;
    const { results, subscription } = page.follow(GROUPS);
    const dry = await page.ask(
      '{ deadLetterDryRun(selection: { topic: "said" }) { tested goesThrough failsAgain alreadyPutBack reasons { verdict count } } }',
    );
    expect(dry.deadLetterDryRun).toMatchObject({ tested: 3, goesThrough: 2, failsAgain: 1 });
    const put = `mutation { putBackDeadLetters(selection: { letters: ["said.dlt/0@1", "said.dlt/0@2"] }) {
      state putBack alreadyPutBack records { from to } failed { from reason } problem left
    } }`;
    expect((await page.ask(put)).putBackDeadLetters).toEqual({
      state: 'DONE',
      putBack: 2,
      alreadyPutBack: 0,
      records: [
        { from: 'said/0@1', to: 'said/0@3' },
        { from: 'said/0@2', to: 'said/0@4' },
      ],
      failed: [],
      problem: null,
      left: 0,
    });
    expect((await page.ask(put)).putBackDeadLetters).toMatchObject({
      state: 'DONE',
      putBack: 0,
      alreadyPutBack: 2,
    });
    expect(page.did).toHaveBeenCalledTimes(2);
    expect(page.did.mock.calls[0]?.[1]).toMatchObject({ subject: 'olga' });
    await expect
      .poll(() => results.at(-1))
      .toMatchObject({
        data: { deadLetterGroups: { groups: [{ records: 3, putBack: 2 }] } },
      });
    const { deadLetter } = await page.ask('{ deadLetter(id: "said.dlt/0@1") { putBack { by isEdited } } }');
    expect(deadLetter.putBack).toEqual({ by: 'olga', isEdited: false });
    subscription.close();
  });

  it('refuses an edited copy that would fail, and puts a good one back', async () => {
    await using world = await openWorld();
    await set(world, ['{']);
    const page = consoleOf(world);
    await using _ = page.runs;
    const mutation = `mutation($edit: DeadLetterEdit!, $force: Boolean) {
      putBackEditedDeadLetter(id: "said.dlt/0@0", edit: $edit, force: $force) { state putBack problem records { to } }
    }`;
    const edit = (text: string) => ({ edit: { value: { text } } });
    const test = await page.ask(
      'query($edit: DeadLetterEdit!) { deadLetterEditTest(id: "said.dlt/0@0", edit: $edit) { verdict reason } }',
      edit('{"n":"x"}'),
    );
    expect(test.deadLetterEditTest).toMatchObject({
      verdict: 'FAILS_AGAIN',
      reason: expect.stringContaining('n is not Int'),
    });
    expect((await page.ask(mutation, edit('{"n":"x"}'))).putBackEditedDeadLetter).toMatchObject({
      state: 'REFUSED',
      putBack: 0,
      problem: expect.stringContaining('n is not Int'),
    });
    expect((await page.ask(mutation, edit('{"n":7}'))).putBackEditedDeadLetter).toMatchObject({
      state: 'DONE',
      putBack: 1,
      records: [{ to: 'said/0@1' }],
    });
    const { deadLetter } = await page.ask('{ deadLetter(id: "said.dlt/0@0") { putBack { by isEdited } } }');
    expect(deadLetter.putBack).toEqual({ by: 'olga', isEdited: true });
  });

  it('explains what does not exist or cannot be done, in a sentence', async () => {
    await using world = await openWorld();
    const unknown: NewRecord = {
      topic: deadLetterTopic(world.topic),
      key: null,
      headers: {},
      value: Buffer.from([0xff]),
    };
    await world.log.append([unknown], signal);
    const page = consoleOf(world);
    await using _ = page.runs;
    const { deadLetter } = await page.ask(
      '{ deadLetter(id: "said.dlt/0@0") { format origin { topic } value { text base64 } test { reason } } }',
    );
    expect(deadLetter).toEqual({
      format: 'UNKNOWN',
      origin: null,
      value: { text: null, base64: '/w==' },
      test: null,
    });
    const put = async (id: string) => {
      const query = `mutation { putBackDeadLetters(selection: { letters: ["${id}"] }) { state problem } }`;
      return (await page.ask(query)).putBackDeadLetters;
    };
    const failed = (problem: string) => ({ state: 'FAILED', problem: expect.stringContaining(problem) });
    expect(await put('said.dlt/0@9')).toEqual(failed('There is no dead letter said.dlt/0@9'));
    expect(await put('said/0@0')).toEqual(failed('There is no dead letter said/0@0'));
    expect(await put('said.dlt/0@0')).toEqual(failed('nobody can tell where to put it back'));
    const { results } = page.follow('subscription { deadLetterRun(id: "x") { state } }');
    await expect.poll(() => results).toMatchObject([{ data: { deadLetterRun: { state: 'UNKNOWN' } } }]);
  });

  it('says that nothing can be put back where the log has no transactions', async () => {
    await using world = await openWorld();
    await set(world, ['{']);
    const without = new Proxy<EventLog>(world.log, {
      get: (target, name) => {
        if (name === 'transactions') return undefined;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const page = consoleOf(world, without);
    await using _ = page.runs;
    const { results, subscription } = page.follow(GROUPS);
    const readOnly = expect.stringContaining('has no transactions, which putting dead letters back require');
    await expect.poll(() => results.at(-1)).toMatchObject({ data: { deadLetterGroups: { readOnly } } });
    const put = await page.ask(
      'mutation { putBackDeadLetters(selection: { topic: "said" }) { state problem } }',
    );
    expect(put.putBackDeadLetters).toMatchObject({
      state: 'FAILED',
      problem: expect.stringContaining('has no transactions'),
    });
    subscription.close();
  });
});

describe('runs that put dead letters back', () => {
  it('C4 are at most 8 at a time, one after the other, and stop with the gateway', async () => {
    const runs = new RedriveRuns();
    let working = 0;
    const started = Array.from({ length: 8 }, () =>
      runs.start(async (_, stopped) => {
        working += 1;
        await new Promise((_resolve, reject) =>
          stopped.addEventListener('abort', () => reject(stopped.reason)),
        );
        throw new Error('unreachable');
      }),
    );
    expect(() => runs.start(async () => Promise.reject(new Error('never')))).toThrow(MillraceError);
    await expect.poll(() => working).toBe(1);
    await runs[Symbol.asyncDispose]();
    expect(started.map((id) => runs.report(id).state)).toEqual(Array(8).fill('FAILED'));
    expect(working).toBe(1);
  });
});

it('S4 sixteen pages follow the groups on a node at most; when one of them leaves, another may', async () => {
  await using world = await openWorld();
  const { follow, runs } = consoleOf(world);
  await using _ = runs;
  const query = 'subscription { deadLetterGroups { isComplete } }';
  const pages = Array.from({ length: 16 }, () => follow(query));
  await vi.waitFor(() => expect(pages.every(({ results }) => results.length > 0)).toBe(true));
  const refused = follow(query);
  const limited = expect.objectContaining({
    extensions: expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
  });
  await vi.waitFor(() => expect(refused.sink.error).toHaveBeenCalledWith([limited]));
  pages.pop()?.subscription.close();
  await vi.waitFor(
    () => {
      const next = follow(query);
      pages.push(next);
      return vi.waitFor(() => expect(next.results).not.toEqual([]), { timeout: 200 });
    },
    { timeout: 5_000 },
  );
  for (const { subscription } of pages) subscription.close();
});

it.each(['../said', 'said\n', 'x'.repeat(250)])(
  'S4 the log is not asked for %j, which is no topic',
  async (topic) => {
    await using world = await openWorld();
    const describe = vi.fn(world.log.describe.bind(world.log));
    const { ask, runs } = consoleOf(
      world,
      new Proxy(world.log, {
        get: (log, name) => (name === 'describe' ? describe : Reflect.get(log, name, log)),
      }),
    );
    await using _ = runs;
    for (const query of [
      'query($topic: String) { deadLetters(topic: $topic, limit: 1) { leftOut } }',
      'query($topic: String) { deadLetterDryRun(selection: { topic: $topic }) { tested } }',
      'mutation($topic: String) { putBackDeadLetters(selection: { topic: $topic }) { state } }',
    ])
      await expect(ask(query, { topic })).rejects.toThrow('This is not the name of a topic.');
    expect(describe).not.toHaveBeenCalled();
  },
);
