import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient, type FormattedExecutionResult, type Sink } from 'graphql-ws';
import { WebSocket } from 'ws';
import { followOrders } from '../../clients/recipes/event-source.mjs';
import type { resuming } from '../../clients/ts/src/resuming.js';
import type { TestBrowser } from './browser.js';

const ORDERS = 'subscription { ordersPlaced { orderId } }';

interface Orders {
  readonly ordersPlaced: { readonly orderId: string };
}

/** A client that follows the orders, in this process or another. */
export interface Follower {
  readonly name: string;
  /** The numbers of the orders that it was given, in their order. */
  readonly seen: number[];
  /** Whether it was told where it starts. */
  hasStarted: boolean;
  /** How it ended by itself. */
  endedBy: string | undefined;
  stop(): void;
}

/** A recipe as a process, which prints `started` and `order <number>`. */
export function programmed(
  name: string,
  [command, ...args]: readonly [string, ...string[]],
  url: string,
): Follower {
  const child: ChildProcess = spawn(command, [...args, url], { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => void child.kill('SIGKILL');
  const follower: Follower = { name, seen: [], hasStarted: false, endedBy: undefined, stop };
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors = (errors + chunk).slice(-4_000);
  });
  if (child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, order] = /^order (\d+)/.exec(line) ?? [];
      if (order !== undefined) follower.seen.push(Number(order));
      follower.hasStarted ||= line === 'started';
    });
  void once(child, 'close').then(([code]) => {
    follower.endedBy = `${String(code)}: ${errors}`;
  });
  return follower;
}

/** The client of graphql-ws, with the options of docs/clients.md. */
export function inProcess(name: string, url: string, wrapped: typeof resuming): Follower {
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    shouldRetry: () => true,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: () => pause(250),
    on: { message: ({ type }) => void (type === 'next' && started()) },
  });
  const stop = () => void client.dispose();
  const follower: Follower = { name, seen: [], hasStarted: false, endedBy: undefined, stop };
  const started = () => {
    follower.hasStarted = true;
  };
  const sink: Sink<FormattedExecutionResult<Orders, unknown>> = {
    next: ({ data }) => void (data && follower.seen.push(Number.parseInt(data.ordersPlaced.orderId, 10))),
    error: (error) => {
      follower.endedBy = JSON.stringify(error);
    },
    complete: () => undefined,
  };
  wrapped(client).subscribe<Orders>({ query: ORDERS }, sink);
  return follower;
}

/** The recipe for an EventSource, with npm's. */
export function eventSource(url: string): Follower {
  const stop = followOrders(url.replace('ws:', 'http:'), {
    show: ({ data }) => {
      if (data === null) follower.hasStarted = true;
      else follower.seen.push(Number.parseInt(data.ordersPlaced.orderId, 10));
    },
    failed: ({ extensions }) => {
      follower.endedBy = extensions.code;
    },
  });
  const follower: Follower = {
    name: 'EventSource',
    seen: [],
    hasStarted: false,
    endedBy: undefined,
    stop,
  };
  return follower;
}

/** A browser's own EventSource, as the recipe uses it, on a page of the gateway. */
export async function inBrowser({ driver }: TestBrowser, url: string): Promise<Follower> {
  const [context] = driver.contexts();
  if (context === undefined) throw new Error('The browser has no context.');
  const page = await context.newPage();
  const follower: Follower = {
    name: "a browser's EventSource",
    seen: [],
    hasStarted: false,
    endedBy: undefined,
    stop: () => void page.close(),
  };
  await page.exposeFunction('report', ({ data, errors }: FormattedExecutionResult<Orders>) => {
    if (data) follower.seen.push(Number.parseInt(data.ordersPlaced.orderId, 10));
    else if (errors) follower.endedBy = JSON.stringify(errors);
    else follower.hasStarted = true;
  });
  await page.goto(`${url.replace('ws:', 'http:')}`, { waitUntil: 'domcontentloaded' });
  const recipe = await readFile(new URL('../../clients/recipes/event-source.mjs', import.meta.url), 'utf8');
  await page.evaluate(`{
    ${recipe.replace('export function', 'function')}
    followOrders('/graphql', { show: report, failed: (error) => report({ errors: [error] }) });
  }`);
  return follower;
}
