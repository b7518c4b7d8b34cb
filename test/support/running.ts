import { expect } from 'vitest';

/** D2 speaks of subscriptions that were handled: waits until the node says that so many run and follow. */
export async function runningSubscriptions(url: string, count: number): Promise<void> {
  await expect
    .poll(
      async () => {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        return Number(/^millrace_live_subscriptions (\S+)$/m.exec(metrics)?.[1] ?? -1);
      },
      { timeout: 60_000, interval: 100 },
    )
    .toBeGreaterThanOrEqual(count);
}
