import type { Bindings } from '../../binding/bindings.js';
import { MillraceError, messageOf } from '../../core/errors.js';
import type { Topic } from '../../core/ids.js';
import { refusalIn } from '../../core/refusal.js';
import type { TopicFormats } from '../../core/topic-format.js';
import { readableDeadLetterTopics } from '../../dead-letters/topic-name.js';
import type { EventLog } from '../../ports/event-log.js';

interface KnownTopics {
  readonly log: EventLog;
  readonly bindings: Bindings;
  /** Those of the schema, and those that services and views read. */
  readonly topics: readonly Topic[];
  readonly deadLetterSuffix: string;
}

/** `type EventTopic`. */
interface ListedTopic {
  readonly name: Topic;
  readonly kind: 'SCHEMA' | 'DEAD_LETTER' | 'OTHER';
  readonly partitions: number;
  readonly types: readonly string[];
}

/** C4: how many topics a page lists. */
const MAX_TOPICS = 2_000;
/** Kafka's own topics, and those of its tools that are not for people. */
const INTERNAL = /^__/;

/** `type EventTopics`. */
export async function listTopics(
  { log, bindings, topics, deadLetterSuffix }: KnownTopics,
  signal: AbortSignal,
): Promise<{
  readonly topics: readonly ListedTopic[];
  readonly isCut: boolean;
  readonly problem: string | null;
}> {
  const ofSchema = new Set(topics);
  const deadLetters = new Set(topics.flatMap((one) => readableDeadLetterTopics(one, deadLetterSuffix)));
  const { found, problem } = await describeAll(log, [...ofSchema, ...deadLetters], signal);
  const listed = [...found].flatMap(([name, partitions]): ListedTopic[] => {
    if (INTERNAL.test(name)) return [];
    const kind = ofSchema.has(name) ? 'SCHEMA' : deadLetters.has(name) ? 'DEAD_LETTER' : 'OTHER';
    return [{ name, kind, partitions, types: [...(bindings.topics.get(name)?.types ?? [])].sort() }];
  });
  const ordered = listed.sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return { topics: ordered.slice(0, MAX_TOPICS), isCut: ordered.length > MAX_TOPICS, problem };
}

const RANKS = { SCHEMA: 0, DEAD_LETTER: 1, OTHER: 2 } as const;
const rank = ({ kind }: ListedTopic): number => RANKS[kind];

async function describeAll(
  log: EventLog,
  known: readonly Topic[],
  signal: AbortSignal,
): Promise<{ readonly found: ReadonlyMap<Topic, number>; readonly problem: string | null }> {
  let problem = 'This log cannot list its topics. Those of the schema are shown.';
  try {
    const all = await log.inspection?.topics(signal);
    if (all !== undefined) return { found: all, problem: null };
  } catch (error) {
    signal.throwIfAborted();
    problem = `The log does not list its topics: ${problemOf(error)} Those of the schema are shown.`;
  }
  const described = await log.describe(known, signal);
  return { found: new Map([...described].map(([name, { partitions }]) => [name, partitions])), problem };
}

/** The console is for operators: what is refused, and what to do, is what they need to know. */
export function problemOf(error: unknown): string {
  const text = refusalIn(error)?.message ?? messageOf(error);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** A topic that the console may show. @throws {MillraceError} BAD_REQUEST */
export function assertShown(name: string): void {
  if (INTERNAL.test(name))
    throw new MillraceError('BAD_REQUEST', `${name} is a topic of Kafka's own: it is not shown.`);
}

/** The formats in which the console decodes: dead letters keep the records of their topic. */
export function formatsWithDeadLetters(formats: TopicFormats, suffix: string): TopicFormats {
  const ofLetters = [...formats].flatMap(([name, format]) =>
    readableDeadLetterTopics(name, suffix).map((letters) => [letters, format] as const),
  );
  return new Map([...ofLetters, ...formats]);
}
