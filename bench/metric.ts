/** What the gateway says of one of its metrics; 0 when it has not counted anything yet. */
export async function metricOf(url: string, name: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1] ?? 0);
}

/** Looks at it until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Waits until the gateways say that so many subscriptions are live, together. */
export function untilLive(urls: readonly string[], count: number): Promise<void> {
  return until(async () => {
    let live = 0;
    for (const url of urls) live += await metricOf(url, 'millrace_live_subscriptions');
    return live >= count;
  });
}
