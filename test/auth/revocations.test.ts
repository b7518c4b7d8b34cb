import { describe, expect, it, onTestFinished } from 'vitest';
import { RevocationList } from '../../src/auth/revocation-list.js';
import { Revocations } from '../../src/auth/revocations.js';
import { MillraceError } from '../../src/core/errors.js';
import type { Claims } from '../../src/core/identity.js';
import type { Revocation } from '../../src/core/revocation.js';
import type { RevocationLog } from '../../src/ports/revocation-log.js';
import { WAIT } from '../transport/serve.js';

const NOW = 1_000_000_000_000;
const HOUR_MS = 3_600_000;

function listOf(...revocations: readonly Revocation[]): RevocationList {
  const list = new RevocationList();
  for (const one of revocations) list.add(one, NOW);
  return list;
}

describe('the revocations in memory', () => {
  const until = NOW + HOUR_MS;
  const seconds = (at: number) => at / 1_000;

  it.each<[string, Revocation, Claims, boolean]>([
    ['its id', { id: 'a', until }, { jti: 'a', sub: 'x' }, true],
    ['another id', { id: 'a', until }, { jti: 'b', sub: 'a' }, false],
    ['its subject', { subject: 'a', issuedBefore: undefined, until }, { sub: 'a', iat: seconds(NOW) }, true],
    ['another subject', { subject: 'a', issuedBefore: undefined, until }, { sub: 'b', jti: 'a' }, false],
    ['no claims', { subject: 'a', issuedBefore: undefined, until }, {}, false],
    [
      'an issue before',
      { subject: 'a', issuedBefore: NOW, until },
      { sub: 'a', iat: seconds(NOW) - 1 },
      true,
    ],
    ['an issue since', { subject: 'a', issuedBefore: NOW, until }, { sub: 'a', iat: seconds(NOW) }, false],
    ['no time of issue', { subject: 'a', issuedBefore: NOW, until }, { sub: 'a' }, true],
  ])('S2 match credentials with %s exactly where they should', (_, revocation, claims, isRevoked) => {
    const list = listOf(revocation);
    expect(list.has(claims, NOW)).toBe(isRevoked);
    expect(list.has(claims, until - 1)).toBe(isRevoked);
    expect(list.has(claims, until)).toBe(false);
  });

  it('S2 count until the last of them ends, and are reported as new only if they revoke more', () => {
    const list = new RevocationList();
    const all = (of: Partial<Revocation>): Revocation => ({
      subject: 'a',
      issuedBefore: undefined,
      until,
      ...of,
    });
    expect(list.add(all({ issuedBefore: NOW } as Partial<Revocation>), NOW)).toBe(true);
    expect(list.add(all({ issuedBefore: NOW - 5 } as Partial<Revocation>), NOW)).toBe(false);
    expect(list.add(all({ until: NOW + 10 }), NOW)).toBe(true);
    expect(list.has({ sub: 'a', iat: NOW }, NOW + 9)).toBe(true);
    expect(list.has({ sub: 'a', iat: NOW }, NOW + 10)).toBe(false);
    expect(list.has({ sub: 'a', iat: 0 }, NOW + 10)).toBe(true);
    expect(list.add({ id: 'i', until }, NOW)).toBe(true);
    expect(list.add({ id: 'i', until: until - 1 }, NOW)).toBe(false);
    expect(list.add({ id: 'over', until: NOW }, NOW)).toBe(false);
  });

  it('C4 S2 are forgotten once they have ended, and the oldest first at the bound', () => {
    const list = new RevocationList(3);
    for (const [n, id] of ['a', 'b', 'c', 'd'].entries()) list.add({ id, until: NOW + n + 1 }, NOW);
    list.add({ subject: 's', issuedBefore: undefined, until: NOW + 1 }, NOW);
    expect(list.size).toBe(4);
    expect(['a', 'b', 'd'].map((jti) => list.has({ jti }, NOW))).toEqual([false, true, true]);
    list.sweep(NOW + 3);
    expect(list.size).toBe(1);
  });
});

/** A log that a test writes, and that can be away. */
class FakeLog implements RevocationLog {
  isAway = false;
  readonly added: Revocation[] = [];
  reads = 0;

  async add(revocation: Revocation): Promise<void> {
    this.added.push(revocation);
  }

  async readNew(): Promise<readonly Revocation[]> {
    this.reads += 1;
    if (this.isAway) throw new MillraceError('FANOUT_UNAVAILABLE', 'Away.');
    return this.added.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

async function open(log: FakeLog) {
  const failures: unknown[] = [];
  const onFailure = (cause: unknown): void => void failures.push(cause);
  const revocations = await Revocations.open({ log, onFailure, intervalMs: 5 });
  onTestFinished(() => revocations[Symbol.asyncDispose]());
  const codeOf = (claims: Claims): unknown => {
    try {
      revocations.check({ claims, expiresAt: undefined });
      return undefined;
    } catch (error) {
      return error instanceof MillraceError ? [error.code, error.retry, error.details['reason']] : error;
    }
  };
  return { revocations, failures, codeOf };
}

describe('the revocations of a node', () => {
  it('S2 are noticed while it runs, and tell its listeners once for each change', async () => {
    const log = new FakeLog();
    const { revocations, failures, codeOf } = await open(log);
    let told = 0;
    revocations.listeners.add(() => {
      told += 1;
    });
    expect(codeOf({ sub: 'ada' })).toBeUndefined();
    const revocation: Revocation = { subject: 'ada', issuedBefore: undefined, until: Date.now() + HOUR_MS };
    await log.add(revocation);
    await expect.poll(() => codeOf({ sub: 'ada' }), WAIT).toEqual(['UNAUTHENTICATED', false, 'REVOKED']);
    expect(told).toBe(1);
    // One that fails stops nothing.
    revocations.listeners.add(() => {
      throw new Error('a listener');
    });
    await log.add({ id: 'another', until: Date.now() + HOUR_MS });
    await expect.poll(() => failures, WAIT).toMatchObject([{ message: 'a listener' }]);
    await log.add(revocation);
    const { reads } = log;
    await expect.poll(() => log.reads, WAIT).toBeGreaterThan(reads + 2);
    expect([told, codeOf({ sub: 'bob' }), codeOf({})]).toEqual([2, undefined, undefined]);
  });

  it('S2 that were never read make all credentials refused for now, but not callers without any', async () => {
    const log = new FakeLog();
    log.isAway = true;
    const { failures, codeOf } = await open(log);
    for (const claims of [{ sub: 'ada' }, { jti: 'a' }])
      expect(codeOf(claims)).toEqual(['AUTH_UNAVAILABLE', true, undefined]);
    expect(codeOf({})).toBeUndefined();
    expect(failures.length).toBeGreaterThan(0);
    log.isAway = false;
    await expect.poll(() => codeOf({ sub: 'ada' }), WAIT).toBeUndefined();
  });

  it('S2 that cannot be read any more count as they were, and newer ones once they can be read again', async () => {
    const log = new FakeLog();
    await log.add({ id: 'old', until: Date.now() + HOUR_MS });
    const { failures, codeOf } = await open(log);
    log.isAway = true;
    await log.add({ id: 'new', until: Date.now() + HOUR_MS });
    await expect.poll(() => failures.length, WAIT).toBeGreaterThan(1);
    expect([codeOf({ jti: 'old' }), codeOf({ jti: 'new' })]).toEqual([
      ['UNAUTHENTICATED', false, 'REVOKED'],
      undefined,
    ]);
    log.isAway = false;
    await expect.poll(() => codeOf({ jti: 'new' }), WAIT).toEqual(['UNAUTHENTICATED', false, 'REVOKED']);
  });
});
