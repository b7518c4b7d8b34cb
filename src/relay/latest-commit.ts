/**
 * Commits the progress of one partition, one commit at a time and only the newest. Two at once may reach the
 * log in either order, as when its coordinator is away and both are repeated, and the progress would go back.
 */
export class LatestCommit {
  readonly #onFailure: (error: unknown) => void;
  #next: (() => Promise<unknown>) | undefined;
  #running = false;

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Takes the place of one that waits; the one under way comes first. */
  push(commit: () => Promise<unknown>): void {
    this.#next = commit;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    for (let commit = this.#take(); commit !== undefined; commit = this.#take()) {
      try {
        await commit();
      } catch (error) {
        this.#onFailure(error);
      }
    }
    this.#running = false;
  }

  #take(): (() => Promise<unknown>) | undefined {
    const next = this.#next;
    this.#next = undefined;
    return next;
  }
}
