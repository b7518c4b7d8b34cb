import { describe, expect, it } from 'vitest';
import { PartitionCommits } from '../../../../src/adapters/kafka/group/partition-commits.js';
import { offset, partition, topic, topicId } from '../../../../src/core/ids.js';
import { refusalIn } from '../../../../src/core/refusal.js';
import { connectionTo, ERRORS, fails, ScriptedBroker } from '../scripted-broker.js';

const at = { topic: topic('in'), partition: partition(4), topicId: topicId('x') };
const membership = { groupId: 'group', memberId: 'me', groupGenerationId: 3 };
const outputs = [{ topic: topic('out'), key: 'k', headers: {}, value: Buffer.from('v') }];
const soon = (): AbortSignal => AbortSignal.timeout(30_000);
const kept = (): boolean => false;

/** The answer to a Produce request, as the adapter decodes it. */
const answersRefused = () => ({
  topics: [
    {
      topicName: 'out',
      partitions: [{ partition: 0, errorCode: ERRORS.topicAuthorizationFailed, baseOffset: '-1' }],
    },
  ],
});

function commitsOn(broker: ScriptedBroker): PartitionCommits {
  const writing = connectionTo(broker.cluster, 'WRITE');
  return new PartitionCommits(at, { membership, control: broker.connection, writing });
}

describe('PartitionCommits', () => {
  it('D9: moves progress alone under the generation of the member, with the id of the topic', async () => {
    const broker = new ScriptedBroker('in/4');
    const commits = commitsOn(broker);
    expect(await commits.commit(offset(9), [], kept)).toEqual([]);
    const partitions = [{ partition: 4, offset: '9', metadata: 'topic=x' }];
    const topics = [{ topic: 'in', partitions }];
    expect(broker.requests).toEqual([{ name: 'offsetCommit', body: { ...membership, topics } }]);
    expect(commits.progress).toBe(9);
  });

  it('D5: progress in a topic that was recreated does not count', async () => {
    const broker = new ScriptedBroker('in/4');
    const commits = commitsOn(broker);
    const answer = (metadata: string) => () => ({ responses: [{ partitions: [{ offset: '5', metadata }] }] });
    broker.script('offsetFetch', answer('topic=former'), answer('topic=x'), answer('moved by hand'));
    const progress: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      await commits.load(soon());
      progress.push(commits.progress);
    }
    expect(progress).toEqual([undefined, 5, 5]);
  });

  it('D9: the first commit with outputs fences former owners, and only then checks progress and membership', async () => {
    const broker = new ScriptedBroker('in/4', 'out/0');
    broker.committed = 5;
    const commits = commitsOn(broker);
    await commits.load(soon());
    expect(await commits.commit(offset(9), outputs, kept)).toMatchObject([{ topic: 'out', offset: 0 }]);
    expect(broker.sent).toEqual([
      'offsetFetch',
      'initProducerId',
      'offsetFetch',
      'heartbeat',
      'addPartitionsToTxn',
      'addOffsetsToTxn',
      'txnOffsetCommit',
      'produce',
      'endTxn',
    ]);
    expect(broker.bodies('initProducerId')).toMatchObject([{ transactionalId: 'group-in-4' }]);
    expect(commits.progress).toBe(9);
  });

  it('D9: a former owner that commits until it is fenced makes the batch start over', async () => {
    const broker = new ScriptedBroker('in/4', 'out/0');
    broker.committed = 5;
    const commits = commitsOn(broker);
    await commits.load(soon());
    // The former owner's transaction is in time, and ends before the identity changes hands.
    broker.script('initProducerId', () => {
      broker.committed = 9;
      return { producerId: '7', producerEpoch: 1 };
    });
    await expect(commits.commit(offset(9), outputs, kept)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(commits.progressMoved).toBe(true);
    expect(broker.sent).not.toContain('produce');
  });

  it('D9: a member that its group has forgotten writes nothing', async () => {
    const broker = new ScriptedBroker('in/4', 'out/0');
    const commits = commitsOn(broker);
    await commits.load(soon());
    broker.script('heartbeat', fails(ERRORS.unknownMemberId));
    await expect(commits.commit(offset(9), outputs, kept)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(commits.progressMoved).toBe(false);
    expect(broker.sent).not.toContain('produce');
  });

  it('D9: a partition that is lost while its owner begins gets no outputs', async () => {
    const broker = new ScriptedBroker('in/4', 'out/0');
    const commits = commitsOn(broker);
    await commits.load(soon());
    const lost = (): boolean => broker.sent.includes('heartbeat');
    await expect(commits.commit(offset(9), outputs, lost)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(broker.sent).not.toContain('produce');
  });

  it('D9: a commit of an older generation is refused and not retried, though the error is transient elsewhere', async () => {
    const broker = new ScriptedBroker('in/4');
    broker.script('offsetCommit', fails(ERRORS.rebalanceInProgress));
    const committing = commitsOn(broker).commit(offset(9), [], kept);
    await expect(committing).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(broker.sent).toEqual(['offsetCommit']);
  });

  it('D1: a commit whose answer was lost shows as moved progress in the next one', async () => {
    const broker = new ScriptedBroker('in/4', 'out/0');
    const commits = commitsOn(broker);
    await commits.load(soon());
    broker.script('endTxn', () => {
      broker.committed = 9;
      return fails(ERRORS.groupAuthorizationFailed)(undefined);
    });
    await expect(commits.commit(offset(9), outputs, kept)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(commits.progressMoved).toBe(false);
    await expect(commits.commit(offset(9), outputs, kept)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(commits.progressMoved).toBe(true);
  });

  it.each([
    [
      'the transaction',
      (broker: ScriptedBroker) => broker.script('addPartitionsToTxn', fails(ERRORS.topicAuthorizationFailed)),
    ],
    ['the records', (broker: ScriptedBroker) => broker.script('produce', answersRefused)],
  ])(
    'D10: a missing right on an output is not the fault of the input, which must not become a dead letter: refused with %s',
    async (_, script) => {
      const broker = new ScriptedBroker('in/4', 'out/0');
      const commits = commitsOn(broker);
      await commits.load(soon());
      script(broker);
      const failure: unknown = await commits
        .commit(offset(9), outputs, kept)
        .catch((error: unknown) => error);
      // EVENT_INVALID would set the input aside.
      expect(failure).toMatchObject({ code: 'LOG_UNAVAILABLE', retry: true });
      expect(refusalIn(failure)?.message).toContain('may not WRITE topic out');
    },
  );

  it('D9: takes a partition over before it reads the progress', async () => {
    const broker = new ScriptedBroker('in/4', 'out/0');
    broker.committed = 5;
    const commits = commitsOn(broker);
    await commits.takeOver(soon());
    expect(broker.sent).toEqual(['initProducerId', 'offsetFetch', 'heartbeat']);
    expect(commits.progress).toBe(5);
    await commits.commit(offset(9), outputs, kept);
    expect(broker.sent.slice(3)).toEqual([
      'addPartitionsToTxn',
      'addOffsetsToTxn',
      'txnOffsetCommit',
      'produce',
      'endTxn',
    ]);
  });
});
