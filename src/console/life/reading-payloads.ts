import type { Topic } from '../../core/ids.js';
import type { FoundLetter } from '../../lineage/letters.js';
import type { FoundEvent } from '../../lineage/lineage.js';
import type { Reading } from '../../lineage/reading.js';
import { encodeReading, progressOf } from '../../lineage/reading-state.js';
import type { Payload } from '../page.js';
import { shownEvent, shownLetter, shownTime } from './shown.js';
import type { TraceLink } from './trace-link.js';

/** C4: how many events one payload has, and how long it is waited for more of them. */
const MAX_EVENTS = 500;
const GATHER_MS = 150;

interface PayloadParts {
  readonly topics: readonly Topic[];
  readonly link: TraceLink | undefined;
}

/**
 * What a reading finds, some events at a time, each with the cursor from which a caller resumes. The last payload says that
 * the reading is done.
 * @param found what it has found already
 */
export async function* readingPayloads(
  reading: Reading,
  found: readonly FoundEvent[],
  { topics, link }: PayloadParts,
  signal: AbortSignal,
): AsyncGenerator<Payload, void, undefined> {
  const events: FoundEvent[] = [...found];
  const letters: FoundLetter[] = [];
  // D4: where all of what was found is sent. Where it is not, a caller that resumes is given it again.
  let cursor = encodeReading(reading.state);
  const payload = (isDone: boolean): Payload => {
    const some = events.splice(0, MAX_EVENTS);
    if (events.length === 0) cursor = encodeReading(reading.state);
    const data = {
      events: some.map((event) => shownEvent(event, link)),
      letters: letters.splice(0).map(shownLetter),
      progress: progressShown(reading, topics),
      reading: isDone ? cursor : null,
    };
    return { data, cursor };
  };
  yield payload(false);
  let sentAt = performance.now();
  for await (const step of reading.steps(signal)) {
    events.push(...step.events);
    letters.push(...step.letters);
    while (events.length > MAX_EVENTS) yield payload(false);
    if (performance.now() - sentAt < GATHER_MS) continue;
    yield payload(false);
    sentAt = performance.now();
  }
  yield payload(true);
}

function progressShown({ state, notReadWhole, isCut }: Reading, topics: readonly Topic[]) {
  return {
    pass: state.pass.toUpperCase(),
    ...progressOf(state),
    records: state.records,
    since: shownTime(state.since),
    topics,
    notReadWhole: [...notReadWhole],
    isCut,
  };
}
