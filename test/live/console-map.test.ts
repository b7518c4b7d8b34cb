import { readFile } from 'node:fs/promises';
import { type FieldDefinitionNode, Kind, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestBrowser } from '../support/browser.js';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { PHONE, WebPage } from '../support/web-page.js';

const ROOT = new URL('../..', import.meta.url).pathname;

/** The fields of the shop's schema that have one of the directives, as the map names them. */
async function boundFields(): Promise<readonly string[]> {
  const { definitions } = parse(await readFile(`${ROOT}/schema/shop.graphql`, 'utf8'));
  const has = ({ directives = [] }: FieldDefinitionNode, name: string): boolean =>
    directives.some((directive) => directive.name.value === name);
  return definitions.flatMap((type) => {
    if (type.kind !== Kind.OBJECT_TYPE_DEFINITION && type.kind !== Kind.OBJECT_TYPE_EXTENSION) return [];
    const bound = { Mutation: 'publish', Subscription: 'subscribe', Query: 'view' }[type.name.value];
    if (bound === undefined) return [];
    return (type.fields ?? [])
      .filter((field) => has(field, bound))
      .map((field) => `${type.name.value} ${field.name.value}`);
  });
}

const LINES = 60;
/** As many lines of a mutation, a topic, its dead letters, a service and a subscription. */
const LARGE = {
  'schema/large.graphql': `
    type Query { ok: Boolean }
    type Mutation { ${perLine((i) => `do${i}(id: ID!): Published! @publish(topic: "t${i}", type: "Done${i}", key: "args.id")`)} }
    type Subscription { ${perLine((i) => `on${i}: Done${i}! @subscribe(topic: "t${i}")`)} }
    ${perLine((i) => `type Done${i} { id: ID! }`)}
  `,
  'millrace.config.mjs': `
    const handle = () => ({ events: [] });
    export default {
      services: Array.from({ length: ${LINES} }, (_, i) => ({ name: 's' + i, topics: ['t' + i], handle })),
    };
  `,
};
function perLine(of: (i: number) => string): string {
  return Array.from({ length: LINES }, (_, i) => of(i)).join('\n');
}

describe('the map in Chromium', () => {
  let browser: TestBrowser;
  beforeAll(async () => {
    browser = await TestBrowser.start();
    // Chromium may have to be installed.
  }, 300_000);
  afterAll(() => browser?.[Symbol.asyncDispose]());

  it('has every @publish, @subscribe and @view of the schema, and each leads to its details by keyboard', async () => {
    await using data = await folderOf({});
    await using gateway = await startProcess(['start'], { cwd: ROOT, env: { DATA_DIR: data.path } });
    await using opened = await WebPage.open(browser.driver, gateway.url, '/console/map?hide=');
    const { page } = opened;
    const parts = page.locator('.react-flow__node');
    await parts.first().waitFor();
    const labels = await parts.evaluateAll((nodes) => nodes.map((node) => node.getAttribute('aria-label')));
    const expected = await boundFields();
    expect(expected.length).toBeGreaterThan(10);
    expect(labels).toEqual(expect.arrayContaining([...expected]));
    expect(labels).toEqual(
      expect.arrayContaining(['Topic shop.orders', 'Dead letters shop.orders.dlt', 'Service payment']),
    );
    await page.getByLabel('Mutation changePrice', { exact: true }).focus();
    await page.keyboard.press('Enter');
    const details = page.getByRole('dialog');
    await details.getByText('changePrice(').waitFor();
    await details.getByRole('button', { name: 'shop.products', exact: true }).first().click();
    await details.getByText('There is none yet.').waitFor();
    await details.getByText('Partitions').waitFor();
    expect(new URL(page.url()).searchParams.get('node')).toBe('topic:shop.products');
    await page.setViewportSize(PHONE);
    await expect.poll(() => opened.scrollsSideways()).toBe(false);
    // The address is all that a colleague needs.
    await page.reload();
    await details.getByText('There is none yet.').waitFor();
    expect(await opened.violations()).toEqual([]);
    expect(opened.faults).toEqual([]);
  });

  it('stays clear with 300 parts: it begins around one, finds each by name, and draws and lists all', async () => {
    await using folder = await folderOf(LARGE);
    await using data = await folderOf({});
    await using gateway = await startProcess(['start'], {
      cwd: folder.path,
      env: { DATA_DIR: data.path, TOPIC_PARTITIONS: '1' },
    });
    await using opened = await WebPage.open(browser.driver, gateway.url, '/console/map?hide=');
    const { page } = opened;
    await page.getByText('5 of 300 parts are shown.').waitFor();
    await page.getByRole('combobox', { name: 'Find a part' }).fill('on42');
    await page.getByRole('option', { name: 'on42 (Subscription)' }).click();
    await page.getByLabel('Topic t42', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Close the details' }).click();
    await page.getByRole('switch').click();
    await page.getByText('parts are shown').waitFor({ state: 'detached' });
    await page.locator('.react-flow__node').first().waitFor();
    await page.getByText('List', { exact: true }).click();
    await expect.poll(() => page.getByRole('row').count()).toBe(1 + 5 * LINES);
    expect(opened.faults).toEqual([]);
  });
});
