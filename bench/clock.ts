/** Milliseconds on the monotonic clock, which all processes of a machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Waits for pacing, or between two polls. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts `work` `count` times, every `intervalMs` milliseconds, without waiting for its results. */
export async function paced<T>(count: number, intervalMs: number, work: (i: number) => T): Promise<T[]> {
  const start = now();
  const done: T[] = [];
  for (let i = 0; i < count; i++) {
    const ahead = start + i * intervalMs - now();
    if (ahead > 0) await pause(ahead);
    done.push(work(i));
  }
  return done;
}
