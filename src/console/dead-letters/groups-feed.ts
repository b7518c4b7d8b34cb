import { pause } from '../../core/async.js';
import type { Topic } from '../../core/ids.js';
import { isoTime } from '../../core/terminal-text.js';
import { DeadLetterTail } from '../../dead-letters/dead-letter-tail.js';
import { type DeadLetterGroup, DeadLetterTally } from '../../dead-letters/groups.js';
import type { DeadLetterOffice } from '../../dead-letters/office.js';
import type { EventLog } from '../../ports/event-log.js';
import type { Payload } from '../page.js';

/** C4: how many records of all dead-letter topics are read, the newest of each. */
export const MAX_RECORDS_READ = 100_000;
const MIN_RECORDS_PER_TOPIC = 2_000;
/** How often what is new is read, and how often somebody who waits sees what was read so far. */
const POLL_INTERVAL_MS = 1_000;
const PROGRESS_INTERVAL_MS = 500;
/** How often new dead-letter topics are looked for. */
const POLLS_PER_DISCOVERY = 10;

/** How many records of each topic are read. */
export const recordsPerTopic = (topics: readonly Topic[]): number =>
  Math.max(MIN_RECORDS_PER_TOPIC, Math.floor(MAX_RECORDS_READ / Math.max(1, topics.length)));

/** The groups of dead letters, while they are read and whenever they change. */
export async function* groupsFeed(
  office: DeadLetterOffice,
  log: Pick<EventLog, 'bounds' | 'read' | 'describe'>,
  of: readonly Topic[] | undefined,
  signal: AbortSignal,
): AsyncGenerator<Payload> {
  const tally = new DeadLetterTally();
  const tails = new Map<Topic, DeadLetterTail>();
  let recordsRead = 0;
  let shown = -1;
  let shownAt = performance.now();
  let missing: readonly Topic[] = [];
  let isNews = false;
  const snapshot = (isComplete: boolean): Payload => {
    shown = recordsRead;
    shownAt = performance.now();
    isNews = false;
    const notRead = [...tails.values()].reduce((sum, { skipped }) => sum + skipped, 0);
    const groups = tally.groups().map(shownGroup);
    const { uncounted } = tally;
    const { readOnly } = office;
    return { data: { groups, isComplete, recordsRead, notRead, uncounted, missing, readOnly } };
  };
  for (let poll = 0; !signal.aborted; poll++) {
    if (poll % POLLS_PER_DISCOVERY === 0) {
      const topics = await office.finder.topics(signal, of);
      const before = missing.length;
      missing = of === undefined || topics.length > 0 ? [] : await missingOf(of, log, signal);
      isNews = missing.length !== before;
      for (const topic of topics)
        if (!tails.has(topic)) tails.set(topic, new DeadLetterTail(log, topic, recordsPerTopic(topics)));
    }
    for (const tail of tails.values()) {
      for await (const entry of tail.read(signal)) {
        tally.add(entry);
        recordsRead += 1;
        if (performance.now() - shownAt >= PROGRESS_INTERVAL_MS) yield snapshot(poll > 0);
      }
    }
    if (recordsRead !== shown || isNews) yield snapshot(true);
    await pause(POLL_INTERVAL_MS, signal);
  }
}

/** A topic without dead letters, and one that does not exist, have no dead-letter topic both. */
async function missingOf(
  of: readonly Topic[],
  log: Pick<EventLog, 'describe'>,
  signal: AbortSignal,
): Promise<readonly Topic[]> {
  const found = await log.describe(of, signal);
  return of.filter((name) => !found.has(name));
}

function shownGroup({ deadLetters, group, redriven, firstAt, lastAt, ...known }: DeadLetterGroup): object {
  return {
    ...known,
    deadLetterTopic: deadLetters,
    consumerGroup: group,
    putBack: redriven,
    firstAt: isoTime(firstAt),
    lastAt: isoTime(lastAt),
  };
}
