import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import {
  type Client,
  type ClientError,
  type ClientOptions,
  createClient,
  type Steps,
} from '../../clients/ts/src/index.js';
import type { Authenticate } from '../../src/auth/authenticate.js';
import { MillraceError } from '../../src/core/errors.js';
import { serveGateway } from '../transport/gateway.js';
import { WAIT } from '../transport/serve.js';

interface Said {
  readonly upTo: { readonly n: number };
}

/** `authorization: <sub> <most> <expiry in milliseconds since 1970, or never>` */
const authenticate: Authenticate = async ({ headers, connectionParams }) => {
  const given = connectionParams?.['authorization'] ?? headers['authorization'];
  const [sub, most, expiry] = String(given).split(' ');
  if (sub === 'nobody') throw new MillraceError('UNAUTHENTICATED', 'Nobody.');
  return { claims: { sub, most }, expiresAt: expiry === 'never' ? undefined : Number(expiry) };
};

const inMs = (milliseconds: number): number => Date.now() + milliseconds;

async function open(credentials: () => string, options: Partial<ClientOptions> = {}) {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const served = await serveGateway({}, { positionIntervalMs: 20, authenticate });
  const sockets: string[] = [];
  const problems: ClientError[] = [];
  const client = createClient({
    url: served.server.url,
    webSocket: class extends WebSocket {
      constructor(url: string, protocols?: string | string[]) {
        super(url, protocols);
        sockets.push(url);
      }
    },
    credentials: () => ({ authorization: credentials() }),
    onProblem: (error) => problems.push(error),
    ...options,
  });
  onTestFinished(() => client.close());
  const states: string[] = [];
  client.onState(({ state }) => states.push(state));
  return { ...served, client, sockets, states, problems };
}

function follow(client: Client): { readonly steps: Steps<Said>; readonly seen: number[] } {
  const seen: number[] = [];
  const steps = client.subscribe<Said>('subscription { upTo { n } }');
  steps.observe({ next: ({ data }) => seen.push(data?.upTo.n ?? Number.NaN) });
  return { steps, seen };
}

describe('the client whose credentials change', () => {
  it('S2 D3 renews them before they expire, again and again, on one connection and without losing its place', async () => {
    let given = 0;
    const world = await open(() => {
      given += 1;
      return `ada 1000000 ${inMs(3_000)}`;
    });
    const { steps, seen } = follow(world.client);
    const progress = new Set<string>();
    await expect.poll(() => steps.state, WAIT).toEqual({ state: 'live' });
    let said = 0;
    while (given < 4) {
      await world.say('k', [said]);
      said += 1;
      progress.add(steps.state.state);
    }
    await expect.poll(() => seen.length, WAIT).toBe(said);
    expect(seen).toEqual(Array.from({ length: said }, (_, n) => n));
    expect([...progress]).toEqual(['live']);
    expect([world.sockets.length, world.states, world.problems]).toEqual([
      1,
      ['connecting', 'connected'],
      [],
    ]);
  });

  it('S1 S2 shows after `renew()` what the new claims allow, on the same connection', async () => {
    let most = 1;
    const world = await open(() => `ada ${most} never`);
    const { steps, seen } = follow(world.client);
    await expect.poll(() => steps.state, WAIT).toEqual({ state: 'live' });
    await world.say('k', [1, 2]);
    await expect.poll(() => seen, WAIT).toEqual([1]);
    most = 3;
    const before = steps.cursor;
    world.client.renew();
    // The subscription has moved when the gateway has answered. Then it shows what it did not show before.
    await expect
      .poll(async () => {
        await world.say('k', [3]);
        return seen.includes(3);
      }, WAIT)
      .toBe(true);
    expect(steps.cursor).not.toBe(before);
    expect([world.sockets.length, steps.state]).toEqual([1, { state: 'live' }]);
  });

  it('S2 is told when they are refused, and keeps its connection under the former ones until they expire', async () => {
    let sub = 'ada';
    const until = inMs(4_000);
    const world = await open(() => `${sub} 9 ${sub === 'ada' ? until : 'never'}`);
    const { steps, seen } = follow(world.client);
    await expect.poll(() => steps.state, WAIT).toEqual({ state: 'live' });
    sub = 'nobody';
    world.client.renew();
    await expect.poll(() => world.problems, WAIT).toMatchObject([{ code: 'UNAUTHENTICATED' }]);
    await world.say('k', [1]);
    await expect.poll(() => seen, WAIT).toEqual([1]);
    expect(world.states).toEqual(['connecting', 'connected']);
    await expect.poll(() => world.client.state, WAIT).toMatchObject({ state: 'needs-auth' });
    expect(Date.now()).toBeGreaterThanOrEqual(until - 5);
  });

  it('S3 connects again with the credentials of another subject', async () => {
    let sub = 'ada';
    const world = await open(() => `${sub} 9 never`);
    const { steps } = follow(world.client);
    await expect.poll(() => steps.state, WAIT).toEqual({ state: 'live' });
    sub = 'bob';
    world.client.renew();
    await expect.poll(() => world.sockets.length, WAIT).toBe(2);
    // Its cursor belongs to the other one.
    await expect
      .poll(() => steps.state, WAIT)
      .toMatchObject({
        state: 'ended',
        reason: { code: 'CURSOR_INVALID', extensions: { reason: 'SUBJECT' } },
      });
    expect(world.problems).toEqual([]);
  });

  it('S2 D4 comes back over SSE when they have expired, and after `renew()`, without losing or repeating anything', async () => {
    let given = 0;
    const world = await open(
      () => {
        given += 1;
        return `ada 1000000 ${inMs(1_000)}`;
      },
      { transports: ['sse'] },
    );
    const { steps, seen } = follow(world.client);
    await expect.poll(() => steps.state, WAIT).toEqual({ state: 'live' });
    let said = 0;
    while (given < 4) {
      await world.say('k', [said]);
      said += 1;
      if (given === 2) world.client.renew();
    }
    await expect.poll(() => seen.length, WAIT).toBe(said);
    expect(seen).toEqual(Array.from({ length: said }, (_, n) => n));
    expect(world.problems).toEqual([]);
  });
});
