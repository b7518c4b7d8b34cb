import type { Topic } from '../core/ids.js';
import { type Position, positionName, positionNamed } from '../core/position.js';
import type { EventLog } from '../ports/event-log.js';
import type { DeadLetter } from './dead-letter.js';
import { type DeadLetterEntry, readDeadLetterEntries, readDeadLetterEntry } from './dead-letter-topic.js';
import { EditError } from './edit.js';
import { groupIdOf } from './groups.js';
import { readOriginals } from './originals.js';
import { readableDeadLetterTopics } from './topic-name.js';

/** A choice of dead letters. */
export type LetterSelection =
  /** By the positions of the dead letters (`positionName`). */
  | { readonly kind: 'LETTERS'; readonly names: readonly string[] }
  /** By the positions of the records, as `positionName` writes them. */
  | { readonly kind: 'ORIGINS'; readonly names: readonly string[]; readonly topics: readonly Topic[] }
  /** All of one cause. */
  | { readonly kind: 'GROUP'; readonly id: string; readonly topics: readonly Topic[] }
  /** All of some dead-letter topics. */
  | { readonly kind: 'ALL'; readonly topics: readonly Topic[] };

/** A dead letter that is not there. */
export class NoSuchLetter extends Error {
  override readonly name = 'NoSuchLetter';
  constructor(name: string) {
    super(`There is no dead letter ${name}: the log does not have it, or no longer has it.`);
  }
}

/** How many letters may be selected one by one. */
export const MAX_NAMED_LETTERS = 1_000;

/** A dead letter, or a record of another program in a dead-letter topic. */
export type LetterEntry = Exclude<DeadLetterEntry, { kind: 'REDRIVEN' }>;

export interface FinderOptions {
  readonly log: EventLog;
  /** The topics of the project. */
  readonly topics: ReadonlySet<Topic>;
  /** What the names of dead-letter topics end with. Those of the default and of Spring Kafka are read, too. */
  readonly suffix: string;
  /** Further topics whose dead letters are read: somebody has named them. */
  readonly named?: readonly Topic[] | undefined;
}

/** Finds dead letters by their positions, records or causes, in the dead-letter topics of the project. */
export class LetterFinder {
  readonly #options: FinderOptions;

  constructor(options: FinderOptions) {
    this.#options = options;
  }

  /** The dead-letter topics that exist, of these topics or of all of the project. */
  async topics(signal: AbortSignal, of?: readonly Topic[]): Promise<readonly Topic[]> {
    const { log, suffix, named = [] } = this.#options;
    const known = [...this.#options.topics, ...named];
    const isDeadLetterTopic = (one: Topic): boolean =>
      known.some((name) => readableDeadLetterTopics(name, suffix).includes(one));
    const all = (of ?? known).flatMap((one) =>
      isDeadLetterTopic(one) ? [one] : readableDeadLetterTopics(one, suffix),
    );
    const found = await log.describe([...new Set(all)], signal);
    return [...new Set(all)].filter((name) => found.has(name));
  }

  /** The name of the newest dead letter about the record at a position; `undefined`: there is none. */
  async letterAbout(
    originName: string,
    topics: readonly Topic[],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    let found: string | undefined;
    for (const one of topics)
      for await (const entry of readDeadLetterEntries(this.#options.log, one, signal))
        if (entry.kind === 'DEAD_LETTER' && entry.letter.originName === originName)
          found = positionName(entry.letter.at);
    return found;
  }

  /** @throws {NoSuchLetter | EditError} */
  async letter(name: string, signal: AbortSignal): Promise<DeadLetter> {
    const entry = await this.entry(name, signal);
    if (entry === undefined) throw new NoSuchLetter(name);
    if (entry.kind === 'DEAD_LETTER') return entry.letter;
    throw new EditError(
      `${name} does not say which record it is about, so nobody can tell where to put it back.`,
    );
  }

  async entry(name: string, signal: AbortSignal): Promise<LetterEntry | undefined> {
    const at = positionNamed(name);
    if (at === undefined || !(await this.#isReadable(at, signal))) return undefined;
    const records = await readOriginals(this.#options.log, at, [at.offset], signal);
    const record = records.get(at.offset);
    const entry = record && readDeadLetterEntry(at, record);
    return entry?.kind === 'REDRIVEN' ? undefined : entry;
  }

  /** Nothing but dead-letter topics of the project is read. */
  async #isReadable({ topic, partition }: Position, signal: AbortSignal): Promise<boolean> {
    if (!(await this.topics(signal, [topic])).includes(topic)) return false;
    const { partitions = 0 } = (await this.#options.log.describe([topic], signal)).get(topic) ?? {};
    return partition < partitions;
  }

  /** What a selection means. @throws {NoSuchLetter | EditError} */
  async select(
    selection: LetterSelection,
    signal: AbortSignal,
  ): Promise<{
    readonly topics: readonly Topic[];
    readonly isSelected: (letter: DeadLetter) => boolean;
    readonly only: ReadonlySet<string> | undefined;
  }> {
    switch (selection.kind) {
      case 'ALL':
        return { topics: selection.topics, isSelected: () => true, only: undefined };
      case 'GROUP':
        return {
          topics: selection.topics,
          isSelected: (letter) => groupIdOf(letter) === selection.id,
          only: undefined,
        };
      case 'ORIGINS': {
        const only = new Set(selection.names);
        return { topics: selection.topics, isSelected: ({ originName }) => only.has(originName), only };
      }
      case 'LETTERS': {
        const letters: DeadLetter[] = [];
        for (const name of selection.names) letters.push(await this.letter(name, signal));
        const recordIds = new Set(letters.map(({ recordId }) => recordId));
        return {
          topics: [...new Set(letters.map(({ at }) => at.topic))],
          isSelected: (letter) => recordIds.has(letter.recordId),
          only: new Set(letters.map(({ originName }) => originName)),
        };
      }
    }
  }
}
