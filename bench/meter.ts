/** The CPU and memory usage of a process, read in the process itself on every system. */
export interface Usage {
  /** Milliseconds of CPU since its start, all threads, user and system. */
  readonly cpu: number;
  /** Bytes of resident memory. */
  readonly resident: number;
  /** Bytes of JavaScript objects, live or not yet collected. */
  readonly heap: number;
}

/** The API of every measured process, served by measured.ts. */
export interface Meter {
  usage(): Usage;
  /** The usage after a forced garbage collection. */
  collected(): Usage;
  startProfile(): Promise<void>;
  /** Writes the samples since `startProfile` to a file, as `node --cpu-prof` does. */
  stopProfile(file: string): Promise<void>;
}
