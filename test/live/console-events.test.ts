import { Kafka, logLevel } from 'kafkajs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestBrowser } from '../support/browser.js';
import { folderOf, type GatewayProcess, startProcess } from '../support/gateway-process.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';
import { WebPage } from '../support/web-page.js';

const MARKUP = '<img src=x onerror="window.hacked = true">';
const MANY = 100_000;
const WAIT = { timeout: 30_000, interval: 50 };

const schema = (topics: readonly string[]): string => `
  type Query { ok: Boolean }
  type Said { n: Int! text: String }
  type Subscription {
    ${topics.map((topic, i) => `said${i}: Said @subscribe(topic: "${topic}")`).join('\n')}
  }`;

const event = (n: number, text?: string) => ({
  key: `k-${n % 7}`,
  headers: { ce_specversion: '1.0', ce_id: `e-${n}`, ce_source: '/test', ce_type: 'Said' },
  value: JSON.stringify({ n, text }),
});

describe('the page of events on Kafka', () => {
  const [topic, large, foreign] = [uniqueName('said'), uniqueName('many'), uniqueName('foreign')];
  const kafka = new Kafka({ brokers: [...kafkaBrokers()], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1 });
  const plain = kafka.producer();
  let browser: TestBrowser;
  let gateway: GatewayProcess;
  let folder: Awaited<ReturnType<typeof folderOf>>;

  beforeAll(async () => {
    const admin = kafka.admin();
    await Promise.all([admin.connect(), producer.connect(), plain.connect()]);
    const numPartitions = 3;
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions }, { topic: large, numPartitions }, { topic: foreign }],
    });
    await admin.disconnect();
    for (let n = 0; n < MANY; n += 10_000)
      await plain.send({ topic: large, messages: Array.from({ length: 10_000 }, (_, i) => event(n + i)) });
    folder = await folderOf({ 'schema/a.graphql': schema([topic, large]) });
    [browser, gateway] = await Promise.all([
      TestBrowser.start(),
      startProcess(['start'], {
        cwd: folder.path,
        env: { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: topic },
      }),
    ]);
    // Chromium may have to be installed.
  }, 300_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await gateway?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
    await Promise.all([producer.disconnect(), plain.disconnect()]);
  });

  const open = (parameters: Readonly<Record<string, string>>) =>
    WebPage.open(browser.driver, gateway.url, `/console/events?${new URLSearchParams(parameters)}`);
  const shown = async (page: Page): Promise<string[]> =>
    (await page.getByRole('option').allTextContents()).map(
      (text) => /\{.*|no event.*|tombstone.*/.exec(text)?.[0] ?? text,
    );
  const said = (...numbers: number[]): string[] => numbers.map((n) => `{"n":${n}}`);
  const inTransaction = async (numbers: readonly number[], end: 'commit' | 'abort'): Promise<void> => {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: numbers.map((n) => ({ ...event(n), partition: 0 })) });
    await transaction[end]();
  };

  it('D2 D4 shows committed records as they arrive, and goes on after a pause without a missing or doubled one', async () => {
    await inTransaction([1, 2], 'commit');
    await inTransaction([666], 'abort');
    await using opened = await open({ topic });
    const { page } = opened;
    await expect.poll(() => shown(page), WAIT).toEqual(said(1, 2));
    await inTransaction([3], 'commit');
    await expect.poll(() => shown(page), WAIT).toEqual(said(1, 2, 3));
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused', { exact: true }).waitFor();
    await inTransaction([667], 'abort');
    await inTransaction([4, 5], 'commit');
    expect(await shown(page)).toEqual(said(1, 2, 3));
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect.poll(() => shown(page), WAIT).toEqual(said(1, 2, 3, 4, 5));
    await page.getByText('5 read · 5 matched').waitFor();
    expect(await opened.violations()).toEqual([]);
    expect(opened.faults).toEqual([]);
  });

  it('shows markup as text, bytes as digits, and says why a record is no event', async () => {
    const headers = { raw: Buffer.from([0xc8, 0x41]) };
    await plain.send({
      topic: foreign,
      messages: [
        {
          key: MARKUP,
          value: JSON.stringify({ markup: MARKUP, id: 1 }).replace(':1}', ':9007199254740993}'),
        },
        { key: null, value: Buffer.from([0xff, 0x00, 0x1f]), headers },
        { key: 'gone', value: null },
      ],
    });
    await using opened = await open({ topic: foreign });
    const { page } = opened;
    const [markup, id] = [JSON.stringify(MARKUP), 9007199254740993n];
    await expect
      .poll(() => shown(page), WAIT)
      .toEqual([
        `{"markup":${markup},"id":${id}}`,
        'no event3 bytes ff001f',
        'tombstone: the key was deleted',
      ]);
    await page.getByRole('option').first().click();
    const detail = page.getByRole('dialog');
    await detail.getByText(MARKUP).first().waitFor();
    await detail.getByText(String(id)).waitFor();
    await page.keyboard.press('Escape');
    await detail.waitFor({ state: 'detached' });
    // By keyboard: the list, down from its end, and Enter.
    await page.getByRole('listbox').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await detail.getByText('This record is no event:').waitFor();
    await detail.getByText('ff 00 1f').waitFor();
    await detail.getByText('c841 (in hexadecimal digits)').waitFor();
    expect(await opened.violations()).toEqual([]);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(opened.faults).toEqual([]);
  });

  it('says at the filter what is wrong with it, and keeps the reader’s state in the address', async () => {
    await using opened = await open({ topic });
    const { page } = opened;
    const filter = page.getByLabel('Filter', { exact: true });
    await filter.fill('event.m > 3');
    await page.getByText('Character 7: event has no field m. Its fields: n, text.').waitFor();
    await filter.fill('event.n > 3');
    await page.keyboard.press('Enter');
    await expect.poll(() => shown(page), WAIT).toEqual(said(4, 5));
    expect(new URL(page.url()).searchParams.get('filter')).toBe('event.n > 3');
    // The timeline, by keyboard: to its beginning.
    await page.getByRole('slider').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).searchParams.has('from'), WAIT).toBe(true);
    await expect.poll(() => shown(page), WAIT).toEqual(said(4, 5));
    expect(opened.faults).toEqual([]);
    await using linked = await open({ topic, filter: 'event.m > 3' });
    await linked.page.getByText('The filter has an error, so nothing is read.').waitFor();
    await linked.page.getByText('Stopped by an error').waitFor();
    expect(linked.faults).toEqual([]);
  });

  it('says that a topic does not exist', async () => {
    await using opened = await open({ topic: 'never.created' });
    await opened.page.getByText('The log has no topic never.created. Choose another one.').waitFor();
    expect(opened.faults).toEqual([]);
  });

  it(`C4 filters ${MANY.toLocaleString('en')} records, and goes back in them, with a bounded page`, async () => {
    await using opened = await open({
      topic: large,
      from: '2020-01-01T00:00:00Z',
      filter: 'event.n % 10000 == 1',
    });
    const { page } = opened;
    await page.getByText(`${MANY.toLocaleString('en')} read · 10 matched`).waitFor();
    expect((await shown(page)).sort()).toEqual(
      said(...Array.from({ length: 10 }, (_, i) => i * 10_000 + 1)).sort(),
    );
    await using newest = await open({ topic: large });
    const list = newest.page.getByRole('listbox');
    await newest.page.getByText('200 in the table').waitFor();
    await list.hover();
    await newest.page.mouse.wheel(0, -20_000);
    await newest.page.getByText('700 in the table').waitFor();
    // Only what is in view is in the page.
    expect(await newest.page.getByRole('option').count()).toBeLessThan(100);
    expect([...opened.faults, ...newest.faults]).toEqual([]);
  });
});
