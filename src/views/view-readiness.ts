import { poll } from '../core/async.js';
import { Deadline } from '../core/deadline.js';
import { MillraceError } from '../core/errors.js';
import { partition, type Topic, type TopicId, topic } from '../core/ids.js';
import type { Position, TopicPartition } from '../core/position.js';
import type { AnyView } from './view.js';
import type { ViewStore } from './view-store.js';
import { type ViewVersion, viewVersion } from './view-version.js';

/** What the node knows of a topic. */
export interface Topics {
  describe(of: Topic): Promise<{ readonly id: TopicId | undefined; readonly partitions: number }>;
}

/** A version of a view that has been built completely. */
interface ReadyView {
  readonly version: ViewVersion;
  readonly buildId: string;
}

interface CheckedView extends ReadyView {
  /** When the check began (`performance.now()`). */
  readonly checkedAt: number;
}

/** How long a view counts as ready after a check. */
const READY_FOR_MS = 1_000;
const POLL = { firstMs: 5, maxMs: 100 };

interface ViewReadinessOptions {
  readonly store: ViewStore;
  readonly topics: Topics;
  /** How long `wait` waits at the most, in milliseconds. */
  readonly deadline: number;
}

/** Finds the version of a view that can be read: built completely, and as far as a reader asks for. */
export class ViewReadiness {
  readonly #options: ViewReadinessOptions;
  /** The last check of each view that was ready. */
  readonly #ready = new Map<string, CheckedView>();

  constructor(options: ViewReadinessOptions) {
    this.#options = options;
  }

  /**
   * Waits until the view is ready and has folded the events at `required`.
   * @throws {MillraceError} VIEW_BEHIND after the deadline
   */
  async wait(view: AnyView, required: readonly Position[]): Promise<ReadyView> {
    using deadline = new Deadline(this.#options.deadline);
    const { signal } = deadline;
    let isReady = false;
    const check = async (): Promise<ReadyView | undefined> => {
      const ready = await this.#check(view);
      isReady = ready !== undefined;
      return ready !== undefined && (await this.#hasFolded(ready, required)) ? ready : undefined;
    };
    try {
      return await poll(check, { signal, ...POLL });
    } catch (error) {
      throw error === signal.reason ? viewBehind(view, isReady) : error;
    }
  }

  /**
   * D6: whether what was read of `ready` counts. A version that its store has lost reads like one without any
   * states. But the loss takes the build id too, so a build id that is unchanged after the read proves it.
   */
  async isCurrent(view: AnyView, ready: ReadyView): Promise<boolean> {
    if ((await this.#options.store.buildId(view.name)) === ready.buildId) return true;
    this.#ready.delete(view.name);
    return false;
  }

  async #check(view: AnyView): Promise<CheckedView | undefined> {
    const known = this.#ready.get(view.name);
    if (known !== undefined && performance.now() - known.checkedAt < READY_FOR_MS) return known;
    this.#ready.delete(view.name);
    const checkedAt = performance.now();
    const { store } = this.#options;
    const topics = await this.#describe(view);
    const buildId = await store.buildId(view.name);
    if (buildId === undefined) return undefined;
    const version = viewVersion(view.name, buildId, topics);
    const progress = await Promise.all(partitionsOf(topics).map((at) => store.progress(version, at)));
    const isComplete = progress.every(
      (found) => found !== undefined && found.value.next >= found.value.until,
    );
    if (!isComplete) return undefined;
    const ready = { version, buildId, checkedAt };
    this.#ready.set(view.name, ready);
    return ready;
  }

  async #describe(view: AnyView) {
    const describe = async (name: Topic) => [name, await this.#options.topics.describe(name)] as const;
    return new Map(await Promise.all(view.topics.map(topic).map(describe)));
  }

  async #hasFolded({ version }: ReadyView, required: readonly Position[]): Promise<boolean> {
    const progress = await Promise.all(required.map((at) => this.#options.store.progress(version, at)));
    return progress.every((found, i) => (found?.value.next ?? 0) > (required[i]?.offset ?? 0));
  }
}

function partitionsOf(topics: ReadonlyMap<Topic, { readonly partitions: number }>): TopicPartition[] {
  return [...topics].flatMap(([name, { partitions }]) =>
    Array.from({ length: partitions }, (_, number) => ({ topic: name, partition: partition(number) })),
  );
}

function viewBehind({ name }: AnyView, isReady: boolean): MillraceError {
  const text = isReady
    ? `The view ${name} has not caught up with the cursor in time. Try again, or read without it.`
    : `The view ${name} is being rebuilt and is not complete yet. Try again later.`;
  return new MillraceError('VIEW_BEHIND', text);
}
