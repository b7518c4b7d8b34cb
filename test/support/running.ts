import { expect } from 'vitest';

/** Waits until the node has so many active subscriptions: D2 holds from then on. */
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
