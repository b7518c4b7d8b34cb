import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/core/errors.js';
import { offset, partition } from '../../src/core/ids.js';
import type { Position } from '../../src/core/position.js';
import type { LogRecord } from '../../src/core/record.js';
import { Refusal } from '../../src/core/refusal.js';
import { appendDeadLetters } from '../../src/dead-letters/append.js';
import { deadLetterRecord, withoutParts } from '../../src/dead-letters/dead-letter.js';
import { DeadLetters } from '../../src/dead-letters/dead-letters.js';
import { redriveDeadLetters } from '../../src/dead-letters/redrive.js';
import { deadLetterTopic } from '../../src/dead-letters/topic-name.js';
import { openLogger } from '../../src/observe/log.js';
import type { GroupHandler } from '../../src/ports/consumer-groups.js';
import type { EventLog } from '../../src/ports/event-log.js';
import {
  requireTransactions,
  type TransactionalBatch,
  type TransactionalCommit,
} from '../../src/ports/transactional-commit.js';
import { openWorld, type World } from '../support/world.js';

const signal = AbortSignal.timeout(120_000);
const logger = openLogger('silent');

async function records(world: World): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  const range = { topic: world.topic, partition: partition(0), from: offset(0) };
  for await (const batch of world.log.read(range, signal)) all.push(...batch.records);
  return all;
}

/** Appends `count` records that are not events, and a letter about each. */
async function poisoned(world: World, count: number): Promise<void> {
  const headers = { own: 'header' };
  const news = Array.from({ length: count }, (_, i) => {
    return { topic: world.topic, key: `k${i}`, headers, value: Buffer.from(`no event ${i}`) };
  });
  await world.log.append(news, signal);
  const letters = (await records(world)).map((record) =>
    deadLetterRecord({ topic: world.topic, partition: partition(0), offset: record.offset }, record, {
      kind: 'data',
      reason: 'no JSON',
    }),
  );
  await appendDeadLetters(world.log, letters);
}

function retry(
  { log, topic }: World,
  options: {
    only?: readonly string[];
    over?: EventLog;
    until?: AbortSignal;
    onRedriven?: Parameters<typeof redriveDeadLetters>[0]['onRedriven'];
  } = {},
) {
  return redriveDeadLetters({
    log: options.over ?? log,
    group: 'retry',
    topics: [deadLetterTopic(topic)],
    only: options.only && new Set(options.only),
    onRedriven: options.onRedriven ?? (() => undefined),
    signal: options.until ?? signal,
  });
}

type Outputs = Parameters<TransactionalBatch['commit']>[0];

/** The log, with another `commit` for the batches of its groups. */
function committing(
  log: EventLog,
  commit: (batch: Pick<TransactionalBatch, 'commit'>, outputs: Outputs) => Promise<readonly Position[]>,
): EventLog {
  return new Proxy(log, {
    get(target, name) {
      if (name === 'transactions') {
        const join: TransactionalCommit['join'] = (group, handler, until) => {
          const changed: GroupHandler<TransactionalBatch> = {
            assigned: async (at, lost) => handler.assigned?.(at, lost),
            batch: async (batch) => {
              const { topic, partition, records, last, end, signal: lost } = batch;
              const own = { topic, partition, records, last, end, signal: lost };
              let written = false;
              const under = async (outputs: Outputs) => {
                const positions = await batch.commit(outputs);
                written = true;
                return positions;
              };
              const given = { ...own, commit: (outputs?: Outputs) => commit({ commit: under }, outputs) };
              try {
                await handler.batch(given);
              } catch (error) {
                // The embedded log takes a committed batch for done. A log that lost the response would deliver it again.
                if (!written) throw error;
                await handler.batch(given);
              }
            },
          };
          return requireTransactions(target, 'redrives').join(group, changed, until);
        };
        return { join };
      }
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const values = async (world: World, from: number): Promise<string[]> =>
  (await records(world)).slice(from).map(({ value }) => String(value));

describe('redriving dead letters', () => {
  it('D10 restores key, value and headers, and reports the new positions', async () => {
    await using world = await openWorld();
    await poisoned(world, 2);
    const reported: unknown[] = [];
    const outcome = await retry(world, { onRedriven: (...one) => void reported.push(one) });
    expect(outcome).toEqual({
      redriven: 2,
      before: [],
      failed: [],
      foreign: 0,
      beyond: 0,
      alreadyRedriven: 0,
    });
    const [first, second, ...again] = await records(world);
    const bare = ({ key, headers, value }: LogRecord) => ({ key, headers, value });
    expect(again.map(bare)).toEqual([first, second].flatMap((one) => (one ? [bare(one)] : [])));
    expect(reported).toEqual([
      ['said/0@0', { topic: 'said', partition: 0, offset: 2 }, false],
      ['said/0@1', { topic: 'said', partition: 0, offset: 3 }, false],
    ]);
    expect(await retry(world)).toMatchObject({ redriven: 0, failed: [] });
    expect(await records(world)).toHaveLength(4);
  });

  it('D10 redrives a record once, however many dead letters are written about it and when', async () => {
    await using world = await openWorld();
    const [at] = await world.mumble('k');
    if (at === undefined) throw new Error('nothing was appended');
    const [{ timestamp } = { timestamp: 0 }] = await records(world);
    const write = async (field: string): Promise<void> => {
      await using node = new DeadLetters({ log: world.log, metrics: world.metrics, logger });
      node.add({ ...at, key: 'k', timestamp, fault: { kind: 'filter', reason: 'no', field } });
    };
    for (const field of ['a', 'b', 'a']) await write(field);
    expect(await retry(world)).toMatchObject({ redriven: 1 });
    await write('c');
    expect(await retry(world)).toMatchObject({ redriven: 0, failed: [] });
    expect(await records(world)).toHaveLength(2);
  });

  it('D10 redrives each record once when a redrive is killed and run again', async () => {
    await using world = await openWorld();
    await poisoned(world, 1_200);
    let commits = 0;
    const dying = committing(world.log, (batch, outputs) => {
      commits += 1;
      if (commits > 1) throw new MillraceError('INTERNAL', 'killed');
      return batch.commit(outputs);
    });
    await expect(retry(world, { over: dying })).rejects.toThrow('killed');
    const half = (await records(world)).length - 1_200;
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(1_200);
    expect(await retry(world)).toMatchObject({ redriven: 1_200 - half });
    expect(await values(world, 1_200)).toEqual(await values(world, 0).then((all) => all.slice(0, 1_200)));
  });

  it('D10 redrives each record once when the response to a commit is lost, or the log is unavailable', async () => {
    await using world = await openWorld();
    await poisoned(world, 3);
    let commits = 0;
    const away = new MillraceError('LOG_UNAVAILABLE', 'away');
    const losing = committing(world.log, async (batch, outputs) => {
      commits += 1;
      // The first commit is not written; the second is.
      if (commits > 1) await batch.commit(outputs);
      throw away;
    });
    const reported: unknown[] = [];
    const onRedriven = (...one: unknown[]) => void reported.push(one);
    expect(await retry(world, { over: losing, onRedriven })).toMatchObject({ redriven: 3, failed: [] });
    expect(commits).toBe(2);
    expect(reported).toEqual([0, 1, 2].map((at) => [`said/0@${at}`, undefined, false]));
    expect(await values(world, 3)).toEqual(['no event 0', 'no event 1', 'no event 2']);
  });

  it('ends a redrive at the first attempt if the log refuses it', async () => {
    await using world = await openWorld();
    await poisoned(world, 1);
    const refusal = new Refusal(
      'authorization',
      'User a may not WRITE topic b.',
      new Promise(() => undefined),
    );
    let commits = 0;
    const refusing = committing(world.log, async () => {
      commits += 1;
      throw new MillraceError('LOG_UNAVAILABLE', 'refused', { cause: refusal });
    });
    await expect(retry(world, { over: refusing })).rejects.toMatchObject({ cause: refusal });
    expect(commits).toBe(1);
  });

  it('S4 a redrive that is stopped with a batch in hand lets everything else run', async () => {
    await using world = await openWorld();
    await poisoned(world, 2);
    const stop = new AbortController();
    const over = committing(world.log, async () => {
      stop.abort(new Error('stopped'));
      // Turns of the event loop, for which nothing may starve it.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      throw new Error('not committed');
    });
    await expect(retry(world, { over, until: stop.signal })).rejects.toThrow('stopped');
    expect(await retry(world)).toMatchObject({ redriven: 2, failed: [] });
  });

  it('D10 redrives each record once when two redrives run at the same time', async () => {
    await using world = await openWorld();
    await poisoned(world, 1_200);
    const [one, two] = await Promise.all([retry(world), retry(world)]);
    expect(one.redriven + two.redriven).toBe(1_200);
    expect(await records(world)).toHaveLength(2_400);
  });

  it('D10 distinguishes records of a recreated topic at the same position', async () => {
    await using world = await openWorld();
    const origin = { topic: world.topic, partition: partition(0), offset: offset(0) };
    const write = (timestamp: number) => {
      const record = { key: 'k', headers: {}, timestamp, value: Buffer.from(`of ${timestamp}`) };
      return appendDeadLetters(world.log, [
        deadLetterRecord(origin, record, { kind: 'data', reason: 'no JSON' }),
      ]);
    };
    await write(1);
    expect(await retry(world)).toMatchObject({ redriven: 1 });
    await write(1);
    await write(2);
    expect(await retry(world, { only: ['said/0@0'] })).toMatchObject({ redriven: 1, before: [] });
    expect(await values(world, 0)).toEqual(['of 1', 'of 2']);
    expect(await retry(world, { only: ['said/0@0'] })).toMatchObject({ redriven: 0, before: ['said/0@0'] });
  });

  it('reads parts that a dead letter left out from the log, and reports records that are gone', async () => {
    await using world = await openWorld();
    await world.mumble('k');
    const [record] = await records(world);
    if (record === undefined) throw new Error('nothing was appended');
    const at = { topic: world.topic, partition: partition(0) };
    const fault = { kind: 'data', reason: 'no JSON' };
    const letters = [0, 99].map((place) =>
      withoutParts(deadLetterRecord({ ...at, offset: offset(place) }, record, fault), ['value', 'headers']),
    );
    const elsewhere = deadLetterRecord({ ...at, offset: offset(5) }, record, fault);
    letters.push({ ...elsewhere, headers: { ...elsewhere.headers, 'kafka_dlt-original-topic': 'gone' } });
    letters.push({ topic: elsewhere.topic, key: null, headers: {}, value: Buffer.from('of others') });
    await appendDeadLetters(world.log, letters);
    expect(await retry(world)).toEqual({
      redriven: 1,
      before: [],
      failed: [
        {
          position: 'said/0@99',
          reason: 'the dead letter has no value and headers, and said/0@99 is not in the log any more',
        },
        { position: 'gone/0@5', reason: 'the topic gone does not exist any more' },
      ],
      foreign: 1,
      beyond: 0,
      alreadyRedriven: 0,
    });
    const { key, headers, value } = record;
    expect((await records(world))[1]).toMatchObject({ key, headers, value });
  });

  it('redrives only the positions that were named', async () => {
    await using world = await openWorld();
    await poisoned(world, 3);
    expect(await retry(world, { only: ['said/0@1', 'said/0@7'] })).toEqual({
      redriven: 1,
      before: [],
      failed: [{ position: 'said/0@7', reason: 'there is no dead letter for it' }],
      foreign: 0,
      beyond: 0,
      alreadyRedriven: 0,
    });
    expect(await values(world, 3)).toEqual(['no event 1']);
    expect(await retry(world, { only: ['said/0@1'] })).toMatchObject({ redriven: 0, before: ['said/0@1'] });
    expect(await retry(world)).toMatchObject({ redriven: 2 });
    expect(await values(world, 3)).toEqual(['no event 1', 'no event 0', 'no event 2']);
  });
});
