import type { ViewReader } from '../binding/runtime/resolvers.js';
import { poll } from '../core/async.js';
import {
  type CursorCodec,
  type CursorScope,
  lifeOf,
  type PartitionPosition,
  type StreamPosition,
} from '../core/cursor.js';
import { Deadline } from '../core/deadline.js';
import { MillraceError } from '../core/errors.js';
import { offset, type Partition, partition, type Topic, type TopicId, topic } from '../core/ids.js';
import { type Position, partitionName, type TopicPartition } from '../core/position.js';
import type { AnyView } from './view.js';
import type { ViewStore } from './view-store.js';
import { type ViewVersion, viewVersion } from './view-version.js';

export interface ViewsOptions {
  readonly views: readonly AnyView[];
  readonly store: ViewStore;
  readonly codec: CursorCodec;
  readonly topics: {
    describe(of: Topic): Promise<{ readonly id: TopicId | undefined; readonly partitions: number }>;
  };
  /** How long is waited for a view at the most, in milliseconds. */
  readonly deadline: number;
}

/** A view's state of a key, and where it stands in a topic. */
export interface Snapshot {
  /** `null`: the key has none. */
  readonly state: unknown;
  readonly place: StreamPosition;
}

/** What was found of a view a moment ago. */
interface Standing {
  readonly version: ViewVersion;
  readonly buildId: string;
  readonly at: number;
}

interface Wanted extends TopicPartition {
  readonly offset: number;
}

/** For how long it counts that a view was found whole, in milliseconds. */
const WHOLE_FOR = 1_000;
const LOOK = { firstMs: 5, maxMs: 100 };

/** The project's views, as a gateway reads them. */
export class Views {
  readonly #options: ViewsOptions;
  readonly #byName: ReadonlyMap<string, AnyView>;
  readonly #whole = new Map<string, Standing>();

  constructor(options: ViewsOptions) {
    this.#options = options;
    this.#byName = new Map(options.views.map((view) => [view.name, view]));
  }

  /** Whether the project has any. */
  get any(): boolean {
    return this.#byName.size > 0;
  }

  /** @throws {Error} when the project has no such view */
  reader(name: string): ViewReader {
    const view = this.#view(name);
    return { get: (key, options) => this.#get(view, key, options?.minCursor) };
  }

  /**
   * The cursor of a mutation's event: what a query gives as `minCursor` (read your own write). It has no time
   * in it, so that a mutation that is repeated with its key answers with the same one (D1).
   */
  async cursorOf({ topic: of, partition: number, offset: place }: Position): Promise<string> {
    const { codec, topics } = this.#options;
    const { id, partitions } = await topics.describe(of);
    const positions = new Map([[number, { offset: place, fingerprint: 0 }]]);
    const here: StreamPosition = { positions, life: lifeOf(id), partitions, asOf: 0 };
    return `${codec.position(of, here)}${codec.tag(scopeOf(of))}`;
  }

  /**
   * The state of a key, and a place in `of` after which exactly the events are that are not in it. `numbers`:
   * the partitions that the place is to tell of.
   * @throws {MillraceError} VIEW_BEHIND
   */
  async snapshot(name: string, key: string, of: Topic, numbers: readonly Partition[]): Promise<Snapshot> {
    const view = this.#view(name);
    return this.#read(view, [], (version) => this.#snapshot(version, key, of, numbers));
  }

  async #snapshot(
    version: ViewVersion,
    key: string,
    of: Topic,
    numbers: readonly Partition[],
  ): Promise<Snapshot> {
    const { store, topics } = this.#options;
    const { id, partitions } = await topics.describe(of);
    // D2: how far the view is, is read first. It is written after the states: what is before is in them.
    const reached = await Promise.all(
      numbers.map(async (number) => {
        const found = await store.progress(version, { topic: of, partition: number });
        return [number, found === undefined ? 0 : found.value.next] as const;
      }),
    );
    const folded = (await store.state(version, key))?.value;
    const positions = new Map(
      reached.map(([number, next]): [Partition, PartitionPosition] => {
        const own = folded?.positions[partitionName({ topic: of, partition: number })] ?? -1;
        return [number, { offset: offset(Math.max(next - 1, own)), fingerprint: 0 }];
      }),
    );
    const place: StreamPosition = { positions, life: lifeOf(id), partitions, asOf: Date.now() };
    return { state: folded?.state ?? null, place };
  }

  async #get(view: AnyView, key: string, minCursor: string | undefined): Promise<unknown> {
    const wanted = minCursor === undefined ? [] : await this.#wanted(view, minCursor);
    const { store } = this.#options;
    const found = await this.#read(view, wanted, (version) => store.state(version, key));
    return found?.value.state ?? null;
  }

  /**
   * What is read counts only if the view is still the same afterwards (D6): one that its store has lost
   * looks like one that never had anything.
   * @throws {MillraceError} VIEW_BEHIND
   */
  async #read<T>(
    view: AnyView,
    wanted: readonly Wanted[],
    read: (version: ViewVersion) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const standing = await this.#standing(view, wanted);
      const found = await read(standing.version);
      if ((await this.#options.store.buildId(view.name)) === standing.buildId) return found;
      this.#whole.delete(view.name);
    }
  }

  #view(name: string): AnyView {
    const view = this.#byName.get(name);
    if (view === undefined) throw new Error(`The project has no view named ${name}`);
    return view;
  }

  /** @throws {MillraceError} CURSOR_INVALID */
  async #wanted(view: AnyView, minCursor: string): Promise<readonly Wanted[]> {
    const { codec, topics } = this.#options;
    let fault: unknown;
    for (const name of view.topics.map(topic)) {
      try {
        const { positions, life } = codec.read(minCursor, scopeOf(name));
        const { id } = await topics.describe(name);
        // Of a topic that was deleted: what it had is in no view any more.
        if (life !== 0 && lifeOf(id) !== 0 && life !== lifeOf(id)) return [];
        return [...positions].map(([number, reached]) => ({
          topic: name,
          partition: number,
          offset: reached.offset,
        }));
      } catch (error) {
        fault = error;
      }
    }
    throw fault;
  }

  /** Waits until the view is whole and has come to what is wanted. @throws {MillraceError} VIEW_BEHIND */
  async #standing(view: AnyView, wanted: readonly Wanted[]): Promise<Standing> {
    using deadline = new Deadline(this.#options.deadline);
    const { signal } = deadline;
    let whole = false;
    const check = async (): Promise<Standing | undefined> => {
      const standing = await this.#wholeOne(view);
      whole = standing !== undefined;
      return standing !== undefined && (await this.#has(standing, wanted)) ? standing : undefined;
    };
    try {
      return await poll(check, { signal, ...LOOK });
    } catch (error) {
      throw error === signal.reason ? behind(view, whole) : error;
    }
  }

  async #wholeOne(view: AnyView): Promise<Standing | undefined> {
    const known = this.#whole.get(view.name);
    if (known !== undefined && performance.now() - known.at < WHOLE_FOR) return known;
    this.#whole.delete(view.name);
    const at = performance.now();
    const { store, topics } = this.#options;
    const names = view.topics.map(topic);
    const described = await Promise.all(names.map((name) => topics.describe(name)));
    const ids = new Map(names.map((name, i) => [name, described[i]?.id]));
    const buildId = await store.buildId(view.name);
    if (buildId === undefined) return undefined;
    const version = viewVersion(view.name, buildId, ids);
    const places = names.flatMap((name, i) =>
      Array.from({ length: described[i]?.partitions ?? 0 }, (_, n) => ({
        topic: name,
        partition: partition(n),
      })),
    );
    const progress = await Promise.all(places.map((place) => store.progress(version, place)));
    if (!progress.every((found) => found !== undefined && found.value.next >= found.value.until)) {
      return undefined;
    }
    const standing = { version, buildId, at };
    this.#whole.set(view.name, standing);
    return standing;
  }

  async #has({ version }: Standing, wanted: readonly Wanted[]): Promise<boolean> {
    const found = await Promise.all(wanted.map((place) => this.#options.store.progress(version, place)));
    return found.every((one, i) => (one?.value.next ?? 0) > (wanted[i]?.offset ?? 0));
  }
}

/** What cursors of mutations are good for: they say where an event is, and are nobody's own. */
const scopeOf = (of: Topic): CursorScope => ({ topic: of, field: 'Published', args: '', subject: undefined });

function behind({ name }: AnyView, whole: boolean): MillraceError {
  const text = whole
    ? `The view ${name} has not come to this cursor in time.`
    : `The view ${name} is being built: it is not up to date yet.`;
  return new MillraceError('VIEW_BEHIND', text);
}
