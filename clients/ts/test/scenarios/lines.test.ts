import { createServer } from 'node:net';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CASE_TIMEOUT } from '../../../../test/faults/support/ceiling.js';
import { TcpProxy } from '../../../../test/faults/support/proxy.js';
import type { GatewayProcess } from '../../../../test/support/gateway-process.js';
import { ClientRecorder } from './client-recorder.js';
import { freePort, JWT_SECRET, Scenario, ScenarioWorld } from './scenario-world.js';

const HOUR_MS = 3_600_000;
const TOKEN_SECONDS = 2;
/** The client gives an attempt 20 s. */
const DIALLED = { timeout: 40_000, interval: 10 };

/** What happens to gateways, to the lines between them and the client, and to its machine. Cases run at the same time. */
describe.concurrent('the client and its lines', { timeout: CASE_TIMEOUT }, () => {
  let world: ScenarioWorld;
  let other: GatewayProcess;
  let otherPort: string;
  beforeAll(async () => {
    otherPort = await freePort();
    world = await ScenarioWorld.open();
    other = await world.faults.gateway({ PORT: otherPort });
    // Short waits before retries: the jitter is full.
    const random = Math.random;
    vi.spyOn(Math, 'random').mockImplementation(() => random() / 10);
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await world?.[Symbol.asyncDispose]();
  });

  it('D3 D4 a client whose gateway is killed mid-stream, or which reaches another gateway when it reconnects, is shown each event once', async () => {
    await using proxy = await TcpProxy.open({ target: world.home.url });
    await using scenario = new Scenario(world, 'killed');
    await scenario.clients(other.url);
    await scenario.clients(`http://${proxy.address}`);
    scenario.publish();
    await scenario.grows(20);
    proxy.target = new URL(other.url).host;
    proxy.cut();
    await scenario.grows(20);
    await other.kill('SIGKILL');
    proxy.target = new URL(world.home.url).host;
    await scenario.grows(40);
    await world.faults.gateway({ PORT: otherPort });
    await scenario.connected(2);
    await scenario.grows(20);
    await scenario.end();
  });

  it('D3 D4 a client whose connection is cut repeatedly, in the middle of frames, is shown each event once', async () => {
    await using proxy = await TcpProxy.open({ target: world.home.url });
    tear(proxy, 4_000);
    await using scenario = new Scenario(world, 'torn');
    await scenario.clients(`http://${proxy.address}`);
    scenario.publish();
    await scenario.connected(5);
    proxy.judge = () => 'pass';
    proxy.cut();
    await scenario.end();
  });

  it('D3 a client on a slow network that delivers fragments is shown each event once, and keeps its connection', async () => {
    await using proxy = await TcpProxy.open({ target: world.home.url });
    proxy.slice = 61;
    proxy.delay = ({ connection }) => 50 + ((connection * 97) % 200);
    await using scenario = new Scenario(world, 'slow');
    await scenario.clients(`http://${proxy.address}`);
    scenario.publish();
    await scenario.grows(100);
    await scenario.end();
    expect(scenario.recorders.map(({ connections }) => connections)).toEqual([1, 1]);
  });

  it('D4 a client whose connection dies silently while its clock is set back an hour notices it, and is shown each event once', async () => {
    await using proxy = await TcpProxy.open({ target: world.home.url });
    proxy.judge = withQuickHeartbeats;
    await using scenario = new Scenario(world, 'dead');
    // Over SSE a client waits for 30 s, which event-stream-link.test.ts does with a clock of its own.
    await scenario.client(`http://${proxy.address}`, { over: 'websocket' });
    const far = await scenario.farClient(`http://${proxy.address}`, 'websocket', [-HOUR_MS]);
    scenario.publish();
    await scenario.grows(20);
    proxy.blackHole();
    // Behind the last message: each message sets the watchdog.
    await far.setClock();
    await scenario.grows(20);
    proxy.pass();
    await scenario.connected(2);
    await scenario.end();
  });

  it('D4 a client whose process sleeps while its connection is cut, and more events pass than a window holds, is shown each event once', async () => {
    await using proxy = await TcpProxy.open({ target: world.home.url });
    await using scenario = new Scenario(world, 'asleep');
    for (const over of ['websocket', 'sse'] as const)
      await scenario.farClient(`http://${proxy.address}`, over);
    scenario.publish();
    await scenario.grows(20);
    for (const recorder of scenario.recorders) if ('child' in recorder) recorder.child.kill('SIGSTOP');
    await scenario.grows(50);
    proxy.cut();
    await scenario.grows(150);
    for (const recorder of scenario.recorders) if ('child' in recorder) recorder.child.kill('SIGCONT');
    await scenario.connected(2);
    await scenario.end();
  });

  it('D4 S2 a client whose tokens expire, and which has none for a while, is shown each event once', async () => {
    await using scenario = new Scenario(world, 'token');
    let isLocked = false;
    const credentials = async (): Promise<string> => (isLocked ? 'not a token' : tokenOf('ada'));
    await scenario.clients(world.home.url, { credentials });
    scenario.publish();
    await scenario.connected(2);
    isLocked = true;
    await scenario.until(
      () => scenario.recorders.every(({ states }) => states.includes('needs-auth')),
      'a client does not need credentials',
    );
    await scenario.grows(20);
    isLocked = false;
    await scenario.connected(3);
    await scenario.end();
  });

  it('D4 a client whose server accepts connections and answers nothing says so, and is shown each event once by another', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined).resume());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    await using proxy = await TcpProxy.open({
      target: `127.0.0.1:${(mute.address() as { port: number }).port}`,
    });
    await using scenario = new Scenario(world, 'mute');
    for (const over of ['websocket', 'sse'] as const)
      scenario.recorders.push(new ClientRecorder(`http://${proxy.address}`, scenario.name, { over }));
    await vi.waitFor(() => {
      for (const recorder of scenario.recorders)
        expect('client' in recorder && recorder.client.state).toMatchObject({
          state: 'waiting',
          because: 'no answer within 20 s',
        });
    }, DIALLED);
    proxy.target = new URL(world.home.url).host;
    for (const recorder of scenario.recorders) await recorder.started();
    mute.close();
    scenario.publish();
    await scenario.grows(20);
    await scenario.end();
  });
});

/** Delivers small slices, and cuts each connection in the middle of a chunk once so many bytes came down. */
function tear(proxy: TcpProxy, bytes: number): void {
  proxy.slice = 97;
  const given = new Map<number, number>();
  proxy.judge = (chunk, { direction, connection }) => {
    if (direction === 'up') return 'pass';
    const before = given.get(connection) ?? 0;
    given.set(connection, before + chunk.length);
    if (before > bytes) return 'cut';
    return before + chunk.length > bytes ? { instead: chunk.subarray(0, chunk.length / 2) } : 'pass';
  };
}

/** The gateway promises a heartbeat every second instead of every twelve: a client waits less long for one. */
const withQuickHeartbeats: TcpProxy['judge'] = (chunk, { direction }) => {
  const text = chunk.toString('latin1');
  if (direction === 'up' || !text.includes('"heartbeatMs":12000')) return 'pass';
  // As many bytes, so that the frame keeps its length.
  return { instead: Buffer.from(text.replace('"heartbeatMs":12000', '"heartbeatMs": 1000'), 'latin1') };
};

function tokenOf(subject: string): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(subject)
    .setExpirationTime(`${TOKEN_SECONDS}s`)
    .sign(Buffer.from(JWT_SECRET));
}
