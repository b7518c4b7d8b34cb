import { textProblem } from '../../core/bounded-text.js';
import { MillraceError } from '../../core/errors.js';
import { offset, partition, type Topic, topic } from '../../core/ids.js';
import type { RecordDecoder } from '../../core/record-decoder.js';
import { Reading } from '../../lineage/reading.js';
import type { ReadingOptions } from '../../lineage/reading-options.js';
import { decodeReading, type ReadingState } from '../../lineage/reading-state.js';
import type { EventLog } from '../../ports/event-log.js';
import type { NodeRegistry } from '../../ports/node-registry.js';
import type { ConsoleContext, ConsolePage, Payload } from '../page.js';
import { ReadingSlots } from '../reading-slots.js';
import { askDeliveries, MAX_POSITIONS } from './deliveries.js';
import { readingPayloads } from './reading-payloads.js';
import { readRecord } from './record-view.js';
import { traceLink } from './trace-link.js';

export interface LifeParts {
  readonly log: EventLog;
  readonly decoder: RecordDecoder;
  /** The topics of the schema and the project. */
  readonly topics: readonly Topic[];
  /** Of the names of dead-letter topics. */
  readonly suffix: string;
  readonly nodes: NodeRegistry;
  /** `TRACE_URL`. */
  readonly traceUrl: string | undefined;
}

/** S4: what one window reads of a topic, and what one reading shows. Further back is a further window. */
const RECORDS_PER_TOPIC = 200_000;
const MAX_EVENTS = 10_000;
/** How many readings run at once on a node. */
const MAX_READINGS = 4;
const WINDOW_MS = 3_600_000;

type Args = Readonly<Record<string, unknown>>;

/** The page "Life of an event": what one event caused, where it went, and where it stopped. */
export function lifePage(parts: LifeParts): ConsolePage {
  const { log, decoder, topics, suffix, nodes } = parts;
  const slots = new ReadingSlots(MAX_READINGS);
  const link = traceLink(parts.traceUrl);
  const options: ReadingOptions = {
    ...{ log, decoder, topics, suffix },
    ...{ recordsPerTopic: RECORDS_PER_TOPIC, maxEvents: MAX_EVENTS },
  };

  async function* life(args: Args, { signal, after }: ConsoleContext): AsyncGenerator<Payload> {
    const id = idOf(args['id']);
    using _slot = slots.take();
    const resumed = after === undefined ? undefined : stateOf(after, id);
    const further = args['further'] == null ? undefined : stateOf(String(args['further']), id);
    const since = args['since'] == null ? Date.now() - WINDOW_MS : Date.parse(String(args['since']));
    const from = resumed ?? further;
    const reading = from === undefined ? Reading.begin(id, since, options) : Reading.from(from, options);
    const found = resumed === undefined ? await reading.widen(since, signal) : [];
    yield* readingPayloads(reading, found, { topics, link }, signal);
  }

  return {
    Query: {
      lifeRecord: ({ topic: name, partition: number, offset: at }, { signal }) => {
        // S1: the topics of the project, and their dead letters, which the page links to.
        const of = topics.find((one) => one === name);
        if (of === undefined)
          throw new MillraceError('BAD_REQUEST', `The schema names no topic ${String(name)}.`);
        const position = {
          topic: topic(of),
          partition: partition(Number(number)),
          offset: offset(Number(at)),
        };
        return readRecord(log, decoder, position, signal);
      },
      lifeDeliveries: ({ positions }) => {
        // As the schema declares it.
        const asked = (positions as readonly { topic: string; partition: number; offset: unknown }[]).map(
          (at) => ({ ...at, offset: Number(at.offset) }),
        );
        if (asked.length > MAX_POSITIONS)
          throw new MillraceError('BAD_REQUEST', `A question is about at most ${MAX_POSITIONS} events.`);
        return askDeliveries(nodes, asked);
      },
    },
    Subscription: { life },
  };
}

function idOf(given: unknown): string {
  const id = String(given).trim();
  if (id === '') throw new MillraceError('BAD_REQUEST', 'Type an id, a key or a position.');
  const problem = textProblem(id);
  if (problem !== undefined) throw new MillraceError('BAD_REQUEST', `The id ${problem}.`);
  return id;
}

/** @throws {MillraceError} BAD_REQUEST for a cursor of another reading */
function stateOf(cursor: string, id: string): ReadingState {
  const state = decodeReading(cursor);
  if (state?.id === id) return state;
  throw new MillraceError('BAD_REQUEST', 'The cursor is not of a reading for this id. Begin again.');
}
