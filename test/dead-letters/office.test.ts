import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/binding/bindings.js';
import { offset, partition, topic } from '../../src/core/ids.js';
import { headersOf, type LogRecord } from '../../src/core/record.js';
import { appendDeadLetters } from '../../src/dead-letters/append.js';
import { deadLetterRecord, withoutParts } from '../../src/dead-letters/dead-letter.js';
import { readDeadLetterEntries } from '../../src/dead-letters/dead-letter-topic.js';
import type { LetterSelection } from '../../src/dead-letters/letter-finder.js';
import type { Fault } from '../../src/dead-letters/letter-headers.js';
import { DeadLetterOffice } from '../../src/dead-letters/office.js';
import { redriveDeadLetters } from '../../src/dead-letters/redrive.js';
import { deadLetterTopic } from '../../src/dead-letters/topic-name.js';
import { SchemaFieldTrials } from '../../src/subscribe/trial/field-trials.js';
import { bound } from '../binding/schema.js';
import { openWorld, type World } from '../support/world.js';

const signal = AbortSignal.timeout(120_000);

const SCHEMA = `
  type Query { ok: Boolean }
  type Subscription {
    said(about: String): Said! @subscribe(topic: "said")
    above(than: Int!): Said @subscribe(topic: "said", filter: "event.n > args.than && event.n < 10 / event.m")
    guarded(than: Int): Said
      @subscribe(topic: "said", filter: "event.m != 0 && 10 / event.m > 1 && (args.than == null || event.n > args.than)")
  }
  type Said { n: Int!, m: Int!, text: String, deep: Deep, whose: String }
  type Deep { list: [Int!]! }`;

interface Written {
  readonly value: string;
  readonly fault: Fault;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of those of an event in binary mode. */
  readonly alone?: Readonly<Record<string, string>>;
}

const event = (type = 'Said') => ({
  ce_specversion: '1.0',
  ce_id: 'id-1',
  ce_source: '/test',
  ce_type: type,
  'content-type': 'application/json',
});

/** Appends records, and a dead letter about each. @returns the names of the dead letters */
async function write({ log, topic }: World, written: readonly Written[]): Promise<string[]> {
  const names: string[] = [];
  for (const { value, fault, type, headers = {}, alone } of written) {
    const record = { key: 'k', headers: alone ?? { ...event(type), ...headers }, value: Buffer.from(value) };
    const [at] = await log.append([{ topic, ...record }], signal);
    if (at === undefined) throw new Error('nothing was appended');
    const [read] = await recordsOf({ log }, topic, at.offset, at.partition);
    if (read === undefined) throw new Error('nothing was read');
    await appendDeadLetters(log, [deadLetterRecord(at, read, fault)]);
    names.push(await lastName(log, topic));
  }
  return names;
}

async function lastName(log: World['log'], of: World['topic']): Promise<string> {
  const [bounds] = await log.bounds(deadLetterTopic(of), signal);
  return `${deadLetterTopic(of)}/0@${(bounds?.end ?? 0) - 1}`;
}

async function recordsOf(
  { log }: Pick<World, 'log'>,
  of: World['topic'],
  from = 0,
  at = 0,
): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  const range = { topic: of, partition: partition(at), from: offset(from) };
  for await (const batch of log.read(range, signal)) all.push(...batch.records);
  return all;
}

function officeOf({ log, topic, formats }: World, bindings: Bindings = bound(SCHEMA)): DeadLetterOffice {
  return new DeadLetterOffice({
    log,
    formats,
    fields: new SchemaFieldTrials(bindings),
    topics: new Set([topic]),
    services: new Set(['billing']),
    views: new Set(['totals']),
    suffix: '.dlt',
    group: 'redrive',
  });
}

const LIMITS = { limit: 100, recordsPerTopic: 1_000 };
const all: LetterSelection = { kind: 'ALL', topics: [topic('said.dlt')] };
const data = (n: unknown, more = {}): string => JSON.stringify({ n, m: 2, ...more });
const decoding: Fault = { kind: 'data', reason: 'no JSON' };

describe('a dry run of dead letters', () => {
  async function verdicts(written: readonly Written[], bindings?: Bindings): Promise<readonly string[]> {
    await using world = await openWorld();
    await write(world, written);
    const before = await recordsOf(world, world.topic);
    const { letters } = await officeOf(world, bindings).dryRun(all, LIMITS, signal);
    expect(await recordsOf(world, world.topic)).toEqual(before);
    return letters.map(({ verdict, reason }) => `${verdict} ${reason}`);
  }

  it('decodes what could not be decoded, and resolves all its data in every field that would show it', async () => {
    expect(
      await verdicts([
        { value: 'no JSON', fault: decoding },
        { value: data(1), fault: decoding },
        { value: data('x'), fault: decoding },
        { value: data(1, { deep: { list: [1, null] } }), fault: decoding },
        { value: data(1), fault: decoding, type: 'Elsewhere' },
      ]),
    ).toEqual([
      expect.stringMatching(/^FAILS_AGAIN It cannot be decoded \(data\)/),
      'GOES_THROUGH It decodes, and resolves in said, above, guarded.',
      expect.stringMatching(
        /^FAILS_AGAIN It decodes, but the field said fails on it \(execution\): Int cannot/,
      ),
      'GOES_THROUGH It decodes, and resolves in said, above, guarded.',
      'GOES_THROUGH It decodes. No subscription field shows Elsewhere.',
    ]);
  });

  it('tries the field that failed, with its filter, and no other', async () => {
    const of = (field: string, kind = 'filter'): Fault => ({ kind, reason: 'no', field });
    expect(
      await verdicts([
        { value: data(1, { m: 0 }), fault: of('above') },
        { value: data(1, { m: 0 }), fault: of('guarded') },
        { value: data('x'), fault: of('said', 'execution') },
        { value: data(1, { m: 0 }), fault: of('said', 'execution') },
        { value: data(1), fault: of('gone') },
      ]),
    ).toEqual([
      expect.stringMatching(/^FAILS_AGAIN The field above fails again \(filter\): .*division by zero/i),
      'GOES_THROUGH The field guarded resolves with all its data.',
      expect.stringMatching(/^FAILS_AGAIN The field said fails again \(execution\)/),
      'GOES_THROUGH The field said resolves with all its data.',
      'GOES_THROUGH It decodes. The schema has no subscription field gone any more.',
    ]);
  });

  it('runs no code of services, views and resolvers, and says what it did not test', async () => {
    let calls = 0;
    const resolvers = {
      Said: {
        whose: () => {
          calls += 1;
        },
      },
    };
    const bindings = bound(SCHEMA, resolvers);
    expect(
      await verdicts(
        [
          { value: data(1), fault: { kind: 'service', reason: 'no', service: 'billing' } },
          { value: data(1), fault: { kind: 'service', reason: 'no', service: 'gone' } },
          { value: data(1), fault: { kind: 'view', reason: 'no', view: 'totals' } },
          { value: 'x', fault: { kind: 'view', reason: 'no', view: 'totals' } },
          { value: data(1), fault: { kind: 'execution', reason: 'no', field: 'said' } },
        ],
        bindings,
      ),
    ).toEqual([
      'NOT_TESTED It decodes. The service billing failed on it; services are not run in a dry run.',
      'GOES_THROUGH It decodes. The project has no service gone any more.',
      'NOT_TESTED It decodes. The view totals failed on it; views are not run in a dry run.',
      expect.stringMatching(/^FAILS_AGAIN It cannot be decoded/),
      'GOES_THROUGH The field said resolves with all its data. Not run: Said.whose.',
    ]);
    expect(calls).toBe(0);
  });

  it('counts verdicts and what their reasons have in common, without what was put back', async () => {
    await using world = await openWorld();
    const written = [1, 2, 'x', 'y', 3].map((n): Written => ({ value: data(n), fault: decoding }));
    const [first] = await write(world, written);
    const office = officeOf(world);
    await office.redrive({ kind: 'LETTERS', names: [String(first)] }, {}, signal);
    const { counts, reasons, redriven, notTested } = await office.dryRun(
      all,
      { ...LIMITS, limit: 4 },
      signal,
    );
    expect({ counts, redriven, notTested }).toEqual({
      counts: { GOES_THROUGH: 1, FAILS_AGAIN: 2, NOT_TESTED: 0 },
      redriven: 1,
      notTested: 1,
    });
    expect(reasons.map(({ verdict, count }) => [verdict, count])).toEqual([
      ['FAILS_AGAIN', 2],
      ['GOES_THROUGH', 1],
    ]);
  });
});

describe('an edited copy of a record', () => {
  it('D10 is put back once, in the place of the record, and says which one it corrects', async () => {
    await using world = await openWorld();
    const [name = ''] = await write(world, [{ value: 'no JSON', fault: decoding, headers: { own: 'x' } }]);
    const office = officeOf(world);
    const edit = { value: { kind: 'TEXT', text: data(7) } } as const;
    const done = await office.redriveEdited(name, edit, { force: false, by: 'ada' }, signal);
    expect(done).toMatchObject({ kind: 'DONE', outcome: { redriven: 1 }, to: { offset: 1 } });
    const again = await office.redriveEdited(name, edit, { force: false }, signal);
    expect(again).toMatchObject({ kind: 'DONE', outcome: { redriven: 0, before: ['said/0@0'] } });
    expect(await office.redrive(all, {}, signal)).toMatchObject({ redriven: 0 });
    const [, copy, ...others] = await recordsOf(world, world.topic);
    expect(others).toEqual([]);
    expect(copy).toMatchObject({ key: 'k', value: Buffer.from(data(7)) });
    expect(copy && headersOf(copy)).toEqual([
      ...Object.entries({ ...event(), own: 'x' }),
      ['millrace-edited-from', 'said/0@0'],
    ]);
    const [marker] = (await world.letters()).slice(-1);
    expect(JSON.parse(String(marker?.value))).toMatchObject({
      by: 'ada',
      edited: [expect.stringContaining('said/0@0')],
    });
  });

  it('is refused while it would fail, and written if somebody insists', async () => {
    await using world = await openWorld();
    const [name = ''] = await write(world, [{ value: 'no JSON', fault: decoding }]);
    const office = officeOf(world);
    const refuse = async (text: string) =>
      office.redriveEdited(name, { value: { kind: 'TEXT', text } }, { force: false }, signal);
    expect(await refuse('{')).toMatchObject({
      kind: 'REFUSED',
      reason: expect.stringContaining('cannot be decoded'),
    });
    expect(await refuse('{"n":1}')).toMatchObject({
      kind: 'REFUSED',
      reason: expect.stringContaining('m is missing'),
    });
    expect(await recordsOf(world, world.topic)).toHaveLength(1);
    const edit = { value: { kind: 'TEXT', text: '{' } } as const;
    expect(await office.redriveEdited(name, edit, { force: true }, signal)).toMatchObject({
      outcome: { redriven: 1 },
    });
    expect(await recordsOf(world, world.topic)).toHaveLength(2);
  });

  it('may have another key, headers and id, and then no idempotency key', async () => {
    await using world = await openWorld({ partitions: 3 });
    const [name = ''] = await write(world, [
      { value: data(1), fault: decoding, headers: { ce_idempotent: 'true', ce_subject: 'k' } },
    ]);
    const office = officeOf(world);
    const edit = { key: { kind: 'TEXT', text: 'elsewhere' }, newId: true } as const;
    const done = await office.redriveEdited(name, edit, { force: false }, signal);
    if (done.kind !== 'DONE' || done.to === undefined) throw new Error('not put back');
    const [copy] = (await recordsOf(world, world.topic, 0, done.to.partition)).slice(-1);
    expect(copy?.key).toBe('elsewhere');
    expect(copy?.headers).toMatchObject({ ce_subject: 'elsewhere' });
    expect(copy?.headers).not.toHaveProperty('ce_idempotent');
    expect(copy?.headers['ce_id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('D1 never marks an id that the gateway has not marked: the event whose id it is would be skipped', async () => {
    await using world = await openWorld();
    const marked = { ce_idempotent: 'true' };
    const names = await write(world, [
      { value: data(1), fault: decoding },
      { value: data(1), fault: decoding, headers: marked },
    ]);
    const [plain = '', own = ''] = names;
    const office = officeOf(world);
    const edited = (name: string, headers: Readonly<Record<string, string>>) =>
      office.redriveEdited(name, { headers: Object.entries(headers) }, { force: true }, signal);
    const refused = { kind: 'REFUSED', reason: expect.stringContaining('only the gateway can say') };
    expect(await edited(plain, { ...event(), ...marked })).toMatchObject(refused);
    expect(await edited(own, { ...event(), ...marked, ce_id: 'id-of-another' })).toMatchObject(refused);
    expect(await edited(own, { ...event(), ...marked, more: 'x' })).toMatchObject({ kind: 'DONE' });
    expect(await edited(plain, { ...event(), ce_id: 'id-of-another' })).toMatchObject({ kind: 'DONE' });
  });

  it('D1 never marks an id in structured mode either, in whatever way the copy came to be structured', async () => {
    await using world = await openWorld();
    const headers = { 'content-type': 'application/cloudevents+json' };
    const value = (more: object) =>
      JSON.stringify({
        ...{ specversion: '1.0', id: 'e-1', source: '/s', type: 'Said', data: { n: 'x' } },
        ...more,
      });
    const names = await write(world, [
      { value: value({}), fault: decoding, alone: headers },
      { value: value({ idempotent: true }), fault: decoding, alone: headers },
      { value: data(1), fault: decoding },
    ]);
    const [plain = '', own = '', binary = ''] = names;
    const office = officeOf(world);
    const edited = (name: string, more: object) =>
      office.redriveEdited(
        name,
        { value: { kind: 'TEXT', text: value(more) }, headers: Object.entries(headers) },
        { force: true },
        signal,
      );
    const refused = { kind: 'REFUSED', reason: expect.stringContaining('only the gateway can say') };
    expect(await edited(plain, { idempotent: true })).toMatchObject(refused);
    expect(await edited(plain, { idempotent: 'true' })).toMatchObject(refused);
    expect(await edited(binary, { idempotent: true })).toMatchObject(refused);
    expect(await edited(own, { idempotent: true, id: 'id-of-another' })).toMatchObject(refused);
    // With a type in its headers a record is read in binary mode, whatever its content type says.
    const both = Object.entries({ ...event(), ...headers, ce_idempotent: 'true' });
    expect(await office.redriveEdited(plain, { headers: both }, { force: true }, signal)).toMatchObject(
      refused,
    );
    expect(await edited(own, { idempotent: true, data: { n: 1, m: 'm' } })).toMatchObject({ kind: 'DONE' });
    expect(await edited(plain, { id: 'id-of-another' })).toMatchObject({ kind: 'DONE' });
  });

  it('may bring what a dead letter has lost', async () => {
    await using world = await openWorld();
    const origin = { topic: world.topic, partition: partition(0), offset: offset(9) };
    const record = { key: 'k', headers: event(), timestamp: 1, value: Buffer.from('x') };
    await appendDeadLetters(world.log, [withoutParts(deadLetterRecord(origin, record, decoding), ['value'])]);
    const office = officeOf(world);
    const name = 'said.dlt/0@0';
    const value = { kind: 'TEXT', text: data(1) } as const;
    expect(await office.redriveEdited(name, { value }, { force: false }, signal)).toMatchObject({
      kind: 'REFUSED',
      reason: expect.stringContaining('cannot be restored'),
    });
    const whole = { value, key: { kind: 'TEXT', text: 'k' }, headers: Object.entries(event()) } as const;
    expect(await office.redriveEdited(name, whole, { force: false }, signal)).toMatchObject({
      outcome: { redriven: 1 },
    });
  });

  it('cannot be made of what is no dead letter of the project', async () => {
    await using world = await openWorld();
    await world.say('k', [1]);
    const office = officeOf(world);
    for (const name of ['said/0@0', 'said.dlt/0@7', 'said.dlt/9@0', 'x', 'other.dlt/0@0'])
      await expect(office.tryEdit(name, {}, signal)).rejects.toThrow('There is no dead letter');
  });
});

describe('several redrives at the same time', () => {
  it('D10 two of the same letters put each record back once, and each says what the other one did', async () => {
    await using world = await openWorld();
    const names = await write(
      world,
      Array.from({ length: 20 }, (_, n): Written => ({ value: data(n), fault: decoding })),
    );
    const run = () => officeOf(world).redrive({ kind: 'LETTERS', names }, {}, signal);
    const [one, other] = await Promise.all([run(), run()]);
    expect(one.redriven + other.redriven).toBe(20);
    expect(one.redriven + one.before.length).toBe(20);
    expect(other.redriven + other.before.length).toBe(20);
    expect(await recordsOf(world, world.topic)).toHaveLength(40);
  });

  it('D10 two that hold the partition that the other one needs both finish', async () => {
    await using world = await openWorld();
    const letters = topic('said.DLT');
    await world.log.ensureTopics(
      [{ topic: letters, partitions: 2, replicas: 1, config: {} }],
      { create: true },
      signal,
    );
    for (const n of [0, 1]) {
      const origin = { topic: world.topic, partition: partition(0), offset: offset(n) };
      const made = deadLetterRecord(
        origin,
        { key: 'k', headers: event(), timestamp: 1, value: null },
        decoding,
      );
      await world.log.append([{ ...made, topic: letters, partition: partition(n) }], signal);
    }
    const { log } = world;
    // The first member gets partition 0, the second one partition 1.
    const run = (at: number) =>
      redriveDeadLetters({
        log,
        group: 'g',
        topics: [letters],
        only: new Set([`said/0@${at}`]),
        stalledMs: 50,
        onRedriven: () => undefined,
        signal,
      });
    const outcomes = await Promise.all([run(1), run(0)]);
    expect(outcomes).toMatchObject([{ redriven: 1 }, { redriven: 1 }]);
    const entries = [];
    for await (const entry of readDeadLetterEntries(log, letters, signal)) entries.push(entry.kind);
    expect(entries.filter((kind) => kind === 'REDRIVEN')).toHaveLength(2);
  });
});
