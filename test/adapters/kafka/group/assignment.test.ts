import { afterEach, describe, expect, it } from 'vitest';
import { Assignment } from '../../../../src/adapters/kafka/group/assignment.js';
import { GroupFetcher } from '../../../../src/adapters/kafka/group/group-fetcher.js';
import { deferred } from '../../../../src/core/async.js';
import { type Offset, offset, partition, topic } from '../../../../src/core/ids.js';
import type { GroupHandler } from '../../../../src/ports/consumer-groups.js';
import type { Problem } from '../../../../src/ports/problem.js';
import type { TransactionalBatch } from '../../../../src/ports/transactional-commit.js';
import { ERRORS, fetchAnswer, type RequestedPartition, ScriptedBroker } from '../scripted-broker.js';

const at = { topic: topic('in'), partition: partition(0), topicId: undefined };
const membership = { groupId: 'group', memberId: 'me', groupGenerationId: 3 };
const valuesOf = ({ records }: TransactionalBatch): string[] =>
  records.map(({ value }) => String(value).trim());
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => String(from + i));

/** Ends what a test began. */
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** So long that a batch of them is not merged into the one that waits. */
const LONG = 150_000;

/** One assignment with its fetcher, on a broker whose log holds the values '0' to `count - 1`, padded to `length`. */
function assign(
  handler: GroupHandler<TransactionalBatch>,
  {
    count = 6,
    length = 0,
    committed = -1,
    earliest = 0,
    fenced = false,
    prepare = (_: ScriptedBroker): void => {},
  } = {},
) {
  const broker = new ScriptedBroker('in/0', 'out/0');
  const values = numbers(0, count).map((value) => value.padEnd(length));
  broker.records.set('in/0', values);
  broker.committed = committed;
  broker.earliest = earliest;
  prepare(broker);
  const problems: Problem[] = [];
  let rechecks = 0;
  const recheckTopic = (): void => {
    rechecks += 1;
  };
  const onProblem = (problem: Problem): void => void problems.push(problem);
  const { connection } = broker;
  const context = {
    membership,
    control: connection,
    writing: connection,
    fenced,
    handler,
    onProblem,
    recheckTopic,
  };
  const assignment = new Assignment(at, context);
  const fetcher = new GroupFetcher(connection, [assignment], {
    maxBytes: 1_000_000,
    onProblem,
    recheckTopic,
  });
  const stop = new AbortController();
  const running = Promise.all([assignment.run(Promise.resolve()), fetcher.run(stop.signal)]);
  const end = async (lost: boolean): Promise<void> => {
    assignment.end(lost);
    stop.abort();
    await running;
  };
  cleanups.push(() => end(true));
  return { broker, problems, assignment, fetcher, end, rechecks: () => rechecks };
}

/** A handler that keeps what it is given, and commits it. */
function recorder(assigned?: () => Offset | undefined) {
  const calls: string[] = [];
  const values: string[] = [];
  const handler: GroupHandler<TransactionalBatch> = {
    assigned: async () => {
      calls.push('assigned');
      return assigned?.();
    },
    batch: async (batch) => {
      calls.push('batch');
      values.push(...valuesOf(batch));
      await batch.commit();
    },
  };
  return { calls, values, handler };
}

describe('Assignment', () => {
  it("D3: gives the handler every batch in order, beginning at the group's progress", async () => {
    const { handler, values, calls } = recorder();
    const { broker } = assign(handler, { committed: 2 });
    await expect.poll(() => values).toEqual(['2', '3', '4', '5']);
    expect(calls).toEqual(['assigned', 'batch', 'batch']);
    expect(broker.fetchedFrom('in/0')[0]).toBe(2);
  });

  it('begins at the earliest record when the group has no progress', async () => {
    const { handler, values } = recorder();
    assign(handler, { earliest: 4 });
    await expect.poll(() => values).toEqual(['4', '5']);
  });

  it('begins where the handler says, and moves the progress there', async () => {
    const { handler, values } = recorder(() => offset(6));
    const { broker } = assign(handler, { committed: 2 });
    await expect
      .poll(() => broker.bodies('offsetCommit'))
      .toMatchObject([{ topics: [{ partitions: [{ offset: '6' }] }] }]);
    expect(values).toEqual([]);
  });

  it('D9: fences former owners before the handler reads back what they committed', async () => {
    const seen: string[][] = [];
    const handler: GroupHandler<TransactionalBatch> = {
      assigned: async () => {
        seen.push([...broker.sent]);
        return undefined;
      },
      batch: async () => {},
    };
    const { broker } = assign(handler, { fenced: true });
    await expect.poll(() => seen).toEqual([['initProducerId', 'offsetFetch', 'heartbeat']]);
  });

  it('D3: after the handler fails, an answer to an earlier fetch is not handled before the batch that failed', async () => {
    const late = deferred<Buffer>();
    let failures = 0;
    const values: string[] = [];
    const handler: GroupHandler<TransactionalBatch> = {
      batch: async (batch) => {
        // Fails only once the fetch after this batch is on its way.
        if (failures === 0) await expect.poll(() => broker.fetchedFrom('in/0')).toContain(2);
        if (failures++ === 0) throw new Error('not yet');
        values.push(...valuesOf(batch));
      },
    };
    const { broker, problems } = assign(handler, {
      prepare: (on) => {
        const answer = (from: number): Buffer =>
          fetchAnswer([
            { topic: 'in', partition: 0, from, errorCode: 0, values: numbers(from, from + 2), end: 6 },
          ]);
        on.script(
          'fetch',
          () => answer(0),
          () => late.promise,
        );
      },
    });
    await expect.poll(() => failures).toBe(1);
    // The epoch of this answer is over: 2 and 3 come again, after 0 and 1.
    late.resolve(
      fetchAnswer([{ topic: 'in', partition: 0, from: 2, errorCode: 0, values: ['2', '3'], end: 6 }]),
    );
    await expect.poll(() => values).toEqual(numbers(0, 6));
    expect(broker.fetchedFrom('in/0').slice(0, 3)).toEqual([0, 2, 0]);
    // The handler reports its own failures.
    expect(problems).toEqual([]);
  });

  it('reports a failure to start, and retries it', async () => {
    const { handler, values } = recorder();
    let failures = 0;
    const failing: GroupHandler<TransactionalBatch> = {
      ...handler,
      assigned: async () => {
        if (failures++ === 0) throw new Error('not yet');
        return undefined;
      },
    };
    const { problems } = assign(failing, { count: 2 });
    await expect.poll(() => values).toEqual(numbers(0, 2));
    expect(problems).toMatchObject([{ kind: 'handler', message: 'Handling in/0 failed; retrying: not yet' }]);
  });

  it('D5: asks the handler again where to begin when retention has passed the position', async () => {
    const { handler, values, calls } = recorder();
    const { broker, problems, rechecks } = assign(handler, { count: 4 });
    await expect.poll(() => values).toEqual(numbers(0, 4));
    broker.committed = 4;
    broker.earliest = 7;
    broker.records.set('in/0', numbers(0, 9));
    await expect.poll(() => values.slice(4)).toEqual(['7', '8']);
    expect(calls.filter((call) => call === 'assigned')).toHaveLength(2);
    expect(problems).toMatchObject([
      { kind: 'offset-out-of-range', message: 'in/0 has offsets 7 to 9, not 4: continuing at 7' },
    ]);
    expect(rechecks()).toBeGreaterThan(0);
  });

  it('D1: asks the handler again where to begin after a commit that seemed to fail has succeeded', async () => {
    const given: string[][] = [];
    let begin: Offset | undefined;
    const out = { topic: topic('out'), key: null, headers: {}, value: Buffer.from('v') };
    const handler: GroupHandler<TransactionalBatch> = {
      assigned: async () => begin,
      batch: async (batch) => {
        given.push(valuesOf(batch));
        await batch.commit([out]);
      },
    };
    const { broker } = assign(handler, {
      count: 4,
      length: LONG,
      prepare: (on) =>
        on.script('endTxn', () => {
          on.committed = 2;
          begin = offset(2);
          throw new Error('The answer was lost');
        }),
    });
    // 0 and 1 come a second time, and their commit finds the progress moved: only then are they known to be done.
    await expect
      .poll(() => given)
      .toEqual([
        ['0', '1'],
        ['0', '1'],
        ['2', '3'],
      ]);
    expect(broker.records.get('out/0')).toHaveLength(2);
  });

  it('D9: refuses the commit of a batch whose partition was lost', async () => {
    const [begun, released] = [deferred(), deferred()];
    let outcome: unknown;
    const handler: GroupHandler<TransactionalBatch> = {
      batch: async (batch) => {
        begun.resolve();
        await released.promise;
        outcome = await batch.commit().catch((error: unknown) => error);
      },
    };
    const { broker, end } = assign(handler);
    await begun.promise;
    const ending = end(true);
    released.resolve();
    await ending;
    expect(String(outcome)).toContain('in/0 is no longer assigned to this member');
    expect(broker.sent).not.toContain('offsetCommit');
  });

  it('lets the batch in hand commit when the member leaves, and gives it no other', async () => {
    const [begun, released] = [deferred(), deferred()];
    const values: string[] = [];
    const handler: GroupHandler<TransactionalBatch> = {
      batch: async (batch) => {
        begun.resolve();
        await released.promise;
        values.push(...valuesOf(batch));
        await batch.commit();
      },
    };
    const { broker, end } = assign(handler);
    await begun.promise;
    const ending = end(false);
    released.resolve();
    await ending;
    expect(values).toEqual(['0', '1']);
    expect(broker.sent).toContain('offsetCommit');
  });
});

describe('GroupFetcher', () => {
  it('C4: fetches two batches ahead of the handler, and no more', async () => {
    const released = deferred();
    const handler = { batch: () => released.promise };
    const { broker } = assign(handler, { count: 40, length: LONG });
    // One in hand, two queued.
    await expect.poll(() => broker.fetchedFrom('in/0')).toEqual([0, 2, 4]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(broker.fetchedFrom('in/0')).toEqual([0, 2, 4]);
    released.resolve();
    await expect.poll(() => broker.fetchedFrom('in/0').includes(38)).toBe(true);
  });

  it('leaves out a topic that does not exist, until it does', async () => {
    const { handler, values } = recorder(() => offset(0));
    const { broker, fetcher, rechecks } = assign(handler, {
      prepare: (on) => void on.records.delete('in/0'),
    });
    await expect.poll(rechecks, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(broker.sent).not.toContain('fetch');
    broker.records.set('in/0', numbers(0, 2));
    fetcher.onPresent(new Set([topic('in')]));
    await expect.poll(() => values).toEqual(['0', '1']);
  });

  it('reports a partition that cannot be fetched, checks its topic, and tries again', async () => {
    const { handler, values } = recorder();
    const failing = (body: unknown): Buffer => {
      // The body of a fetch is what `decodeFetch` returns.
      const [requested] = body as readonly RequestedPartition[];
      if (requested === undefined) throw new Error('An empty fetch');
      return fetchAnswer([{ ...requested, errorCode: ERRORS.notLeader, values: [], end: 0 }]);
    };
    const { problems, rechecks } = assign(handler, { prepare: (on) => on.script('fetch', failing) });
    await expect.poll(() => values).toEqual(numbers(0, 6));
    expect(problems).toMatchObject([{ kind: 'fetch' }]);
    expect(problems[0]?.message).toMatch(/^in\/0 cannot be fetched: /);
    expect(rechecks()).toBe(1);
  });

  it('reports a fetch that gets no answer, and tries again', async () => {
    const { handler, values } = recorder();
    const { problems } = assign(handler, {
      prepare: (on) =>
        on.script('fetch', () => {
          throw new Error('The connection was reset');
        }),
    });
    await expect.poll(() => values).toEqual(numbers(0, 6));
    expect(problems).toMatchObject([{ kind: 'fetch', message: 'A fetch failed: The connection was reset' }]);
  });
});
