import type { Topic } from '../core/ids.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import { newestRecords } from '../placement/newest-records.js';
import type { EventLog } from '../ports/event-log.js';
import type { ObservedFlow } from './topology.js';

interface ObserveOptions {
  readonly log: Pick<EventLog, 'bounds' | 'read' | 'describe'>;
  readonly decoder: RecordDecoder;
  /** How many of its newest records are read of each topic. */
  readonly records: number;
}

/**
 * Who has published which types of events to topics, by their newest records. Skips records that are not events, and topics
 * that do not exist.
 * @throws {MillraceError} when the log cannot be read
 */
export async function observedFlows(
  topics: readonly Topic[],
  { log, decoder, records: wanted }: ObserveOptions,
  signal: AbortSignal,
): Promise<readonly ObservedFlow[]> {
  const flows = new Map<string, ObservedFlow>();
  const existing = await log.describe(topics, signal);
  for (const topic of topics.filter((one) => existing.has(one))) {
    for await (const { partition, records } of newestRecords(topic, log, wanted, signal)) {
      await decoder.prepare(topic, records, signal);
      for (const record of records) {
        const decoded = decoder.decode(record, { topic, partition });
        if (!decoded.ok) continue;
        const { source, type } = decoded.event;
        flows.set(JSON.stringify([topic, source, type]), { topic, source, type });
      }
    }
  }
  return [...flows.values()];
}
