import { offset, type Partition, partition, type Topic } from '../core/ids.js';
import { positionName, type TopicPartition } from '../core/position.js';
import type { LogRecord } from '../core/record.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import { readDeadLetter } from '../dead-letters/dead-letter.js';
import { readableDeadLetterTopics } from '../dead-letters/topic-name.js';
import type { EventLog } from '../ports/event-log.js';
import { readRetained } from '../ports/retained.js';
import type { SetAside, TracedEvent } from './lineage.js';

interface LineageOptions {
  readonly log: Pick<EventLog, 'bounds' | 'describe' | 'offsetAt' | 'read'>;
  readonly decoder: RecordDecoder;
  readonly topics: readonly Topic[];
  /** Of the names of dead-letter topics. */
  readonly suffix: string;
  /** In milliseconds since 1970: earlier records are not read. */
  readonly since: number;
  /** The most records that one pass reads of a topic: the newest ones. */
  readonly recordsPerTopic: number;
  /** The most events that are kept. */
  readonly maxEvents: number;
}

export interface Lineage {
  readonly events: readonly TracedEvent[];
  /** Records read, those of dead-letter topics not counted. */
  readonly records: number;
  /** Topics with records since `since` that were not read, because there were too many. */
  readonly notReadWhole: readonly Topic[];
  /** Whether more events were found than `maxEvents`. */
  readonly isCut: boolean;
}

/**
 * Reads from the log all events that belong to `id`: the id of an event, a correlation id, or a key. Those of an event or key
 * are all that share a correlation id with it.
 * @throws {MillraceError} when the log cannot be read
 */
export async function readLineage(
  id: string,
  options: LineageOptions,
  signal: AbortSignal,
): Promise<Lineage> {
  const existing = await options.log.describe(options.topics, signal);
  const reader = new LineageReader({ ...options, topics: options.topics.filter((one) => existing.has(one)) });
  const named = await reader.find(
    (event) => event.correlationId === id || event.id === id || event.key === id,
    signal,
  );
  const correlated = new Set(named.flatMap(({ correlationId }) => correlationId ?? []));
  // An event may be older than the one that names it, so what shares a correlation id takes a second pass.
  const isWhole = correlated.size === 0 || (correlated.size === 1 && correlated.has(id));
  const ids = new Set(named.map((event) => positionName(event)));
  const found = isWhole
    ? named
    : await reader.find(
        (event) =>
          ids.has(positionName(event)) ||
          (event.correlationId !== undefined && correlated.has(event.correlationId)),
        signal,
      );
  const letters = await reader.deadLetters(new Set(found.map((event) => positionName(event))), signal);
  return {
    events: found.map((event) => ({ ...event, deadLetters: letters.get(positionName(event)) ?? [] })),
    records: reader.records,
    notReadWhole: [...reader.notReadWhole],
    isCut: reader.isCut,
  };
}

class LineageReader {
  records = 0;
  isCut = false;
  readonly notReadWhole = new Set<Topic>();
  readonly #options: LineageOptions;

  constructor(options: LineageOptions) {
    this.#options = options;
  }

  async find(
    isWanted: (event: TracedEvent) => boolean,
    signal: AbortSignal,
  ): Promise<readonly TracedEvent[]> {
    const { topics, decoder, maxEvents } = this.#options;
    const found: TracedEvent[] = [];
    for (const topic of topics) {
      for await (const { at, records } of this.#recordsOf(topic, signal)) {
        this.records += records.length;
        await decoder.prepare(topic, records, signal);
        for (const record of records) {
          const event = tracedEvent(record, at, decoder);
          if (event === undefined || !isWanted(event)) continue;
          if (found.length < maxEvents) found.push(event);
          else this.isCut = true;
        }
      }
    }
    return found;
  }

  /** Dead letters about some positions, by position. */
  async deadLetters(
    positions: ReadonlySet<string>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly SetAside[]>> {
    const { log, topics, suffix } = this.#options;
    const candidates = topics.flatMap((topic) => readableDeadLetterTopics(topic, suffix));
    const existing = await log.describe(candidates, signal);
    const letters = new Map<string, SetAside[]>();
    for (const topic of candidates.filter((one) => existing.has(one))) {
      for await (const { at, records } of this.#recordsOf(topic, signal)) {
        for (const record of records) {
          const letter = readDeadLetter(at, record);
          if (letter === undefined || !positions.has(letter.originName)) continue;
          const { kind, reason, field, service, view } = letter;
          const one = { kind, reason, failedIn: field ?? service ?? view, at: letter.at };
          letters.set(letter.originName, [...(letters.get(letter.originName) ?? []), one]);
        }
      }
    }
    return letters;
  }

  async *#recordsOf(
    topic: Topic,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly at: TopicPartition; readonly records: readonly LogRecord[] }> {
    const { log, since, recordsPerTopic } = this.#options;
    const bounds = await log.bounds(topic, signal);
    const perPartition = Math.max(1, Math.floor(recordsPerTopic / Math.max(1, bounds.length)));
    for (const [number, { earliest, end }] of bounds.entries()) {
      const at: TopicPartition & { readonly partition: Partition } = { topic, partition: partition(number) };
      const first = Math.max(earliest, await log.offsetAt(topic, at.partition, since, signal));
      const from = offset(Math.max(first, end - perPartition));
      if (from > first) this.notReadWhole.add(topic);
      if (from >= end) continue;
      for await (const batch of readRetained(log, { ...at, from, until: end }, signal))
        yield { at, records: batch.records.filter((record) => record.offset >= from && record.offset < end) };
    }
  }
}

function tracedEvent(record: LogRecord, at: TopicPartition, decoder: RecordDecoder): TracedEvent | undefined {
  const decoded = decoder.decode(record, at);
  if (!decoded.ok) return undefined;
  const { id, source, type, subject, correlationId, causationId } = decoded.event;
  const position = { ...at, offset: record.offset };
  const { timestamp } = record;
  return {
    ...position,
    id,
    source,
    type,
    key: subject,
    timestamp,
    correlationId,
    causationId,
    deadLetters: [],
  };
}
