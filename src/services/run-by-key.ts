/**
 * Runs jobs concurrently, up to `concurrency` keys at a time. Jobs of one key run one after the other, in
 * order, so that an event never overtakes an earlier event of its key.
 *
 * After a failure no further job starts. Jobs that have started are awaited first: a handler that is still
 * running must not overlap with the retry of its batch.
 * @throws a failure, the first one in the order of the workers
 */
export async function runByKey<Job>(
  jobs: readonly Job[],
  keyOf: (job: Job) => string | null,
  concurrency: number,
  run: (job: Job) => Promise<void>,
): Promise<void> {
  const lanes = new Map<string | null, Job[]>();
  for (const job of jobs) {
    const key = keyOf(job);
    const lane = lanes.get(key);
    if (lane === undefined) lanes.set(key, [job]);
    else lane.push(job);
  }
  // All workers take their next lane from this one iterator.
  const queue = lanes.values();
  let failed = false;
  const work = async (): Promise<void> => {
    for (const lane of queue) {
      for (const job of lane) {
        if (failed) return;
        await run(job).catch((error: unknown) => {
          failed = true;
          throw error;
        });
      }
    }
  };
  const workers = Array.from({ length: Math.min(concurrency, lanes.size) }, work);
  for (const end of await Promise.allSettled(workers)) if (end.status === 'rejected') throw end.reason;
}
