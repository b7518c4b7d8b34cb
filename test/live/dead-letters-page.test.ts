import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbeddedLog } from '../../src/adapters/embedded/log.js';
import { openEmbeddedStore } from '../../src/adapters/embedded/store.js';
import { offset, partition, topic } from '../../src/core/ids.js';
import { TestBrowser } from '../support/browser.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { PHONE, WebPage } from '../support/web-page.js';

const MARKUP = '<img src=x onerror=window.hacked=true>';
const SCHEMA = `
  type Query { ok: Boolean }
  type Subscription { said: Said! @subscribe(topic: "said") }
  type Said { text: String!, n: Int! }
`;
const signal = AbortSignal.timeout(120_000);
const headers = {
  ce_specversion: '1.0',
  ce_id: 'i',
  ce_source: '/t',
  ce_type: 'Said',
  'content-type': 'application/json',
};

/** Runs `work` on the embedded log of a folder. */
async function withLog<T>(
  dir: string,
  work: (log: ReturnType<typeof openEmbeddedLog>) => Promise<T>,
): Promise<T> {
  await using store = openEmbeddedStore({ dir });
  await using log = openEmbeddedLog(store);
  return await work(log);
}

describe('the page of dead letters in Chromium', { timeout: 120_000 }, () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
    // Chromium may have to be installed.
  }, 300_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
  });

  it('D10 shows what failed and why, tries it, corrects one, puts it back once, and is accessible with markup and bytes in the data', async () => {
    await using folder = await folderOf({ 'schema/a.graphql': SCHEMA });
    const dir = `${folder.path}/data`;
    const name = topic('said');
    await withLog(dir, async (log) => {
      const spec = { partitions: 1, replicas: 1, config: {} };
      await log.ensureTopics([{ topic: name, ...spec }], { create: true }, signal);
      const values = [`{"text":"${MARKUP}","n":`, '{"text":"b","n":', '{"text":"c","n":'];
      const texts = values.map((value) => ({ topic: name, key: 'k', headers, value: Buffer.from(value) }));
      await log.append([...texts, { topic: name, key: 'k', headers, value: Buffer.from([0, 255]) }], signal);
    });
    {
      await using gateway = await startProcess(['start'], { cwd: folder.path, env: { DATA_DIR: dir } });
      await using opened = await WebPage.open(browser.driver, gateway.url, '/console/dead-letters');
      const { page } = opened;
      const group = page.getByRole('button', { name: 'the value is not JSON' });
      await group.click();
      await page.getByRole('button', { name: 'Dry run' }).click();
      await page.getByTestId('dry-run').getByText('0 of 3 would go through; 3 would fail again.').waitFor();
      const violations: string[] = [...(await opened.violations())];

      await page.getByRole('button', { name: 'said/0@0' }).click();
      await page.getByRole('dialog').getByText('It would fail again').waitFor();
      await page.getByRole('dialog').getByText(MARKUP).first().waitFor();
      await page.getByRole('button', { name: 'Edit a copy' }).click();
      const value = page.getByRole('textbox', { name: 'Value' });
      await value.fill('{"text":"a","n":"x"}');
      await page.getByRole('button', { name: 'Put the copy back' }).click();
      await page.getByTestId('edit-test').getByText('n is not Int').waitFor();
      await value.fill('{"text":"a","n":7}');
      await page.getByRole('button', { name: 'Test the copy' }).click();
      await page.getByTestId('edit-test').getByText('The copy can be put back').waitFor();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        violations.push(...(await opened.violations()).map((one) => `${colorScheme}: ${one}`));
      }
      await page.getByRole('button', { name: 'Put the copy back' }).click();
      await page.getByText('1 record put back.').waitFor();
      await page.getByTestId('run').getByRole('button', { name: 'Close' }).click();
      await page.getByText('An edited copy was put back').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });

      await page.getByRole('checkbox', { name: 'Select said/0@1' }).check();
      await page.getByRole('button', { name: 'Put back 1 record…' }).click();
      await page.getByText('exactly once').waitFor();
      await page.getByRole('button', { name: 'Put back', exact: true }).click();
      await page.getByText('1 record put back.').waitFor();
      await page.getByRole('button', { name: 'Close', exact: true }).last().click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      // The record failed again in the relay, and is one more of the group.
      await page.getByText('2 back', { exact: true }).waitFor();

      await page.setViewportSize(PHONE);
      violations.push(...(await opened.violations()).map((one) => `on a phone: ${one}`));
      expect(violations).toEqual([]);
      expect(await opened.scrollsSideways()).toBe(false);
      await page.goto(`${gateway.url}/console/dead-letters?letter=said.dlt/0@999`);
      await page.getByText('The log has no dead letter said.dlt/0@999').waitFor();
      expect(await page.evaluate('window.hacked')).toBeUndefined();
      expect(opened.faults).toEqual([]);
    }
    const values = await withLog(dir, async (log) => {
      const found: string[] = [];
      const range = { topic: name, partition: partition(0), from: offset(4) };
      for await (const { records } of log.read(range, signal))
        found.push(...records.map((one) => String(one.value)));
      return found;
    });
    expect(values).toEqual(['{"text":"a","n":7}', '{"text":"b","n":']);
  });
});
