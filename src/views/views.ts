import type { ViewReader } from '../binding/runtime/resolvers.js';
import {
  type CursorCodec,
  type CursorScope,
  type PartitionPosition,
  type StreamPosition,
  topicFingerprintOf,
} from '../core/cursor.js';
import { offset, type Partition, type Topic, topic } from '../core/ids.js';
import { type Position, partitionName } from '../core/position.js';
import type { AnyView } from './view.js';
import { type Topics, ViewReadiness } from './view-readiness.js';
import type { ViewStore } from './view-store.js';
import type { ViewVersion } from './view-version.js';

interface ViewsOptions {
  readonly views: readonly AnyView[];
  readonly store: ViewStore;
  readonly codec: CursorCodec;
  readonly topics: Topics;
  /** How long a read waits for a view at the most, in milliseconds. */
  readonly deadline: number;
}

/** The state of a key, and the position in a topic that it corresponds to. */
export interface Snapshot {
  /** `null`: the key has none. */
  readonly state: unknown;
  readonly position: StreamPosition;
}

/** The offset after the last event that is folded, by partition. */
type Progress = readonly (readonly [Partition, number])[];

/** Reads the project's views, on a gateway. */
export class Views {
  readonly #options: ViewsOptions;
  readonly #byName: ReadonlyMap<string, AnyView>;
  readonly #readiness: ViewReadiness;
  /** Those that are under way. */
  readonly #progressReads = new Map<string, Promise<Progress>>();

  constructor(options: ViewsOptions) {
    this.#options = options;
    this.#byName = new Map(options.views.map((view) => [view.name, view]));
    this.#readiness = new ViewReadiness(options);
  }

  /** Whether the project has any views. */
  get any(): boolean {
    return this.#byName.size > 0;
  }

  /** @throws {Error} when the project has no such view */
  reader(name: string): ViewReader {
    const view = this.#view(name);
    return { get: (key, options) => this.#get(view, key, options?.minCursor) };
  }

  /**
   * The cursor of a mutation's event, for a query's `minCursor` (read your own writes). It contains no time, so
   * a mutation that is retried with its idempotency key answers with the same cursor (D1). Never rejects: the event is in
   * the log already, and an error would make the client publish it again.
   */
  async cursorOf({ topic: of, partition, offset: at }: Position): Promise<string> {
    const { codec, topics } = this.#options;
    const described = await topics.describe(of).catch(() => undefined);
    const positions = new Map([[partition, { offset: at, fingerprint: 0 }]]);
    const position: StreamPosition = {
      positions,
      // 0 when the log cannot be asked now: a view then only cannot tell whether the topic is recreated meanwhile.
      topicFingerprint: topicFingerprintOf(described?.id),
      partitions: described?.partitions ?? partition + 1,
      asOf: 0,
    };
    return `${codec.position(of, position)}${codec.tag(scopeOf(of))}`;
  }

  /**
   * The state of a key, and the position in `of` after which come exactly the events that are not in it.
   * @param partitions the partitions that the position covers
   * @throws {MillraceError} VIEW_BEHIND
   */
  async snapshot(name: string, key: string, of: Topic, partitions: readonly Partition[]): Promise<Snapshot> {
    return this.#read(this.#view(name), [], (version) => this.#snapshot(version, key, of, partitions));
  }

  async #snapshot(
    version: ViewVersion,
    key: string,
    of: Topic,
    numbers: readonly Partition[],
  ): Promise<Snapshot> {
    const { store, topics } = this.#options;
    const { id, partitions } = await topics.describe(of);
    // D3: the progress is read before the state, because workers write it after the states. Everything before
    // the progress is then in the state.
    const progress = await this.#progress(version, of, numbers);
    const keyState = (await store.state(version, key))?.value;
    const positions = new Map(
      progress.map(([partition, next]): [Partition, PartitionPosition] => {
        // The state may be ahead of the progress: a worker has written it, but not its progress yet.
        const own = keyState?.positions[partitionName({ topic: of, partition })] ?? -1;
        return [partition, { offset: offset(Math.max(next - 1, own)), fingerprint: 0 }];
      }),
    );
    const position: StreamPosition = {
      positions,
      topicFingerprint: topicFingerprintOf(id),
      partitions,
      asOf: Date.now(),
    };
    return { state: keyState?.state ?? null, position };
  }

  /**
   * Up to where the version is in each partition. Callers that ask while a read is under way share it: after an outage, many
   * subscriptions come back at once, and a topic may have hundreds of partitions (C2). An earlier progress is as good, because the
   * state has the position of its own last event.
   */
  #progress(version: ViewVersion, of: Topic, numbers: readonly Partition[]): Promise<Progress> {
    const name = `${version} ${of} ${numbers.join()}`;
    const pending = this.#progressReads.get(name);
    if (pending !== undefined) return pending;
    const { store } = this.#options;
    const each = numbers.map(async (partition) => {
      const stored = await store.progress(version, { topic: of, partition });
      return [partition, stored === undefined ? 0 : stored.value.next] as const;
    });
    const reading = Promise.all(each).finally(() => this.#progressReads.delete(name));
    this.#progressReads.set(name, reading);
    return reading;
  }

  async #get(view: AnyView, key: string, minCursor: string | undefined): Promise<unknown> {
    const required = minCursor === undefined ? [] : await this.#positionsIn(view, minCursor);
    const { store } = this.#options;
    const stored = await this.#read(view, required, (version) => store.state(version, key));
    return stored?.value.state ?? null;
  }

  /**
   * Reads from a version that is ready, and again from another one if it was lost or replaced meanwhile.
   * @throws {MillraceError} VIEW_BEHIND
   */
  async #read<T>(
    view: AnyView,
    required: readonly Position[],
    read: (version: ViewVersion) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const ready = await this.#readiness.wait(view, required);
      const result = await read(ready.version);
      if (await this.#readiness.isCurrent(view, ready)) return result;
    }
  }

  #view(name: string): AnyView {
    const view = this.#byName.get(name);
    if (view === undefined) throw new Error(`The project has no view named ${name}.`);
    return view;
  }

  /** The events that a `minCursor` stands for. @throws {MillraceError} CURSOR_INVALID */
  async #positionsIn(view: AnyView, minCursor: string): Promise<readonly Position[]> {
    const { codec, topics } = this.#options;
    let fault: unknown;
    for (const name of view.topics.map(topic)) {
      try {
        const { positions, topicFingerprint } = codec.read(minCursor, scopeOf(name));
        const { id } = await topics.describe(name);
        // The topic was recreated since: the cursor's event is in no view any more, so there is nothing to
        // wait for.
        if (
          topicFingerprint !== 0 &&
          topicFingerprintOf(id) !== 0 &&
          topicFingerprint !== topicFingerprintOf(id)
        )
          return [];
        return [...positions].map(([partition, { offset: at }]) => ({ topic: name, partition, offset: at }));
      } catch (error) {
        fault = error;
      }
    }
    throw fault;
  }
}

/** The scope of a mutation's cursor. It says where an event is, and is bound to no subscription or subject. */
const scopeOf = (of: Topic): CursorScope => ({ topic: of, field: 'Published', args: '', subject: undefined });
