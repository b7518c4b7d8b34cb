/** How long after a commit the next one waits. A commit is a request: of events that come one by one, each would cost one. */
const INTERVAL_MS = 500;

/**
 * Commits the progress of one partition: one commit at a time, only the newest, and not more often than every half second.
 *
 * Two commits in flight may reach the log in either order, and the group's progress would go backwards. Race: commit 10
 * is sent, the coordinator moves, commit 20 is sent to the new coordinator, then commit 10 is retried there.
 */
export class LatestCommit {
  readonly #onFailure: (error: unknown) => void;
  /** The newest commit that is not in flight yet. */
  #next: (() => Promise<unknown>) | undefined;
  /** Defined while a commit is in flight. */
  #running: Promise<void> | undefined;
  /** Runs out when the next commit may start; `undefined`: it may start now. */
  #timer: NodeJS.Timeout | undefined;

  /** @param onFailure called with the error of a failed commit; the next commit covers its offsets */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Starts `commit` once the one before it has ended, and its time has passed. Replaces the one that waits, if any. */
  push(commit: () => Promise<unknown>): void {
    this.#next = commit;
    if (this.#timer === undefined) this.#start();
  }

  /** Starts the commit that waits without waiting longer. Resolves once none is in flight. */
  async flush(): Promise<void> {
    for (; this.#next !== undefined; await this.#running) {
      clearTimeout(this.#timer);
      await this.#running;
      this.#start();
    }
    await this.#running;
    clearTimeout(this.#timer);
  }

  #start(): void {
    const commit = this.#next;
    this.#timer = undefined;
    if (commit === undefined || this.#running !== undefined) return;
    this.#next = undefined;
    this.#timer = setTimeout(() => this.#start(), INTERVAL_MS);
    this.#running = this.#run(commit);
  }

  async #run(commit: () => Promise<unknown>): Promise<void> {
    try {
      await commit();
    } catch (error) {
      this.#onFailure(error);
    } finally {
      this.#running = undefined;
      // Its time passed while it ran.
      if (this.#timer === undefined) this.#start();
    }
  }
}
