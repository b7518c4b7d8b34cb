import { describe, expect, it } from 'vitest';
import { TransactionalProducer } from '../../../../src/adapters/kafka/produce/transactional-producer.js';
import type { PartitionBatch } from '../../../../src/adapters/kafka/wire/partition-batch.js';
import { offset, partition, topic } from '../../../../src/core/ids.js';
import { ERRORS, fails, ScriptedBroker } from '../scripted-broker.js';

const batch = (name: string): PartitionBatch => ({
  topic: topic(name),
  partition: partition(0),
  records: [{ topic: topic(name), key: 'k', headers: {}, value: Buffer.from('v') }],
  indexes: [name === 'a' ? 0 : 1],
});
const batches = [batch('a'), batch('b')];
const soon = (): AbortSignal => AbortSignal.timeout(30_000);

async function begun() {
  const broker = new ScriptedBroker('a/0', 'b/0');
  const producer = new TransactionalProducer(broker.connection, 'id', 15_000);
  await producer.begin(soon());
  return { broker, producer };
}

describe('TransactionalProducer', () => {
  it('D1: writes all partitions in one transaction and commits it', async () => {
    const { broker, producer } = await begun();
    const positions = await producer.run(batches, 2, undefined, soon());
    expect(positions.map(({ topic: name, offset: at }) => [name, at])).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
    expect(broker.sent).toEqual(['initProducerId', 'addPartitionsToTxn', 'produce', 'endTxn']);
    expect(broker.bodies('endTxn')).toEqual([
      { transactionalId: 'id', producerId: '7', producerEpoch: 0, transactionResult: true },
    ]);
    expect(producer.ready).toBe(true);
  });

  it('commits progress with the records, and the next transaction needs no new identity', async () => {
    const { broker, producer } = await begun();
    const at = { topic: topic('in'), partition: partition(4) };
    const progress = { ...at, groupId: 'group', next: offset(9), metadata: 'topic=x' };
    await producer.run(batches, 2, progress, soon());
    await producer.run(batches, 2, undefined, soon());
    expect(broker.sent).toEqual([
      'initProducerId',
      'addPartitionsToTxn',
      'addOffsetsToTxn',
      'txnOffsetCommit',
      'produce',
      'endTxn',
      'addPartitionsToTxn',
      'produce',
      'endTxn',
    ]);
    expect(broker.bodies('txnOffsetCommit')).toMatchObject([
      { groupId: 'group', topics: [{ topic: 'in', partitions: [{ partition: 4, offset: '9' }] }] },
    ]);
  });

  it('D1: aborts what fails before the commit, and takes a new identity for the next transaction', async () => {
    const { broker, producer } = await begun();
    broker.script('addPartitionsToTxn', fails(ERRORS.groupAuthorizationFailed));
    const running = producer.run(batches, 2, undefined, soon());
    await expect(running).rejects.toMatchObject({ outcome: 'aborted' });
    expect(broker.bodies('endTxn')).toMatchObject([{ producerEpoch: 0, transactionResult: false }]);
    expect(producer.ready).toBe(false);
    await producer.begin(soon());
    await producer.run(batches, 2, undefined, soon());
    expect(broker.bodies('endTxn')[1]).toMatchObject({ producerEpoch: 1, transactionResult: true });
  });

  it('D1: an abort comes after everything that was under way, so that no late write opens a transaction again', async () => {
    const { broker, producer } = await begun();
    const at = { topic: topic('in'), partition: partition(4) };
    const progress = { ...at, groupId: 'group', next: offset(9), metadata: null };
    let answer = (_: unknown): void => {};
    broker.script('produce', () => new Promise((resolve) => (answer = resolve)));
    broker.script('txnOffsetCommit', fails(ERRORS.illegalGeneration));
    const running = producer.run([batch('a')], 1, progress, soon());
    const ended = expect(running).rejects.toMatchObject({ outcome: 'aborted' });
    await expect.poll(() => broker.sent.slice(-2)).toEqual(['txnOffsetCommit', 'produce']);
    // Whatever follows a failure has been sent by the time a timer fires.
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(broker.sent).not.toContain('endTxn');
    answer({ topics: [{ topicName: 'a', partitions: [{ partition: 0, errorCode: 0, baseOffset: '0' }] }] });
    await ended;
    expect(broker.bodies('endTxn')).toMatchObject([{ transactionResult: false }]);
  });

  it('D9: aborts nothing after a later owner has fenced it', async () => {
    const { broker, producer } = await begun();
    broker.script('addPartitionsToTxn', fails(ERRORS.invalidProducerEpoch));
    const running = producer.run(batches, 2, undefined, soon());
    await expect(running).rejects.toMatchObject({ outcome: 'fenced' });
    expect(broker.sent).not.toContain('endTxn');
  });

  it('D1: does not know the outcome when the commit gets no answer, nor when its retry is refused', async () => {
    for (const last of [fails(ERRORS.invalidProducerEpoch), () => new Promise(() => {})]) {
      const { broker, producer } = await begun();
      broker.script('endTxn', fails(ERRORS.notLeader), last);
      const deadline = new AbortController();
      const running = producer.run(batches, 2, undefined, deadline.signal);
      const outcome = expect(running).rejects.toMatchObject({ outcome: 'uncertain' });
      await expect.poll(() => broker.bodies('endTxn').length).toBe(2);
      deadline.abort();
      await outcome;
      expect(broker.bodies('endTxn')).toMatchObject([
        { transactionResult: true },
        { transactionResult: true },
      ]);
      expect(producer.ready).toBe(false);
    }
  });

  it('D9: waits until what a former owner left open has ended, and verifies before it is ready', async () => {
    const broker = new ScriptedBroker('a/0', 'b/0');
    const producer = new TransactionalProducer(broker.connection, 'id', 15_000);
    const concurrent = fails(ERRORS.concurrentTransactions);
    broker.script('initProducerId', concurrent, concurrent);
    const verify = async (): Promise<void> => {
      expect(broker.sent).toEqual(['initProducerId', 'initProducerId', 'initProducerId']);
      expect(producer.ready).toBe(false);
      throw new Error('not verified');
    };
    await expect(producer.begin(soon(), verify)).rejects.toThrow('not verified');
    expect(producer.ready).toBe(false);
    await producer.begin(soon());
    expect(producer.ready).toBe(true);
  });
});
