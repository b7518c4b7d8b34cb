/** What a process has used. Read in the process itself, so it is the same on every system. */
export interface Usage {
  /** Milliseconds of CPU since its start, all threads, user and system. */
  readonly cpu: number;
  /** Bytes that are resident. */
  readonly resident: number;
  /** Bytes of JavaScript objects, live or not yet collected. */
  readonly heap: number;
}

/** Answered by every process whose cost is measured: see measured.ts. */
export interface Meter {
  usage(): Usage;
  /** Collects what nobody holds any more, and then measures. */
  collected(): Usage;
  startProfile(): Promise<void>;
  /** Writes what was sampled since `startProfile` to a file, as `node --cpu-prof` does. */
  stopProfile(file: string): Promise<void>;
}
