// Tries the client library as a new user would: a page of Vite and React in an empty folder, with the packed package, follows
// orders of the shop in a real Chromium, while the gateway is killed and started again.
// Usage: npm run try:client -- [folder for the screenshots]. Takes some minutes, and needs npm's registry.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'millrace-client';
import { chromium } from 'playwright-core';
import { WebSocket } from 'ws';
import { startChromium } from './services/chromium.mjs';
import { pageFiles } from './try-client/pages.mjs';

const ROOT = new URL('..', import.meta.url).pathname;
const IDS = Array.from({ length: 8 }, (_, index) => `order-${index + 1}`);
/** The gateway is killed while these are placed. */
const KILLED_AT = new Set([1, 3, 4, 6]);
const FRAMEWORKS = ['@apollo/client', 'rxjs', 'graphql', 'urql', 'react-relay', 'relay-runtime'];
const WAIT_MS = 90_000;
/** Is placed while the page is closed. */
const AWAY = 'order-away';
const screenshots = resolve(process.argv[2] ?? tmpdir());

const folder = await mkdtemp(join(tmpdir(), 'millrace-try-'));
const cleanups = [() => rm(folder, { recursive: true, force: true })];
try {
  await main();
} finally {
  for (const clean of cleanups.reverse()) await clean();
}

async function main() {
  const port = await freePort();
  const gateway = `http://127.0.0.1:${port}`;
  const page = await makePage(gateway);
  let shop = await startShop(port);
  cleanups.push(() => shop.kill());
  const vite = await startLines('npx', ['vite'], { cwd: page }, /http:\/\/127\.0\.0\.1:\d+/);
  cleanups.push(vite.kill);
  const browser = await startChromium();
  cleanups.push(() => browser.stop());
  const controlled = await chromium.connectOverCDP(browser.endpoint);
  const tab = await controlled.contexts()[0].newPage();
  const faults = [];
  tab.on('pageerror', (error) => faults.push(String(error)));
  await tab.goto(vite.found);
  const plain = await (await controlled.newContext()).newPage();
  plain.on('pageerror', (error) => faults.push(String(error)));
  await plain.goto(`${vite.found}/plain.html`);
  await until('the page is live', async () => (await tab.getByText('live:').count()) === IDS.length + 1);

  const sharing = await tab.evaluate(() => globalThis.sharing());
  if (sharing.join() !== 'worker,worker,worker') throw new Error(`No connection is shared: ${sharing}.`);

  const client = createClient({
    url: `${gateway}/graphql`,
    credentials: () => ({ authorization: 'Demo ada' }),
    webSocket: WebSocket,
  });
  cleanups.push(() => client.close());
  for (const [index, orderId] of IDS.entries()) {
    const placed = place(client, orderId);
    if (KILLED_AT.has(index)) {
      await pause(Math.random() * 200);
      await shop.kill();
      shop = await startShop(port);
    }
    console.log(`${orderId}: ${await placed}`);
  }

  const shown = () =>
    tab.$$eval('[data-order]', (cells) =>
      cells.map(({ dataset, textContent }) => ({ ...dataset, text: textContent.replace(/^\w+: /, '') })),
    );
  const plainText = async () =>
    (await plain.textContent('body')).replaceAll(', while you were away', '').trim();
  await untilSame('everything is on the pages', async () => {
    const log = await logOf(client, IDS);
    const cells = (await shown()).filter(({ order }) => order !== AWAY);
    const pairs = cells.map(({ order, by, text }) => [
      `${order} ${by}: ${text}`,
      `${order} ${by}: ${log[order].join(', ')}`,
    ]);
    return [...pairs, [await plainText(), log[IDS[0]].join(' ')]];
  });
  await tab.screenshot({ path: join(screenshots, 'orders.png'), fullPage: true });

  // What happened while nobody had the page open.
  await tab.goto('about:blank');
  console.log(`${AWAY}: ${await place(client, AWAY)}`);
  await tab.goto(vite.found);
  await untilSame('what happened while the page was closed is on it', async () => {
    const log = await logOf(client, [AWAY]);
    const cells = (await shown()).filter(({ order }) => order === AWAY);
    return cells.map(({ by, text }) => [`${by}: ${text}`, `${by}: ${log[AWAY].join(', ')}`]);
  });
  await tab.screenshot({ path: join(screenshots, 'orders-after-reload.png'), fullPage: true });
  await controlled.close();
  if (faults.length > 0) throw new Error(`The pages report errors:\n${faults.join('\n')}`);
  console.log(`Nothing is missing. Screenshots are in ${screenshots}.`);
}

/** The page of a new user. @returns its folder */
async function makePage(gateway) {
  await run('npm', ['pack', '--workspace', 'millrace-client', '--pack-destination', folder], ROOT);
  await run(
    'npm',
    ['create', '-y', 'vite@^9', 'page', '--', '--template', 'react', '--no-interactive'],
    folder,
  );
  const page = join(folder, 'page');
  await run(
    'npm',
    ['install', '--no-audit', '--no-fund', '../millrace-client-0.1.0.tgz', ...FRAMEWORKS],
    page,
  );
  for (const [name, text] of Object.entries(await pageFiles({ ids: [...IDS, AWAY], gateway })))
    await writeFile(join(page, name), text);
  await run('npx', ['vite', 'build'], page);
  return page;
}

/** The whole shop in one process, on the embedded log. */
function startShop(port) {
  const env = {
    ...process.env,
    PORT: String(port),
    DATA_DIR: join(folder, 'data'),
    CURSOR_SECRET: 'one secret for all starts',
  };
  return startLines(process.execPath, ['dist/cli/main.js', 'start'], { cwd: ROOT, env }, /^log .*/);
}

async function place(client, orderId) {
  const lines = [{ sku: 'flour-rye', quantity: 1 }];
  const document = 'mutation Place($input: PlaceOrder!) { placeOrder(input: $input) { __typename } }';
  try {
    const { placeOrder } = await client.mutate(document, { variables: { input: { orderId, lines } } });
    return placeOrder.__typename;
  } catch (error) {
    // The order continues, and its answer was lost with a gateway.
    if (error.code === 'OUTCOME_PENDING') return error.code;
    throw error;
  }
}

/** What the log has of orders, once they are shipped. */
async function logOf(client, ids) {
  const log = {};
  for (const id of ids) log[id] = await eventsOf(client, id);
  return log;
}

/** Its last event is OrderShipped. */
async function eventsOf(client, id) {
  const text =
    'subscription All($id: ID!, $since: DateTime) { orderEvents(orderId: $id, since: $since) { __typename } }';
  const events = [];
  const steps = client.subscribe(text, { variables: { id }, from: 'earliest' });
  steps.observe({ next: ({ data }) => events.push(data.orderEvents.__typename) });
  await until(`${id} is shipped`, () => events.at(-1) === 'OrderShipped');
  steps.stop();
  return events;
}

/** Starts a process, and waits for a line. `kill` ends it with SIGKILL, and all processes that it started. */
async function startLines(command, args, options, pattern) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  const ended = once(child, 'exit');
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  };
  const found = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: Vite colours its address.
      const match = pattern.exec(line.replace(/\x1b\[\d*m/g, ''));
      if (match !== null) resolve(match[0]);
    });
    ended.then(([code]) => reject(new Error(`${command} ${args.join(' ')} ended with ${code}.`)));
  });
  return { found, kill };
}

async function run(command, args, cwd) {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}.`);
}

/** @param pairs what is there, and what has to be */
async function untilSame(what, pairs) {
  let wrong = [];
  const isSame = async () => {
    wrong = (await pairs()).filter(([found, expected]) => found !== expected);
    return wrong.length === 0;
  };
  await until(what, isSame).catch((error) => {
    throw new Error(`${error.message}\n${JSON.stringify(wrong, undefined, 2)}`);
  });
}

async function until(what, isTrue) {
  const deadline = Date.now() + WAIT_MS;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`Not within ${WAIT_MS / 1_000} s: ${what}.`);
    await pause(100);
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
