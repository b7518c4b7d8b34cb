import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textOfBytes } from '../../src/core/byte-text.js';
import { offset, partition, type Topic } from '../../src/core/ids.js';
import { partitionOfKey } from '../../src/core/partitioner.js';
import { type Header, headersOf, type LogRecord, type NewRecord } from '../../src/core/record.js';
import { RecordDecoder } from '../../src/core/record-decoder.js';
import { appendDeadLetters } from '../../src/dead-letters/append.js';
import { deadLetterRecord } from '../../src/dead-letters/dead-letter.js';
import { listDeadLetters } from '../../src/dead-letters/list.js';
import { lineAsJson } from '../../src/dead-letters/list-format.js';
import { redriveDeadLetters } from '../../src/dead-letters/redrive.js';
import { deadLetterTopic } from '../../src/dead-letters/topic-name.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import type { EventLog } from '../../src/ports/event-log.js';
import { BatchDecoder } from '../../src/relay/batch-decoder.js';
import {
  type EventLogHarness,
  newTopic,
  readBatches,
  readRecords,
  soon,
  TEST_TIMEOUT,
  uniqueGroup,
} from './event-log-tools.js';

const PARTITIONS = 4;
/** 16 bytes of a UUID, which are not UTF-8. */
const KEY = textOfBytes(Buffer.from('f81d4fae7dec11d0a76500a0c91e6bf6', 'hex'));
const HEADERS: Header[] = [
  ['z', 'first'],
  ['twice', 'one'],
  ['none', null],
  ['twice', textOfBytes(Buffer.from('00ff80c3', 'hex'))],
  ['10', 'a number as a name'],
  // Of an earlier dead letter, or of anybody: it is the record's own.
  ['kafka_dlt-original-topic', 'elsewhere'],
  ['millrace-dead-letter', 'mine'],
  ['a', ''],
];

/** Dead letters, from a record that is not an event until it is redriven. Run on every log. */
export function deadLettersContract(name: string, harness: () => Promise<EventLogHarness>): void {
  describe(`dead letters in ${name}`, { timeout: TEST_TIMEOUT }, () => {
    let made: EventLogHarness | undefined;
    beforeAll(async () => {
      made = await harness();
    }, TEST_TIMEOUT);
    afterAll(async () => {
      await made?.close();
    }, TEST_TIMEOUT);
    const log = (): EventLog => {
      if (made === undefined) throw new Error('The harness is not there yet');
      return made.log;
    };

    it('D10 have key, value and every header byte for byte, and are redriven so, to the same partition', async () => {
      const topic = await newTopics(log());
      // Where its producer put it, which is not where our partitioner would.
      const at = { topic, partition: partition((partitionOfKey(KEY, PARTITIONS) + 1) % PARTITIONS) };
      const value = Buffer.from('not json');
      await log().append([{ ...at, key: KEY, headers: {}, headerList: HEADERS, value }], soon());
      const decoder = decoderOf(log());
      for (const batch of await readBatches(log(), at, 0))
        expect(await decoder.decode(batch, soon())).toEqual([]);
      const [letter] = await readRecords(log(), { topic: deadLetterTopic(topic), partition: partition(0) });
      expect(letter).toMatchObject({ key: KEY, value });
      expect(letter && headersOf(letter).slice(0, HEADERS.length)).toEqual(HEADERS);
      expect(await redrive(log(), topic)).toMatchObject({ redriven: 1, failed: [], foreign: 0 });
      const [before, after] = await readRecords(log(), at);
      expect(after && exact(after)).toEqual({ key: KEY, value, headers: HEADERS });
      expect(after && exact(after)).toEqual(before && exact(before));
    });

    it('D10 are redriven by their key when their partition does not exist', async () => {
      const topic = await newTopics(log());
      const origin = { topic, partition: partition(PARTITIONS), offset: offset(3) };
      const record = {
        key: KEY,
        headers: {},
        headerList: HEADERS,
        timestamp: 1,
        value: Buffer.from('not json'),
      };
      await appendDeadLetters(log(), [deadLetterRecord(origin, record, { kind: 'data', reason: 'no JSON' })]);
      expect(await redrive(log(), topic)).toMatchObject({ redriven: 1, failed: [] });
      const [back] = await readRecords(log(), { topic, partition: partitionOfKey(KEY, PARTITIONS) });
      expect(back && exact(back).headers).toEqual(HEADERS);
    });

    it.each([
      ['Spring Kafka wrote', 'kafka_dlt-', springNumber],
      ['Spring Kafka wrote after its retry topics', 'kafka_', springNumber],
      ['Millrace wrote with decimal text', 'kafka_dlt-', (value: number) => String(value)],
    ])('D10 that %s are listed and redriven', async (_writer, prefix, numberText) => {
      const topic = await newTopics(log());
      const own: Header[] = [
        ['twice', 'one'],
        ['twice', 'two'],
        ['none', null],
      ];
      const headerList: Header[] = [
        ...own,
        [`${prefix}original-topic`, topic],
        [`${prefix}original-partition`, numberText(2, 4)],
        [`${prefix}original-offset`, numberText(5_000_000_001, 8)],
        [`${prefix}original-timestamp`, numberText(1_764_000_000_000, 8)],
        [`${prefix}original-timestamp-type`, 'CreateTime'],
        [`${prefix}exception-fqcn`, 'org.example.Unpayable'],
        [`${prefix}exception-message`, 'No credit'],
        [`${prefix}exception-stacktrace`, 'org.example.Unpayable: No credit\n\tat …'],
        ['kafka_dlt-original-consumer-group', 'billing'],
      ];
      const letter: NewRecord = {
        topic: deadLetterTopic(topic),
        key: KEY,
        headers: {},
        headerList,
        value: null,
      };
      const foreign: NewRecord = { topic: letter.topic, key: null, headers: {}, value: Buffer.from('?') };
      await log().append([letter, foreign], soon());
      const listed = await listDeadLetters({ log: log(), topics: [letter.topic], limit: 9, signal: soon() });
      expect(listed).toMatchObject({ more: false, foreign: 1 });
      expect(listed.lines.map((line) => lineAsJson(line))).toMatchObject([
        {
          topic,
          partition: 2,
          offset: '5000000001',
          kind: 'org.example.Unpayable',
          reason: 'No credit',
          key: null,
          keyBytes: Buffer.from('f81d4fae7dec11d0a76500a0c91e6bf6', 'hex').toString('base64'),
        },
      ]);
      expect(await redrive(log(), topic)).toMatchObject({ redriven: 1, failed: [], foreign: 1 });
      const [back] = await readRecords(log(), { topic, partition: partition(2) });
      expect(back && exact(back)).toEqual({ key: KEY, value: null, headers: own });
      expect(await redrive(log(), topic)).toMatchObject({ redriven: 0 });
    });
  });
}

/** As `ByteBuffer` writes it. */
function springNumber(value: number, bytes: number): string {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt(value));
  return textOfBytes(buffer.subarray(8 - bytes));
}

async function newTopics(log: EventLog): Promise<Topic> {
  const topic = await newTopic(log, 'letters', PARTITIONS);
  const spec = { topic: deadLetterTopic(topic), partitions: 1, replicas: 1, config: {} };
  await log.ensureTopics([spec], { create: true }, soon());
  return topic;
}

const decoderOf = (log: EventLog): BatchDecoder =>
  new BatchDecoder({
    log,
    decoder: new RecordDecoder(),
    metrics: new Metrics(),
    logger: openLogger('silent'),
  });

const redrive = (log: EventLog, topic: Topic) =>
  redriveDeadLetters({
    log,
    group: uniqueGroup(),
    topics: [deadLetterTopic(topic)],
    only: undefined,
    onRedriven: () => undefined,
    signal: soon(),
  });

const exact = (record: LogRecord) => ({ key: record.key, value: record.value, headers: headersOf(record) });
