import type { Offset, Topic } from '../core/ids.js';
import type { RecordDecoder } from '../core/record-decoder.js';
import type { EventLog } from '../ports/event-log.js';
import { observedFlows } from './observed-flows.js';
import type { ObservedFlow } from './topology.js';

/** How many of its newest records are read of each topic. */
const RECORDS = 500;
/** How soon a topic that has new records is read again. */
const MIN_AGE_MS = 30_000;

interface Observed {
  readonly flows: readonly ObservedFlow[];
  /** The sum of the ends when it was read. */
  readonly total: number;
  readonly atMs: number;
}

/** Who publishes which types to topics, by their newest records. Reads a few topics at a time, and only those that grew. */
export class ObservedTopics {
  readonly #log: Pick<EventLog, 'bounds' | 'read' | 'describe'>;
  readonly #decoder: RecordDecoder;
  readonly #atATime: number;
  readonly #observed = new Map<Topic, Observed>();

  /** @param atATime how many topics are read at a time */
  constructor(log: Pick<EventLog, 'bounds' | 'read' | 'describe'>, decoder: RecordDecoder, atATime: number) {
    this.#atATime = atATime;
    this.#log = log;
    this.#decoder = decoder;
  }

  get flows(): readonly ObservedFlow[] {
    return [...this.#observed.values()].flatMap(({ flows }) => flows);
  }

  /**
   * Reads what is due.
   * @returns the topics that could not be read
   */
  async read(ends: ReadonlyMap<Topic, readonly Offset[]>, signal: AbortSignal): Promise<readonly Topic[]> {
    const now = performance.now();
    const due = [...ends]
      .map(([topic, of]) => ({ topic, total: of.reduce<number>((sum, end) => sum + end, 0) }))
      .filter(({ topic, total }) => {
        const known = this.#observed.get(topic);
        return known === undefined || (known.total !== total && now - known.atMs >= MIN_AGE_MS);
      })
      .slice(0, this.#atATime);
    const failed: Topic[] = [];
    for (const { topic, total } of due) {
      const options = { log: this.#log, decoder: this.#decoder, records: RECORDS };
      const flows = await observedFlows([topic], options, signal).catch(() => undefined);
      if (signal.aborted) break;
      if (flows === undefined) failed.push(topic);
      // A topic that cannot be read keeps its place, so that the others have their turn.
      const found = flows ?? this.#observed.get(topic)?.flows ?? [];
      this.#observed.set(topic, { flows: found, total: flows === undefined ? -1 : total, atMs: now });
    }
    return failed;
  }
}
