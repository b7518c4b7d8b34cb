// `npm run screenshots` starts the shop on the embedded log, fills it, and takes a picture of each page for docs/img. Look at
// them before you commit them.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import { openEmbeddedLog } from '../dist/adapters/embedded/log.js';
import { openEmbeddedStore } from '../dist/adapters/embedded/store.js';
import { onEarlyEnd } from './services/child.mjs';
import { startChromium } from './services/chromium.mjs';

const ROOT = join(import.meta.dirname, '..');
const OUT = join(ROOT, 'docs/img');
const LAPTOP = { width: 1_280, height: 800 };
const PHONE = { width: 375, height: 812 };
/** Charts need some figures, and a picture no animation. */
const SETTLE_MS = 6_000;

/** Of each picture: the page, and what it shows once it has its data. */
const PICTURES = [
  { name: 'overview', path: '/console/', shows: 'This gateway' },
  { name: 'map', path: '/console/map', shows: 'shop.orders' },
  { name: 'map-dark', path: '/console/map', shows: 'shop.orders', dark: true },
  { name: 'life', path: '/console/life?id=order-1', shows: 'OrderShipped' },
  { name: 'life-dark', path: '/console/life?id=order-1', shows: 'OrderShipped', dark: true },
  { name: 'life-phone', path: '/console/life?id=order-1', shows: 'OrderShipped', phone: true },
  { name: 'monitor', path: '/console/monitor', shows: 'Ready' },
  { name: 'monitor-dark', path: '/console/monitor', shows: 'Ready', dark: true },
  { name: 'monitor-phone', path: '/console/monitor', shows: 'Ready', phone: true },
  { name: 'events', path: '/console/events?topic=shop.orders', shows: 'OrderShipped' },
  { name: 'dead-letters', path: '/console/dead-letters', shows: 'shop.orders' },
  { name: 'graphiql', path: '/graphql', shows: 'FollowOrder' },
  { name: 'storefront', path: '/', shows: 'Sourdough' },
  { name: 'storefront-phone', path: '/', shows: 'Sourdough', phone: true },
  { name: 'merchant', path: '/merchant', click: /^staff/, shows: 'order-1' },
];

const ORDERS = [
  [
    'ada',
    [
      ['flour-rye', 2],
      ['basket', 1],
    ],
  ],
  ['ben', [['sourdough', 1]]],
  ['cleo', [['basket', 2]]],
  ['dora', [['flour-rye', 400]]],
  [
    'emil',
    [
      ['sourdough', 3],
      ['flour-rye', 1],
    ],
  ],
];
const PLACE = 'mutation ($input: PlaceOrder!) { placeOrder(input: $input) { __typename } }';
const FOLLOW = 'subscription { ordersPlaced { orderId } }';

const data = mkdtempSync(join(tmpdir(), 'millrace-pictures-'));
onEarlyEnd(() => rmSync(data, { recursive: true, force: true }));
mkdirSync(OUT, { recursive: true });
const wanted = process.argv.slice(2);
let gateway;
let browser;
try {
  [gateway, browser] = await Promise.all([start(), startChromium()]);
  const driver = await chromium.connectOverCDP(browser.endpoint);
  const follower = follow(gateway.url);
  for (const [index, [who, lines]] of ORDERS.entries())
    await place(gateway.url, `order-${index + 1}`, who, lines);
  for (const picture of PICTURES)
    if (wanted.length === 0 || wanted.includes(picture.name)) await take(driver, picture);
  follower.abort();
  await driver.close();
} finally {
  await browser?.stop();
  await gateway?.stop();
}

/** The gateway, with records in its log that are no events: they become dead letters. */
async function start() {
  const store = openEmbeddedStore({ dir: data });
  const log = openEmbeddedLog(store);
  const { signal } = new AbortController();
  await log.ensureTopics(
    [{ topic: 'shop.orders', partitions: 4, replicas: 1, config: {} }],
    { create: true },
    signal,
  );
  const broken = ['{"orderId": "order-9"', 'order-10;basket;2', '{"type":"OrderPlaced"}'];
  const records = broken.map((value, index) => ({
    topic: 'shop.orders',
    key: `order-${index + 9}`,
    headers: {},
    value: Buffer.from(value),
  }));
  await log.append(records, signal);
  await store[Symbol.asyncDispose]();
  return run();
}

async function run() {
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli/main.js'), 'start'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: data },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const forget = onEarlyEnd(() => child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let output = '';
  for await (const line of createInterface({ input: child.stdout })) {
    output += `${line}\n`;
    if (line.startsWith('log ')) break;
  }
  child.stdout.resume();
  const [url] = /http:\/\/[\w.:-]+/.exec(output) ?? [];
  if (url === undefined) throw new Error(`The gateway ended before it ran:\n${output}`);
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      forget();
    },
  };
}

async function place(url, orderId, who, lines) {
  const input = { orderId, lines: lines.map(([sku, quantity]) => ({ sku, quantity })) };
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Demo ${who}` },
    body: JSON.stringify({ query: PLACE, variables: { input } }),
  });
  const { errors } = await response.json();
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
}

/** Somebody to whom events are delivered, which the pages show. */
function follow(url) {
  const abort = new AbortController();
  const headers = { accept: 'text/event-stream', authorization: 'Demo staff' };
  fetch(`${url}/graphql?query=${encodeURIComponent(FOLLOW)}`, { headers, signal: abort.signal })
    .then((response) => response.text())
    .catch((error) => abort.signal.aborted || console.error(error.message));
  return abort;
}

async function take(driver, { name, path, click, shows, dark, phone }) {
  const context = await driver.newContext({
    viewport: phone ? PHONE : LAPTOP,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  await page.goto(`${gateway.url}${path}`);
  if (click !== undefined) await page.getByRole('button', { name: click }).click();
  await page.getByText(shows).filter({ visible: true }).first().waitFor();
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: join(OUT, `${name}.png`) });
  await context.close();
  console.log(`docs/img/${name}.png`);
}
