import { describe, expect, it } from 'vitest';
import { offset, partition, topic } from '../../src/core/ids.js';
import type { LogRecord } from '../../src/core/record.js';
import { deadLetterRecord } from '../../src/dead-letters/dead-letter.js';
import { readDeadLetterEntry, redriveMarkers } from '../../src/dead-letters/dead-letter-topic.js';
import { DeadLetterTally } from '../../src/dead-letters/groups.js';
import type { Fault } from '../../src/dead-letters/letter-headers.js';

const letters = { topic: topic('said.dlt'), partition: partition(0) };

/** Adds a letter as it is read from the log. */
class Writer {
  readonly tally = new DeadLetterTally();
  #next = 0;

  letter(at: number, fault: Fault, of = 'said'): void {
    const origin = { topic: topic(of), partition: partition(0), offset: offset(at) };
    const made = deadLetterRecord(origin, { key: 'k', headers: {}, timestamp: 1, value: null }, fault);
    this.record(made);
  }

  record(record: Pick<LogRecord, 'key' | 'headers' | 'headerList' | 'value'>): void {
    const read = { ...record, offset: offset(this.#next), timestamp: 1_000 + this.#next };
    this.#next += 1;
    this.tally.add(readDeadLetterEntry(letters, read));
  }
}

describe('groups of dead letters', () => {
  it('have letters of one topic, kind and failing part, whose reasons differ in values only', () => {
    const writer = new Writer();
    writer.letter(1, { kind: 'data', reason: 'no JSON at 17' });
    writer.letter(2, { kind: 'data', reason: 'no JSON at 3' });
    writer.letter(2, { kind: 'execution', reason: 'no JSON at 3', field: 'a' });
    writer.letter(2, { kind: 'execution', reason: 'no JSON at 3', field: 'b' });
    writer.letter(2, { kind: 'data', reason: 'no JSON at 3' }, 'other');
    expect(
      writer.tally.groups().map(({ topic, kind, field, records }) => [topic, kind, field, records]),
    ).toEqual([
      ['other', 'data', undefined, 1],
      ['said', 'execution', 'b', 1],
      ['said', 'execution', 'a', 1],
      ['said', 'data', undefined, 2],
    ]);
  });

  it('count letters, records and what was put back, with the first and last time and the newest reason', () => {
    const writer = new Writer();
    for (const at of [1, 2, 2]) writer.letter(at, { kind: 'data', reason: `no JSON at ${at}` });
    for (const marker of redriveMarkers(letters.topic, ['said/0@2 1', 'said/0@9 1'])) writer.record(marker);
    expect(writer.tally.groups()).toMatchObject([
      {
        letters: 3,
        records: 2,
        redriven: 1,
        firstAt: 1_000,
        lastAt: 1_002,
        reason: 'no JSON at 2',
        format: 'MILLRACE',
      },
    ]);
  });

  it('show letters of other programs: of Kafka Connect with what they say, of others as unknown', () => {
    const writer = new Writer();
    const prefix = '__connect.errors.';
    writer.record({
      key: 'k',
      value: Buffer.from('{}'),
      headers: {
        own: 'x',
        [`${prefix}topic`]: 'said',
        [`${prefix}partition`]: '2',
        [`${prefix}offset`]: '12345678',
        [`${prefix}connector.name`]: 'jdbc-sink',
        [`${prefix}task.id`]: '0',
        [`${prefix}stage`]: 'VALUE_CONVERTER',
        [`${prefix}class.name`]: 'org.apache.kafka.connect.json.JsonConverter',
        [`${prefix}exception.class.name`]: 'org.apache.kafka.connect.errors.DataException',
        [`${prefix}exception.message`]: 'Converting byte[] failed',
        [`${prefix}exception.stacktrace`]: 'at …',
      },
    });
    writer.record({ key: null, value: Buffer.from('?'), headers: { 'x-death': 'rejected' } });
    expect(writer.tally.groups()).toMatchObject([
      { topic: 'said.dlt', format: 'UNKNOWN', records: 1 },
      {
        topic: 'said',
        format: 'CONNECT',
        kind: 'org.apache.kafka.connect.errors.DataException',
        group: 'connect-jdbc-sink',
        reason: 'VALUE_CONVERTER: Converting byte[] failed',
      },
    ]);
  });

  it('C4 are at most 500; letters of further ones are counted', () => {
    const writer = new Writer();
    for (let i = 0; i < 510; i++)
      writer.letter(i, { kind: 'execution', reason: 'no', field: `f${'x'.repeat(i)}` });
    expect(writer.tally.groups()).toHaveLength(500);
    expect(writer.tally.uncounted).toBe(10);
  });
});
