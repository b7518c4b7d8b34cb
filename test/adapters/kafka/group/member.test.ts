import type { Logger } from 'kafkajs';
import { afterEach, describe, expect, it } from 'vitest';
import { KafkaGroupMember } from '../../../../src/adapters/kafka/group/member.js';
import { deferred } from '../../../../src/core/async.js';
import { type Topic, topic } from '../../../../src/core/ids.js';
import { refusalIn } from '../../../../src/core/refusal.js';
import type { GroupHandler } from '../../../../src/ports/consumer-groups.js';
import type { Problem } from '../../../../src/ports/problem.js';
import type { TransactionalBatch } from '../../../../src/ports/transactional-commit.js';
import { ERRORS, fails, fetchAnswer, ScriptedBroker } from '../scripted-broker.js';

type Handler = GroupHandler<TransactionalBatch>;

const silent = (): void => {};
const quiet = { namespace: () => quiet, debug: silent, info: silent, warn: silent, error: silent };
// kafkajs's group uses nothing else of a logger.
const logger = quiet as unknown as Logger;

const members: KafkaGroupMember[] = [];
afterEach(async () => {
  for (const member of members.splice(0)) await member[Symbol.asyncDispose]();
});

function memberOn(broker: ScriptedBroker, handler: Handler, ...topics: readonly Topic[]) {
  const problems: Problem[] = [];
  const { connection } = broker;
  const options = {
    group: 'group',
    topics: topics.length === 0 ? [topic('in')] : topics,
    handler,
    fenced: false,
    // A heartbeat every 50 ms.
    sessionTimeoutMs: 500,
    maxBytes: 1_000_000,
    logger,
    onProblem: (problem: Problem) => void problems.push(problem),
    fetching: connection,
    control: connection,
    writing: connection,
  };
  const member = new KafkaGroupMember(options, new AbortController().signal);
  members.push(member);
  return { member, problems, start: () => member.start(AbortSignal.timeout(10_000)) };
}

function recorder() {
  const [assigned, values]: [string[], string[]] = [[], []];
  const handler: Handler = {
    assigned: async ({ topic: name, partition }) => {
      assigned.push(`${name}/${partition}`);
      return undefined;
    },
    batch: async (batch) => {
      values.push(...batch.records.map(({ value }) => String(value)));
      await batch.commit();
    },
  };
  return { assigned, values, handler };
}

describe('KafkaGroupMember', () => {
  it('D3: gets the partitions of all its topics, and commits under the generation that it joined', async () => {
    const broker = new ScriptedBroker('in/0', 'in/1', 'other/0');
    for (const [name, values] of broker.records) values.push(`of ${name}`);
    const { handler, assigned, values } = recorder();
    const { start } = memberOn(broker, handler, topic('in'), topic('other'));
    await start();
    await expect.poll(() => [...values].sort()).toEqual(['of in/0', 'of in/1', 'of other/0']);
    expect([...assigned].sort()).toEqual(['in/0', 'in/1', 'other/0']);
    await expect.poll(() => broker.bodies('offsetCommit').length).toBe(3);
    for (const body of broker.bodies('offsetCommit')) {
      expect(body).toMatchObject({ groupId: 'group', memberId: 'me', groupGenerationId: 1 });
    }
  });

  it('D3: an answer that names a closer replica passes over no record, and neither does one of a replica that is behind', async () => {
    const broker = new ScriptedBroker('in/0');
    broker.records.set('in/0', ['first', 'second']);
    const answer = { topic: 'in', partition: 0, from: 0, values: [], end: 2 };
    broker.script(
      'fetch',
      () => fetchAnswer([{ ...answer, errorCode: 0, preferredReplica: 2 }]),
      () => fetchAnswer([{ ...answer, errorCode: ERRORS.offsetOutOfRange, end: -1 }]),
    );
    const { handler, assigned, values } = recorder();
    const { start, problems } = memberOn(broker, handler);
    await start();
    await expect.poll(() => values).toEqual(['first', 'second']);
    expect(broker.fetchedFrom('in/0').slice(0, 3)).toEqual([0, 0, 0]);
    // The replica has not said that the position is gone: only a leader can.
    expect(assigned).toEqual(['in/0']);
    expect(problems.map(({ kind }) => kind)).toEqual(['fetch']);
  });

  it('a topic that does not exist keeps the others from nothing', async () => {
    const broker = new ScriptedBroker('in/0');
    broker.records.set('in/0', ['value']);
    const { handler, values } = recorder();
    await memberOn(broker, handler, topic('missing'), topic('in')).start();
    await expect.poll(() => values, { timeout: 10_000 }).toEqual(['value']);
  });

  it('D9: after a rebalance a batch of the old generation cannot commit, and ends before the next one begins', async () => {
    const broker = new ScriptedBroker('in/0');
    broker.records.set('in/0', ['0']);
    const [begun, released] = [deferred(), deferred()];
    const calls: string[] = [];
    const handler: Handler = {
      assigned: async () => void calls.push('assigned'),
      batch: async (batch) => {
        calls.push('batch');
        if (calls.length === 2) {
          begun.resolve();
          await released.promise;
        }
        await batch.commit().then(
          () => calls.push('committed'),
          () => calls.push('refused'),
        );
      },
    };
    const { start, problems } = memberOn(broker, handler);
    await start();
    await begun.promise;
    broker.script('heartbeat', fails(ERRORS.rebalanceInProgress));
    await expect.poll(() => broker.bodies('joinGroup').length).toBe(2);
    expect(calls).toEqual(['assigned', 'batch']);
    released.resolve();
    await expect
      .poll(() => calls)
      .toEqual(['assigned', 'batch', 'refused', 'assigned', 'batch', 'committed']);
    expect(broker.bodies('offsetCommit')).toMatchObject([{ groupGenerationId: 2 }]);
    expect(problems).toMatchObject([{ kind: 'rebalance', message: 'Group group rebalances' }]);
  });

  it('a member that its group has forgotten joins as a new one', async () => {
    const broker = new ScriptedBroker('in/0');
    await memberOn(broker, recorder().handler).start();
    broker.script('heartbeat', fails(ERRORS.unknownMemberId));
    await expect.poll(() => broker.bodies('joinGroup').length).toBe(2);
    expect(broker.bodies('joinGroup')).toMatchObject([{ memberId: '' }, { memberId: '' }]);
  });

  it('a heartbeat that fails for a moment costs no rebalance', async () => {
    const broker = new ScriptedBroker('in/0');
    const { start, problems } = memberOn(broker, recorder().handler);
    await start();
    broker.script('heartbeat', fails(ERRORS.notCoordinator));
    await expect.poll(() => broker.bodies('heartbeat').length).toBeGreaterThan(3);
    expect(broker.bodies('joinGroup')).toHaveLength(1);
    expect(problems).toEqual([]);
  });

  it('D9: without an answer for a whole session it gives its partitions up', async () => {
    const broker = new ScriptedBroker('in/0');
    await memberOn(broker, recorder().handler).start();
    broker.script('heartbeat', ...Array.from({ length: 100 }, () => fails(ERRORS.notCoordinator)));
    await expect.poll(() => broker.bodies('joinGroup').length).toBeGreaterThan(1);
  });

  it('the group rebalances when a topic gets more partitions', async () => {
    const broker = new ScriptedBroker('in/0');
    const { handler, assigned } = recorder();
    const { start, problems } = memberOn(broker, handler);
    await start();
    await expect.poll(() => assigned).toEqual(['in/0']);
    broker.records.set('in/1', []);
    await expect.poll(() => assigned).toEqual(['in/0', 'in/0', 'in/1']);
    const message = 'Group group rebalances: The topic in has 2 partitions, not 1';
    expect(problems).toMatchObject([{ kind: 'rebalance', message }]);
  });

  it('ends when the first join is refused, with an error that is caused by the refusal and does not name it', async () => {
    const broker = new ScriptedBroker('in/0');
    broker.script('joinGroup', fails(ERRORS.groupAuthorizationFailed));
    const { member, start } = memberOn(broker, recorder().handler);
    const error: unknown = await start().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'LOG_UNAVAILABLE',
      retry: true,
      message: expect.not.stringMatching(/group|user/i),
    });
    expect(refusalIn(error)?.message).toBe(
      'User test may not READ group group on Kafka (GROUP_AUTHORIZATION_FAILED). Grant it: see docs/operating.md, "Rights on Kafka".',
    );
    await expect(member.ended).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
  });

  it('leaves its group after the batch in hand, which may still commit', async () => {
    const broker = new ScriptedBroker('in/0');
    broker.records.set('in/0', ['0']);
    const [begun, released] = [deferred(), deferred()];
    const handler: Handler = {
      batch: async (batch) => {
        begun.resolve();
        await released.promise;
        await batch.commit();
      },
    };
    const { member, start } = memberOn(broker, handler);
    await start();
    await begun.promise;
    const leaving = member[Symbol.asyncDispose]();
    expect(broker.sent).not.toContain('leaveGroup');
    released.resolve();
    await leaving;
    expect(broker.sent.filter((name) => name === 'offsetCommit' || name === 'leaveGroup')).toEqual([
      'offsetCommit',
      'leaveGroup',
    ]);
    await expect(member.ended).resolves.toBeUndefined();
  });
});
