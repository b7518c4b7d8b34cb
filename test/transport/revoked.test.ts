import { describe, expect, it } from 'vitest';
import type { Authenticate } from '../../src/auth/authenticate.js';
import { guarded } from '../../src/auth/guarded.js';
import { credentialsRevoked } from '../../src/auth/revocations.js';
import type { Identity } from '../../src/core/identity.js';
import { authenticate, RawClient, serve, subscribed, WAIT } from './serve.js';

const QUERY = 'subscription { n }';
const REVOKED = { code: 'UNAUTHENTICATED', retry: false, reason: 'REVOKED' };

/** A server whose subjects a test revokes. */
async function open() {
  const subjects = new Set<unknown>();
  const listeners = new Set<() => void>();
  const isRevoked = ({ claims }: Identity): boolean => subjects.has(claims['sub']);
  const refusals: string[] = [];
  let authenticated = 0;
  const verify: Authenticate = async (given) => {
    authenticated += 1;
    return authenticate(given);
  };
  const served = await serve({
    revocations: { isRevoked, listeners },
    authenticate: guarded(verify, {
      required: false,
      onFailure: () => undefined,
      onRefused: (reason) => refusals.push(reason),
      checkRevoked: (identity) => {
        if (isRevoked(identity)) throw credentialsRevoked();
      },
    }),
  });
  return {
    ...served,
    listeners,
    refusals,
    authenticated: () => authenticated,
    revoke(subject: string): void {
      subjects.add(subject);
      for (const listener of listeners) listener();
    },
    stream: (user: string, init: RequestInit = {}) =>
      fetch(`${served.server.url}?query=${encodeURIComponent(QUERY)}`, {
        headers: { accept: 'text/event-stream', authorization: `user ${user}` },
        ...init,
      }),
  };
}

describe('clients whose credentials are revoked', () => {
  it('S2 have their WebSocket closed with 4403, and other clients stay connected', async () => {
    const served = await open();
    const ada = await RawClient.acknowledged(served.wsUrl, { authorization: 'user ada' });
    const bob = await RawClient.acknowledged(served.wsUrl, { authorization: 'user bob' });
    const waiting = await RawClient.open(served.wsUrl);
    ada.subscribe('1');
    const ofAda = await subscribed(served);
    bob.subscribe('1');
    const ofBob = await subscribed(served, 1);
    served.revoke('ada');
    expect(await ada.closed).toEqual({ code: 4403, reason: 'Credentials revoked' });
    expect([ofAda.closed, ofBob.closed]).toEqual([true, false]);
    ofBob.next(1);
    await expect.poll(() => bob.messages.at(-1), WAIT).toMatchObject({ type: 'next' });
    waiting.send({ type: 'connection_init', payload: { authorization: 'user ada' } });
    expect(await waiting.closed).toEqual({ code: 4403, reason: 'Credentials revoked' });
    bob.send({ type: 'ping', payload: { credentials: { authorization: 'user ada' } } });
    await expect
      .poll(() => bob.messages.at(-1), WAIT)
      .toMatchObject({
        type: 'pong',
        payload: { renewed: false, error: { extensions: REVOKED } },
      });
    expect(served.refusals).toEqual(['revoked', 'revoked']);
  });

  it('S2 have their event stream ended with the reason, and get no new stream, mutation or query', async () => {
    const served = await open();
    const ada = await served.stream('ada');
    const bob = await served.stream('bob');
    await subscribed(served, 1);
    const [ofAda, ofBob] = served.operations.subscriptions;
    served.revoke('ada');
    const text = await ada.text();
    expect(text).toContain('"reason":"REVOKED"');
    // An EventSource does not come back.
    expect(text).toMatch(/^id: over\nevent: next\n/);
    expect([ofAda?.closed, ofBob?.closed]).toEqual([true, false]);
    const headers = { authorization: 'user ada', 'content-type': 'application/json' };
    for (const query of ['mutation { x }', 'query { x }', QUERY]) {
      const body = JSON.stringify({ query });
      const response = await fetch(served.server.url, { method: 'POST', headers, body });
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: REVOKED }] });
    }
    expect(served.operations.ran).toEqual([]);
    await bob.body?.cancel();
  });

  it('S2 are refused even if the revocation comes between the check of their credentials and the start of the operation', async () => {
    const served = await open();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const answer = fetch(served.server.url, {
      method: 'POST',
      headers: { authorization: 'user ada', 'content-type': 'application/json' },
      body: readable,
      duplex: 'half',
    } as RequestInit);
    await writer.write(new TextEncoder().encode('{"query":'));
    await expect.poll(served.authenticated, WAIT).toBe(1);
    served.revoke('ada');
    await writer.write(new TextEncoder().encode('"mutation { x }"}'));
    await writer.close();
    expect((await answer).status).toBe(401);
    expect(served.operations.ran).toEqual([]);
  });

  it('S2 are closed on a WebSocket also if that happens between the check of their credentials and their use', async () => {
    const revoked = new Set<unknown>();
    const served = await serve({
      // `late` is revoked at the moment at which it is verified.
      revocations: { isRevoked: ({ claims }) => revoked.has(claims['jti']), listeners: new Set() },
      authenticate: async ({ connectionParams: { jti } = {} }) => {
        if (jti === 'late') revoked.add(jti);
        return { claims: { sub: 'ada', jti }, expiresAt: undefined };
      },
    });
    const first = await RawClient.open(served.wsUrl);
    first.send({ type: 'connection_init', payload: { jti: 'late' } });
    expect(await first.closed).toEqual({ code: 4403, reason: 'Credentials revoked' });
    const second = await RawClient.acknowledged(served.wsUrl, { jti: 'soon' });
    second.subscribe('1');
    const subscription = await subscribed(served);
    second.send({ type: 'ping', payload: { credentials: { jti: 'late' } } });
    expect(await second.closed).toEqual({ code: 4403, reason: 'Credentials revoked' });
    expect([subscription.closed, subscription.renewed]).toEqual([true, []]);
  });

  it('the server forgets its listener when it is closed', async () => {
    const served = await open();
    expect(served.listeners.size).toBe(1);
    await served.server[Symbol.asyncDispose]();
    expect(served.listeners.size).toBe(0);
  });
});
