import { describe, expect, it, vi } from 'vitest';
import { type Authenticate, credentialsExpired } from '../../src/auth/authenticate.js';
import { guarded } from '../../src/auth/guarded.js';
import { deferred } from '../../src/core/async.js';
import { MillraceError } from '../../src/core/errors.js';
import { ANONYMOUS, type Identity } from '../../src/core/identity.js';

function guard(authenticate: Authenticate, required = false, timeoutMs = 60_000) {
  const onFailure = vi.fn();
  const onRefused = vi.fn();
  return { call: guarded(authenticate, { required, onFailure, onRefused, timeoutMs }), onFailure, onRefused };
}

const CREDENTIALS = { headers: {} };

describe('guarded authentication', () => {
  it('passes on who the caller is', async () => {
    const ann: Identity = { claims: { sub: 'ann' }, expiresAt: undefined };
    expect(await guard(async () => ann, true).call(CREDENTIALS)).toBe(ann);
    expect(await guard(async () => ANONYMOUS).call(CREDENTIALS)).toBe(ANONYMOUS);
  });

  it.each<[string, Authenticate]>([
    ['throws unexpectedly', () => Promise.reject(new Error('ECONNREFUSED 10.0.0.1'))],
    [
      'throws before it returns a promise',
      () => {
        throw new TypeError('undefined is not a function');
      },
    ],
    // What a project in JavaScript can do.
    ['returns nothing', (async () => undefined) as unknown as Authenticate],
    ['returns an expiry that is not a time', async () => ({ claims: { sub: 'ann' }, expiresAt: Number.NaN })],
  ])('answers AUTH_UNAVAILABLE, to be retried, when `authenticate` %s', async (_, authenticate) => {
    const { call, onFailure, onRefused } = guard(authenticate);
    const error = await call(CREDENTIALS).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'AUTH_UNAVAILABLE', retry: true });
    expect(String(error)).not.toContain('10.0.0.1');
    expect(onFailure).toHaveBeenCalledOnce();
    expect(onRefused).not.toHaveBeenCalled();
  });

  it('S4 answers AUTH_UNAVAILABLE, to be retried, when `authenticate` hangs, and ignores what it answers later', async () => {
    const late = deferred<Identity>();
    const { call, onFailure } = guard(() => late.promise, false, 10);
    await expect(call(CREDENTIALS)).rejects.toMatchObject({ code: 'AUTH_UNAVAILABLE', retry: true });
    late.reject(new Error('too late'));
    expect(onFailure).toHaveBeenCalledOnce();
    expect(onFailure).toHaveBeenCalledWith(new Error('`authenticate` did not answer within 10 ms.'));
  });

  it('keeps an error that `authenticate` throws on purpose, and reports who was refused', async () => {
    const thrown = new MillraceError('UNAUTHENTICATED', 'No such user.');
    const { call, onFailure, onRefused } = guard(() => Promise.reject(thrown));
    await expect(call(CREDENTIALS)).rejects.toBe(thrown);
    expect(onRefused).toHaveBeenCalledWith('credentials', 'No such user.', CREDENTIALS);
    expect(onFailure).not.toHaveBeenCalled();
  });

  it('S2 tells expired credentials from invalid ones: the caller may come back with new ones', async () => {
    const { call, onRefused } = guard(() => Promise.reject(credentialsExpired()));
    const extensions = { code: 'UNAUTHENTICATED', retry: true, reason: 'EXPIRED' };
    await expect(call(CREDENTIALS)).rejects.toMatchObject({ extensions });
    expect(onRefused).toHaveBeenCalledWith('expired', expect.any(String), CREDENTIALS);
  });

  it('S1 refuses callers without credentials where they are required', async () => {
    const nobody: Authenticate = async () => ({ claims: {}, expiresAt: undefined });
    for (const authenticate of [async () => ANONYMOUS, nobody]) {
      const { call, onRefused } = guard(authenticate, true);
      await expect(call(CREDENTIALS)).rejects.toMatchObject({ code: 'UNAUTHENTICATED', retry: false });
      expect(onRefused).toHaveBeenCalledWith('anonymous', expect.any(String), CREDENTIALS);
    }
  });
});
