import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Authenticate } from '../../../src/auth/authenticate.js';
import { MillraceError } from '../../../src/core/errors.js';
import { authenticate, RawClient, type ServeOptions, serve, subscribed, WAIT } from '../serve.js';

const credentials = (text: string) => ({ authorization: text });

/** Renewals of a test may follow each other at once. */
function withoutPauses(): void {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 10_000;
    return now;
  });
  onTestFinished(() => clock.mockRestore());
}

async function open(options: ServeOptions = {}, init: object = { ...credentials('user ada'), renews: true }) {
  const served = await serve(options);
  const client = await RawClient.open(served.wsUrl);
  client.send({ type: 'connection_init', payload: init });
  await expect.poll(() => client.messages, WAIT).toHaveLength(1);
  return {
    ...served,
    client,
    async renew(presented: unknown): Promise<unknown> {
      const before = client.messages.length;
      client.send({ type: 'ping', payload: { credentials: presented } });
      await expect.poll(() => client.messages.length, WAIT).toBe(before + 1);
      return client.messages.at(-1);
    },
  };
}

const refused = (extensions: object) => ({
  type: 'pong',
  payload: { renewed: false, error: expect.objectContaining({ extensions }) },
});

describe('credentials renewed on an open WebSocket', () => {
  it('S2 a ping with new credentials re-authenticates every operation, and the old expiry no longer counts', async () => {
    const soon = Date.now() + 1_500;
    const later = Date.now() + 3_600_000;
    const init = { ...credentials(`user ada ${soon}`), renews: true };
    const { client, renew, ...served } = await open({}, init);
    const expiresAt = (at: number) => new Date(at).toISOString();
    expect(client.messages).toEqual([
      { type: 'connection_ack', payload: { renews: true, expiresAt: expiresAt(soon) } },
    ]);
    client.subscribe('1');
    client.subscribe('2');
    const one = await subscribed(served);
    const two = await subscribed(served, 1);
    expect(await renew(credentials(`user ada ${later}`))).toEqual({
      type: 'pong',
      payload: { renewed: true, expiresAt: expiresAt(later) },
    });
    const renewed = { claims: { sub: 'ada' }, expiresAt: later };
    expect([one.renewed, two.renewed]).toEqual([[renewed], [renewed]]);
    // An operation that starts afterwards has them too.
    client.subscribe('3');
    expect((await subscribed(served, 2)).caller.identity).toEqual(renewed);
    await expect.poll(Date.now, WAIT).toBeGreaterThan(soon + 200);
    one.next(1);
    await expect.poll(() => client.messages.at(-1), WAIT).toMatchObject({ id: '1', type: 'next' });
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it('S2 refused credentials leave the former ones in force until they expire, and the client is told why', async () => {
    withoutPauses();
    const soon = Date.now() + 2_000;
    const { client, renew, ...served } = await open({}, credentials(`user ada ${soon}`));
    client.subscribe('1');
    const subscription = await subscribed(served);
    const invalid = { code: 'UNAUTHENTICATED', retry: false };
    expect(await renew(credentials('bad'))).toEqual(refused(invalid));
    const old = { code: 'UNAUTHENTICATED', retry: true, reason: 'EXPIRED' };
    expect(await renew(credentials('user ada 1000'))).toEqual(refused(old));
    const wrong = { code: 'BAD_REQUEST', retry: false };
    for (const presented of ['user ada', null, 7, ['user ada']])
      expect(await renew(presented)).toEqual(refused(wrong));
    expect(subscription.renewed).toEqual([]);
    subscription.next(1);
    await expect.poll(() => client.messages.at(-1), WAIT).toMatchObject({ id: '1', type: 'next' });
    expect(await client.closed).toEqual({ code: 4403, reason: 'Credentials expired' });
    expect(Date.now()).toBeGreaterThanOrEqual(soon - 5);
  });

  it('S3 refuses the credentials of another subject, of nobody, and those that come before connection_ack', async () => {
    withoutPauses();
    const { client, renew } = await open();
    const other = { code: 'FORBIDDEN', retry: false, reason: 'SUBJECT' };
    expect(await renew(credentials('user bob'))).toEqual(refused(other));
    expect(await renew({})).toEqual(refused(other));
    expect(await renew(credentials('user ada'))).toEqual({ type: 'pong', payload: { renewed: true } });
    const served = await serve();
    const early = await RawClient.open(served.wsUrl);
    early.send({ type: 'ping', payload: { credentials: credentials('user ada') } });
    await expect.poll(() => early.messages, WAIT).toEqual([refused({ code: 'BAD_REQUEST', retry: false })]);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it('S4 verifies the credentials of a connection one at a time, and at most once a second', async () => {
    let calls = 0;
    let go: (() => void) | undefined;
    const slow: Authenticate = async (given) => {
      calls += 1;
      if (calls > 1) await new Promise<void>((resolve) => (go = resolve));
      return authenticate(given);
    };
    const { client, renew } = await open({ authenticate: slow });
    const ping = { type: 'ping', payload: { credentials: credentials('user ada') } };
    for (let i = 0; i < 50; i++) client.send(ping);
    await expect.poll(() => client.messages.length, WAIT).toBe(50);
    const tooOften = { code: 'LIMIT_EXCEEDED', retry: true, retryAfter: 1 };
    expect(client.messages.slice(1)).toEqual(Array.from({ length: 49 }, () => refused(tooOften)));
    go?.();
    await client.sees({ type: 'pong', payload: { renewed: true } });
    expect(await renew(credentials('user ada'))).toEqual(refused(tooOften));
    expect(calls).toBe(2);
  });

  it('S2 a client that is about to renew is told that its credentials expire, again until it has, and others are not', async () => {
    const soon = Date.now() + 4_000;
    const served = await serve();
    const asked = await RawClient.open(served.wsUrl);
    asked.send({ type: 'connection_init', payload: { ...credentials(`user ada ${soon}`), renews: true } });
    const silent = await RawClient.acknowledged(served.wsUrl, credentials(`user ada ${soon}`));
    const warning = { type: 'ping', payload: { expiresAt: new Date(soon).toISOString() } };
    await asked.sees(warning);
    expect(Date.now()).toBeLessThan(soon - 1_000);
    expect(await asked.closed).toEqual({ code: 4403, reason: 'Credentials expired' });
    expect(await silent.closed).toEqual({ code: 4403, reason: 'Credentials expired' });
    expect(silent.messages).toEqual([{ type: 'connection_ack' }]);
  });

  it('a failure of the verification itself is a refusal for now, and a payload flag of another type is a bad request', async () => {
    withoutPauses();
    let isAway = false;
    const { renew } = await open({
      authenticate: async (given) => {
        if (isAway) throw new MillraceError('AUTH_UNAVAILABLE', 'Away.', { details: { retryAfter: 5 } });
        return authenticate(given);
      },
    });
    isAway = true;
    const away = { code: 'AUTH_UNAVAILABLE', retry: true, retryAfter: 5 };
    expect(await renew(credentials('user ada'))).toEqual(refused(away));
    const served = await serve();
    const wrong = await RawClient.open(served.wsUrl);
    wrong.send({ type: 'connection_init', payload: { renews: 'yes' } });
    expect(await wrong.closed).toEqual({
      code: 4400,
      reason: '`renews` must be true or false, but is a string.',
    });
  });
});
