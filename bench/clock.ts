/** Milliseconds on a clock that all processes of a machine share and that never jumps. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Waits for so many milliseconds: for pacing, never for a fact. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Does `work` so many times, one every so many milliseconds, without waiting for what it does. */
export async function paced<T>(count: number, every: number, work: (i: number) => T): Promise<T[]> {
  const start = now();
  const done: T[] = [];
  for (let i = 0; i < count; i++) {
    const ahead = start + i * every - now();
    if (ahead > 0) await pause(ahead);
    done.push(work(i));
  }
  return done;
}
