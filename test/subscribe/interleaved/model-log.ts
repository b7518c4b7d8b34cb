import { encodeEvent } from '../../../src/core/envelope/encode.js';
import {
  eventId,
  type Offset,
  offset,
  type Partition,
  partition,
  type Topic,
  topic,
  topicId,
} from '../../../src/core/ids.js';
import { partitionOfKey } from '../../../src/core/partitioner.js';
import type { LogBatch, LogRecord } from '../../../src/core/record.js';
import {
  type Bounds,
  type EventLog,
  OffsetOutOfRange,
  type Range,
  type TopicDescription,
} from '../../../src/ports/event-log.js';
import type { Script } from './script.js';

export const TOPIC = topic('said');
export const LIFE = topicId('life');

/** One visible event, as the checks know it. */
export interface Said {
  readonly n: number;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
}

interface Kept {
  readonly records: LogRecord[];
  earliest: number;
  end: number;
}

/** A log in memory that answers when the script lets it. Its offsets have holes, as Kafka's have. */
export class ModelLog implements EventLog {
  readonly description = 'a model';
  readonly said: Said[] = [];
  truncated = false;
  readonly #script: Script;
  readonly #partitions: readonly Kept[];

  constructor(script: Script, partitions: number) {
    this.#script = script;
    this.#partitions = Array.from({ length: partitions }, () => ({ records: [], earliest: 0, end: 0 }));
  }

  /** Appends one event, after `hole` offsets that never show anything. */
  say(number: number, key: string, hole: number): void {
    const kept = this.kept(number);
    const at = kept.end + hole;
    const n = this.said.length;
    const { headers, value } = encodeEvent(TOPIC, {
      id: eventId(`event-${n}`),
      source: '/test',
      type: 'Said',
      subject: key,
      time: '2026-01-31T09:30:00.000Z',
      data: Buffer.from(JSON.stringify({ n })),
    });
    kept.records.push({ offset: offset(at), timestamp: 1_700_000_000_000 + n, key, headers, value });
    kept.end = at + 1;
    this.said.push({ n, partition: number, offset: at, key });
  }

  /** Retention takes everything up to an offset. */
  truncate(number: number, through: Offset): void {
    const kept = this.kept(number);
    if (through < kept.earliest) return;
    kept.earliest = through + 1;
    this.truncated = true;
  }

  /** The records after an offset, at the most so many. */
  after(number: number, after: Offset, limit: number): readonly LogRecord[] {
    return this.kept(number)
      .records.filter((record) => record.offset > after)
      .slice(0, limit);
  }

  kept(number: number): Kept {
    const kept = this.#partitions[number];
    if (kept === undefined) throw new Error(`There is no partition ${number}`);
    return kept;
  }

  async partitions(): Promise<number> {
    await this.#script.wait('log: partitions');
    return this.#partitions.length;
  }

  async checkAccess(): Promise<void> {}

  async describe(): Promise<ReadonlyMap<Topic, TopicDescription>> {
    await this.#script.wait('log: describe');
    return new Map([[TOPIC, { id: LIFE, partitions: this.#partitions.length }]]);
  }

  async bounds(): Promise<readonly Bounds[]> {
    await this.#script.wait('log: bounds asked');
    const bounds = this.#partitions.map(({ earliest, end }) => ({
      earliest: offset(earliest),
      end: offset(end),
    }));
    await this.#script.wait('log: bounds answered');
    return bounds;
  }

  async offsetAt(_topic: unknown, number: Partition): Promise<Offset> {
    await this.#script.wait('log: offsetAt');
    return offset(this.kept(number).earliest);
  }

  async *read({ topic: name, partition: number, from, until }: Range): AsyncIterable<LogBatch> {
    const kept = this.kept(number);
    const end = until ?? kept.end;
    for (let next: number = from; next < end; ) {
      await this.#script.wait(`log: read ${number}/${next}`);
      if (next < kept.earliest || next > kept.end) {
        const at = { topic: name, partition: number, offset: offset(next) };
        const bounds = { earliest: offset(kept.earliest), end: offset(kept.end) };
        throw new OffsetOutOfRange(at, bounds);
      }
      const records = this.after(number, offset(next - 1), 3);
      const last = records.length < 3 ? kept.end - 1 : (records.at(-1)?.offset ?? 0);
      yield {
        topic: name,
        partition: partition(number),
        records,
        last: offset(last),
        end: offset(kept.end),
      };
      next = last + 1;
    }
  }

  ensureTopics = unused;
  append = unused;
  readonly transactions = undefined;
  readonly partitionOfKey = partitionOfKey;
  readonly inspection = undefined;
  join = unused;

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function unused(): Promise<never> {
  throw new Error('Nobody who follows needs this');
}
