import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKafkaLog } from '../../src/adapters/kafka/kafka.js';
import { offset, partition, type Topic } from '../../src/core/ids.js';
import type { EventLog } from '../../src/ports/event-log.js';
import type { ListedGroup } from '../../src/ports/log-inspection.js';
import { newTopic, numbered, POLL, soon, TEST_TIMEOUT, uniqueGroup } from '../contract/event-log-tools.js';
import { inspectionOf } from '../contract/log-inspection.js';
import { kafkaBrokers, kafkaLibs } from '../support/services.js';

const brokers = kafkaBrokers();
const libs = kafkaLibs();
const SOURCE = join(import.meta.dirname, '../support/JavaGroups.java');
const MAX_GROUPS = 10_000;

describe('consumer groups of other programs', { timeout: TEST_TIMEOUT }, () => {
  const life = new AbortController();
  let log: EventLog;
  beforeAll(async () => {
    log = await openKafkaLog({ brokers, clientId: 'millrace-test' }, life.signal);
  });
  afterAll(() => log[Symbol.asyncDispose]());

  const groupsOf = async (topic: Topic): Promise<readonly ListedGroup[]> =>
    (await inspectionOf(log).groups([topic], MAX_GROUPS, soon())).groups;

  it('lists a group of kafkajs, which commits by itself, and names its client', async () => {
    const topic = await newTopic(log, 'kafkajs', 1);
    await log.append(numbered(topic, 7), soon());
    const group = uniqueGroup();
    const kafka = new Kafka({ brokers, clientId: 'billing', logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: group });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({ autoCommitThreshold: 1, eachMessage: async () => undefined });
      const at = { topic, partition: partition(0), offset: offset(7) };
      await expect
        .poll(() => groupsOf(topic), POLL)
        .toEqual([
          {
            name: group,
            protocol: 'CLASSIC',
            state: 'Stable',
            members: 1,
            clients: ['billing'],
            topics: [topic],
            progress: [at],
          },
        ]);
    } finally {
      await consumer.disconnect();
    }
  });

  it('lists groups of the newer protocols: one that the broker assigns partitions to, and a share group', async () => {
    const topic = await newTopic(log, 'java', 1);
    await log.append(numbered(topic, 5), soon());
    const group = uniqueGroup();
    const args = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', join(libs, '*'), SOURCE];
    const java = spawn('java', [...args, brokers.join(','), topic, group, '5'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(java, 'exit');
    try {
      await once(createInterface({ input: java.stdout }), 'line');
      const found = async () => {
        const groups = await groupsOf(topic);
        return groups.map(({ name, protocol, topics }) => ({ name, protocol, topics }));
      };
      await expect.poll(found, POLL).toEqual([
        { name: `${group}-consumer`, protocol: 'CONSUMER', topics: [topic] },
        { name: `${group}-share`, protocol: 'SHARE', topics: [topic] },
      ]);
      const [consumer] = await groupsOf(topic);
      expect(consumer).toMatchObject({
        state: 'Stable',
        members: 1,
        clients: ['java-reader'],
        progress: [{ topic, partition: 0, offset: 5 }],
      });
    } finally {
      java.kill('SIGKILL');
      await ended;
    }
  });
});
