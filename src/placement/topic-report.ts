import { isNamedType } from '../core/event.js';
import type { Topic } from '../core/ids.js';
import { isEncoded, type KeyFormat } from '../core/key-format.js';
import {
  DEFAULT_PARTITIONER,
  type DeclaredPartitioner,
  PARTITIONERS,
  type Partitioner,
  partitionOfKey,
} from '../core/partitioner.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import type { EventLog } from '../ports/event-log.js';
import { newestRecords } from './newest-records.js';
import { lookOf } from './record-look.js';

/** What the newest records of a topic say about its declaration. Plain JSON. */
export interface TopicReport {
  readonly topic: Topic;
  readonly partitions: number;
  readonly records: number;
  /** Records with a key that is not empty: librdkafka puts empty keys anywhere. */
  readonly keyed: number;
  readonly partitioner: DeclaredPartitioner;
  /** `false`: the partitioner is only assumed. */
  readonly isDeclared: boolean;
  /** As it is declared. */
  readonly keyFormat?: KeyFormat;
  /** How many keyed records lie where each partitioner puts them. */
  readonly inPlace: Readonly<Record<Partitioner, number>>;
  /** How many keys have records in more than one partition. */
  readonly splitKeys: number;
  /** Services that keep state of the topic's keys: one state in each partition that has records of a key. */
  readonly statefulServices: readonly string[];
  /** Records that are not events, by what is wrong. */
  readonly invalid: Readonly<Record<string, number>>;
  /** Events of types that no field shows. */
  readonly notShown: Readonly<Record<string, number>>;
  /** Records that look otherwise than declared: how many, and what `@topic` would have to say. */
  readonly looks: Readonly<Record<string, { readonly write: string; readonly records: number }>>;
}

interface ReportOptions {
  readonly log: Pick<EventLog, 'bounds' | 'read'>;
  readonly decoder: RecordDecoder;
  /** The types of the topic that the schema names. Empty: no field uses the topic, and types are not reported. */
  readonly types: ReadonlySet<string>;
  readonly statefulServices: readonly string[];
  /** How many records are read, all partitions together. */
  readonly records: number;
}

/** Reads the newest records of a topic. @throws {MillraceError} when the log cannot be read */
export async function reportOn(
  topic: Topic,
  { log, decoder, types, statefulServices, records: wanted }: ReportOptions,
  signal: AbortSignal,
): Promise<TopicReport> {
  const inPlace = { MURMUR2: 0, CRC32: 0, FNV1A: 0 };
  const [invalid, notShown] = [new Map<string, number>(), new Map<string, number>()];
  const [seen, split] = [new Map<string, number>(), new Set<string>()];
  const looks = new Map<string, { readonly write: string; records: number }>();
  let [records, keyed] = [0, 0];
  const format = decoder.formatOf(topic);
  const { length: partitions } = await log.bounds(topic, signal);
  for await (const { partition: number, records: read } of newestRecords(topic, log, wanted, signal)) {
    await decoder.prepare(topic, read, signal);
    for (const record of read) {
      records += 1;
      const { key } = record;
      if (key !== null && key !== '') {
        keyed += 1;
        if ((seen.get(key) ?? number) !== number) split.add(key);
        seen.set(key, number);
        for (const one of PARTITIONERS)
          if (partitionOfKey(key, partitions, one) === number) inPlace[one] += 1;
      }
      const decoded = decoder.decode(record, { topic, partition: number });
      if (!decoded.ok) add(invalid, decoded.kind);
      else if (types.size > 0 && isNamedType(decoded.event.type) && !types.has(decoded.event.type))
        add(notShown, decoded.event.type);
      const look = lookOf(record, format, decoded.ok);
      if (look !== undefined)
        looks.set(look.label, { write: look.write, records: (looks.get(look.label)?.records ?? 0) + 1 });
    }
  }
  const { partitioner: declared, key: keyFormat } = format;
  return {
    topic,
    partitions,
    records,
    keyed,
    partitioner: declared ?? DEFAULT_PARTITIONER,
    isDeclared: declared !== undefined,
    ...(keyFormat !== undefined && { keyFormat }),
    inPlace,
    splitKeys: split.size,
    statefulServices,
    invalid: Object.fromEntries(invalid),
    notShown: Object.fromEntries(notShown),
    looks: Object.fromEntries(looks),
  };
}

/**
 * Whether what is declared is true of every record that was read, and every key has one state in each service. What is
 * only assumed is checked while it runs.
 */
export function holds(report: TopicReport): boolean {
  const { isDeclared, partitioner, inPlace, keyed, splitKeys, statefulServices } = report;
  if (splitKeys > 0 && statefulServices.length > 0) return false;
  return !isDeclared || partitioner === 'NONE' || inPlace[partitioner] === keyed;
}

/** The report as lines: the topic, then what is worth knowing about it. */
export function reportLines(report: TopicReport): readonly string[] {
  const { topic, records, keyed, partitions, invalid, notShown, looks } = report;
  const lines = [`${topic}: ${records} records read, ${keyed} with a key, ${partitions} partitions`];
  if (keyed > 0 && partitions > 1) lines.push(`  ${placementLine(report)}`);
  const { splitKeys, statefulServices } = report;
  if (splitKeys > 0 && statefulServices.length > 0)
    lines.push(
      `  ${splitKeys} keys lie in several partitions, so each has several states in ${statefulServices.join(', ')}`,
    );
  const faults = Object.values(invalid).reduce((sum, count) => sum + count, 0);
  if (faults > 0) lines.push(`  ${records - faults} of ${records} are events as it is declared`);
  for (const [kind, count] of Object.entries(invalid))
    lines.push(`  ${count} records are not events: ${kind}`);
  for (const [label, { records: count, write }] of Object.entries(looks))
    lines.push(`  ${count} look like ${label}: write @topic(name: "${topic}", ${write})`);
  for (const [type, count] of Object.entries(notShown))
    lines.push(`  ${count} events have a type that no field shows: ${type}`);
  return lines;
}

function placementLine({ topic, keyed, partitioner, isDeclared, inPlace, keyFormat }: TopicReport): string {
  if (partitioner === 'NONE') return 'NONE is declared: fields with a key follow all partitions';
  if (isEncoded(keyFormat)) return `keys are ${keyFormat}: fields with a key follow all partitions`;
  const how = isDeclared ? 'declared' : 'assumed';
  const found = `${inPlace[partitioner]} of ${keyed} keys lie where ${partitioner} (${how}) puts them`;
  if (inPlace[partitioner] === keyed) return found;
  const fitting = PARTITIONERS.filter((one) => inPlace[one] === keyed);
  const [only, another] = fitting;
  if (only === undefined || another !== undefined)
    return `${found}, and no partitioner fits all: write @topic(name: "${topic}", partitioner: NONE)`;
  return `${found}; all ${keyed} lie where ${only} puts them: write @topic(name: "${topic}", partitioner: ${only})`;
}

const add = (counts: Map<string, number>, name: string): void =>
  void counts.set(name, (counts.get(name) ?? 0) + 1);
