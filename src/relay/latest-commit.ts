/**
 * Commits the progress of one partition: one commit at a time, and only the newest.
 *
 * Two commits in flight may reach the log in either order, and the group's progress would go backwards. Race: commit 10
 * is sent, the coordinator moves, commit 20 is sent to the new coordinator, then commit 10 is retried there.
 */
export class LatestCommit {
  readonly #onFailure: (error: unknown) => void;
  /** The newest commit that is not in flight yet. */
  #next: (() => Promise<unknown>) | undefined;
  #running = false;

  /** @param onFailure called with the error of a failed commit; the next commit covers its offsets */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Starts `commit` once the one in flight has ended. Replaces the one that waits, if any. */
  push(commit: () => Promise<unknown>): void {
    this.#next = commit;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let commit = this.#takeNext(); commit !== undefined; commit = this.#takeNext()) {
      try {
        await commit();
      } catch (error) {
        this.#onFailure(error);
      }
    }
    this.#running = false;
  }

  #takeNext(): (() => Promise<unknown>) | undefined {
    const next = this.#next;
    this.#next = undefined;
    return next;
  }
}
