import { pause } from './clock.js';

/** The value of a gateway's metric without labels; 0 if it has none yet. */
export async function metricOf(url: string, name: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? 0);
}

/** Polls until `condition` holds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(20);
}

/** Waits until `count` subscriptions are live on the gateways together. */
export function untilLive(urls: readonly string[], count: number): Promise<void> {
  return until(async () => {
    let live = 0;
    for (const url of urls) live += await metricOf(url, 'millrace_live_subscriptions');
    return live >= count;
  });
}
