import { describe, expect, it } from 'vitest';
import { produce } from '../../../../src/adapters/kafka/produce/produce.js';
import type { Connection } from '../../../../src/adapters/kafka/wire/connection.js';
import type { PartitionBatch } from '../../../../src/adapters/kafka/wire/partition-batch.js';
import { ProducerId } from '../../../../src/adapters/kafka/wire/producer-id.js';
import { partition, topic } from '../../../../src/core/ids.js';

const batch: PartitionBatch = {
  topic: topic('t'),
  partition: partition(0),
  records: [{ topic: topic('t'), key: 'k', headers: {}, value: Buffer.from('v') }],
  indexes: [0],
};

const answer = (errorCode: number): object => ({
  topics: [{ topicName: 't', partitions: [{ partition: 0, errorCode, baseOffset: '7' }] }],
});

const failure = (name: string): Error => Object.assign(new Error(name), { name, retriable: true });

/** A leader that answers as scripted, one step per request; the last step repeats. `connect` may fail before each. */
function scripted(steps: readonly (() => object)[], producer: ProducerId, connect = (): object => ({})) {
  const sequences: number[] = [];
  const send = async (): Promise<object> => {
    sequences.push(producer.sequence(batch));
    return (steps[Math.min(sequences.length, steps.length) - 1] ?? (() => answer(0)))();
  };
  const leader = {
    nodeId: 1,
    connectionPool: { getConnection: async () => connect(), send },
    disconnect: async () => {},
  };
  const connection = {
    leader: async () => leader,
    forget: () => {},
    explainTopic: (error: unknown) => error,
  };
  // `produce` asks a connection for leaders, forgets them, and has refusals explained, nothing else.
  return { connection: connection as unknown as Connection, sequences };
}

const fail = (name: string) => (): object => {
  throw failure(name);
};

describe('produce', () => {
  it('D1: retries a request that got no answer under the same sequence number', async () => {
    const producer = new ProducerId('1', 0, undefined);
    const steps = [fail('KafkaJSConnectionClosedError'), () => answer(6), () => answer(0)];
    const { connection, sequences } = scripted(steps, producer);
    expect(await produce(connection, producer, [batch], AbortSignal.timeout(30_000))).toEqual([7]);
    expect(sequences).toEqual([0, 0, 0]);
    expect(producer.sequence(batch)).toBe(1);
  });

  it('D1: reports an unknown outcome when a request got no answer, and requires a new producer identity', async () => {
    const producer = new ProducerId('1', 0, undefined);
    const { connection, sequences } = scripted([fail('KafkaJSRequestTimeoutError')], producer);
    const deadline = new AbortController();
    const producing = produce(connection, producer, [batch], deadline.signal);
    const outcome = expect(producing).rejects.toMatchObject({ code: 'PUBLISH_UNCERTAIN' });
    await expect.poll(() => sequences.length).toBeGreaterThan(1);
    deadline.abort();
    await outcome;
    expect(producer.spoiled).toBe(true);
  });

  it('D1: reports an unknown outcome when the connection was reset during the request', async () => {
    const producer = new ProducerId('1', 0, undefined);
    let connects = 0;
    const connect = (): object => (connects++ === 0 ? {} : fail('KafkaJSConnectionError')());
    const { connection } = scripted([fail('KafkaJSConnectionError')], producer, connect);
    const deadline = new AbortController();
    const producing = produce(connection, producer, [batch], deadline.signal);
    const outcome = expect(producing).rejects.toMatchObject({ code: 'PUBLISH_UNCERTAIN' });
    await expect.poll(() => connects).toBeGreaterThan(2);
    deadline.abort();
    await outcome;
  });

  it('D1: reports that nothing was written when no request was sent', async () => {
    const producer = new ProducerId('1', 0, undefined);
    let connects = 0;
    const connect = (): object => {
      connects += 1;
      return fail('KafkaJSConnectionError')();
    };
    const { connection, sequences } = scripted([], producer, connect);
    const deadline = new AbortController();
    const producing = produce(connection, producer, [batch], deadline.signal);
    const outcome = expect(producing).rejects.toMatchObject({ code: 'PUBLISH_FAILED' });
    await expect.poll(() => connects).toBeGreaterThan(1);
    deadline.abort();
    await outcome;
    expect(sequences).toEqual([]);
  });

  it('reports a batch that the broker finds too large as EVENT_TOO_LARGE', async () => {
    const producer = new ProducerId('1', 0, undefined);
    const { connection } = scripted([() => answer(10)], producer);
    const producing = produce(connection, producer, [batch], AbortSignal.timeout(30_000));
    await expect(producing).rejects.toMatchObject({ code: 'EVENT_TOO_LARGE' });
  });

  it('requires a new producer identity after the broker has forgotten the current one', async () => {
    const producer = new ProducerId('1', 0, undefined);
    const { connection } = scripted([() => answer(59)], producer);
    const producing = produce(connection, producer, [batch], AbortSignal.timeout(30_000));
    await expect(producing).rejects.toMatchObject({ code: 'PUBLISH_FAILED' });
    expect(producer.spoiled).toBe(true);
  });
});
