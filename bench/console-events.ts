import { type Browser, chromium, type Page } from 'playwright-core';
import { startChromium } from '../scripts/services/chromium.mjs';
import { pause } from './clock.js';
import { type Row, rowOf } from './row.js';
import { SAID, type Services, Stage, topicName } from './stage.js';

const ROUNDS = 3;
const FULL = 1_000_000;
const SMALL = 1_000;
const BATCH = 10_000;
/** Of the events, how many the filter shows: more than the page holds. */
const MATCHING_EVERY = 100;
const WAIT_MS = 300_000;
const MIB = 1024 * 1024;

/**
 * The console's page of events over a topic with a million events and over a small one, in Chromium. Measures how long the page
 * takes from navigation to its newest rows, its heap then, and its heap when it has filtered the whole topic and holds as many
 * rows as it may.
 */
export async function consoleEvents(services: Services, scale: number): Promise<readonly Row[]> {
  const count = Math.max(100_000, Math.round((FULL * scale) / BATCH) * BATCH);
  const [large, small] = [topicName(), topicName()];
  await using stage = await Stage.open(services, SAID(large));
  await stage.createTopic(large);
  await stage.createTopic(small);
  await fill(stage, large, count);
  await fill(stage, small, SMALL);
  // No relay: the page reads the log.
  const gateway = await stage.processes.run('gateway');
  const running = await startChromium();
  const driver = await chromium.connectOverCDP(running.endpoint);
  try {
    const open = (parameters: Readonly<Record<string, string>>) =>
      opened(driver, `${gateway.url}/console/events?${new URLSearchParams(parameters)}`);
    // Its files are in the browser's cache from then on, as they are in a reader's.
    await (await open({ topic: small })).page.close();
    const [openLarge, openSmall, heapOpen, heapFull, filtered]: number[][] = [[], [], [], [], []];
    for (let round = 0; round < ROUNDS; round++) {
      const ofSmall = await open({ topic: small });
      openSmall?.push(ofSmall.ms);
      await ofSmall.page.close();
      const { page, ms } = await open({ topic: large });
      openLarge?.push(ms);
      heapOpen?.push(await heapMiB(page));
      await page.close();
      const filter = `event.n % ${MATCHING_EVERY} == 0`;
      const start = performance.now();
      const whole = await open({ topic: large, from: '2020-01-01T00:00:00Z', filter });
      await readAll(whole.page, count);
      filtered?.push(count / ((performance.now() - start) / 1_000));
      heapFull?.push(await heapMiB(whole.page));
      await whole.page.close();
    }
    return [
      rowOf('open', 'ms', openLarge ?? [], { small: openSmall ?? [] }, [
        { of: 'value', atMost: 2_000 },
        { of: 'small', atMost: 1.5 },
      ]),
      rowOf('heap open', 'MiB', heapOpen ?? [], {}, [{ of: 'value', atMost: 200 }]),
      rowOf('heap full', 'MiB', heapFull ?? [], {}, [{ of: 'value', atMost: 200 }]),
      rowOf('filtered', 'records/s', filtered ?? []),
    ];
  } finally {
    await driver.close();
    await running.stop();
  }
}

async function fill(stage: Stage, topic: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from);
    await stage.append(
      topic,
      Array.from({ length: size }, (_, i) => {
        const n = from + i;
        const headers = { ce_specversion: '1.0', ce_id: `e-${n}`, ce_source: '/bench', ce_type: 'Said' };
        return {
          key: `room-${n % 50}`,
          headers,
          value: JSON.stringify({ n, room: `room-${n % 50}`, at: 0, text: 'said' }),
        };
      }),
    );
  }
}

async function opened(driver: Browser, url: string): Promise<{ readonly page: Page; readonly ms: number }> {
  const page = await driver.contexts()[0]?.newPage();
  if (page === undefined) throw new Error('The browser has no context');
  page.setDefaultTimeout(WAIT_MS);
  const start = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.getByRole('option').first().waitFor();
  return { page, ms: performance.now() - start };
}

/** Lets the page go on until it has read every record. */
async function readAll(page: Page, count: number): Promise<void> {
  const all = `${count.toLocaleString('en')} read`;
  while ((await page.getByText(all).count()) === 0) {
    const goOn = page.getByRole('button', { name: 'Go on from here' });
    if (await goOn.isVisible()) await goOn.click();
    await pause(50);
  }
}

async function heapMiB(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / MIB;
}
