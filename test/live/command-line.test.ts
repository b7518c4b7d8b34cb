import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { folderOf, startProcess } from '../support/gateway-process.js';
import { run } from '../support/run.js';
import { kafkaBrokers, redisUrl, uniqueName } from '../support/services.js';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const EVENTS = 150;
const WAIT = { timeout: 60_000 };

/** A port that is free now: a gateway that is restarted has the same address. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP.
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

it('D1 D3 D4 tail and publish lose and repeat nothing while the gateway and both commands are killed', async () => {
  const topic = uniqueName('command-line');
  await using folder = await folderOf({
    'schema/a.graphql': `
      type Query { ok: Boolean }
      type Mutation { say(n: Int!): Published! @publish(topic: "${topic}", type: "Said", key: "'k'") }
      type Subscription { said: Said! @subscribe(topic: "${topic}", key: "'k'") }
      type Said { n: Int! }`,
  });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const backends = { KAFKA_BROKERS: kafkaBrokers().join(','), REDIS_URL: redisUrl(), NAMESPACE: topic };
  const env = {
    ...backends,
    KAFKA_SESSION_TIMEOUT_MS: '6000',
    PORT: port,
    CURSOR_SECRET: 'a secret of sixteen',
    LOG_LEVEL: 'silent',
  };
  const start = () => startProcess(['start'], { cwd: folder.path, env });
  /** A command with `--state`, and the lines that it has printed so far. */
  const command = (...args: string[]) => {
    const child = spawn(process.execPath, [MAIN, ...args, '--url', url], {
      cwd: folder.path,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    return { child, lines, ended: once(child, 'close') };
  };
  const tail = () => command('tail', 'subscription { said { n } }', '--state', 'tail.state');
  const publish = () =>
    command(
      'publish',
      'mutation($n: Int!) { say(n: $n) { offset } }',
      '--input',
      'in',
      '--state',
      'publish.state',
    );
  const numbers = (lines: readonly string[]): number[] => lines.map((line) => JSON.parse(line).data.said.n);
  writeFileSync(`${folder.path}/in`, Array.from({ length: EVENTS }, (_, n) => `{"n":${n}}\n`).join(''));

  let node = await start();
  onTestFinished(() => node[Symbol.asyncDispose]());
  const tails = [tail()];
  const metric = async () => (await fetch(`${url}/metrics`)).text();
  await expect.poll(metric, WAIT).toMatch(/^millrace_live_subscriptions 1$/m);

  const first = publish();
  await expect.poll(() => tails[0]?.lines.length, WAIT).toBeGreaterThan(20);
  // The publisher dies in the middle of a mutation, and the reader in the middle of the stream.
  first.child.kill('SIGKILL');
  tails[0]?.child.kill('SIGKILL');
  await Promise.all([first.ended, tails[0]?.ended]);
  const second = publish();
  tails.push(tail());
  await expect.poll(() => tails[1]?.lines.length, WAIT).toBeGreaterThan(20);
  await node.kill('SIGKILL');
  node = await start();
  expect(await second.ended).toEqual([0, null]);
  await expect.poll(() => numbers(tails[1]?.lines ?? []).at(-1), WAIT).toBe(EVENTS - 1);
  tails[1]?.child.kill('SIGTERM');
  expect(await tails[1]?.ended).toEqual([null, 'SIGTERM']);

  const [before = [], after = []] = tails.map(({ lines }) => numbers(lines));
  // What the kill may repeat is the last line.
  if (after[0] === before.at(-1)) after.shift();
  expect([...before, ...after]).toEqual(Array.from({ length: EVENTS }, (_, n) => n));
  // After an orderly end not even that: there is nothing left.
  const args = ['tail', 'subscription { said { n } }', '--state', 'tail.state', '--count', '1', '--url', url];
  const last = run(process.execPath, [MAIN, ...args], { cwd: folder.path });
  await expect.poll(metric, WAIT).toMatch(/^millrace_live_subscriptions 1$/m);
  writeFileSync(`${folder.path}/more`, `{"n":${EVENTS}}\n`);
  const mutation = [
    'publish',
    'mutation($n: Int!) { say(n: $n) { offset } }',
    '--input',
    'more',
    '--url',
    url,
  ];
  expect(await run(process.execPath, [MAIN, ...mutation], { cwd: folder.path })).toMatchObject({ code: 0 });
  expect(numbers([(await last).stdout])).toEqual([EVENTS]);
}, 240_000);
