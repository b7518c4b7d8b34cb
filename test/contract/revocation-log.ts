import { describe, expect, it, onTestFinished } from 'vitest';
import type { Revocation } from '../../src/core/revocation.js';
import type { Problem } from '../../src/ports/problem.js';
import type { RevocationLog } from '../../src/ports/revocation-log.js';

type Open = (onProblem?: (problem: Problem) => void) => Promise<RevocationLog>;

const HOUR_MS = 3_600_000;
const until = Math.floor(Date.now() / 1_000) * 1_000 + HOUR_MS;
const byId: Revocation = { id: 'token-1', until };
const bySubject: Revocation = { subject: 'ada, "é"\n', issuedBefore: until - 2 * HOUR_MS, until };

async function opened(open: Open, onProblem?: (problem: Problem) => void): Promise<RevocationLog> {
  const log = await open(onProblem);
  onTestFinished(() => log[Symbol.asyncDispose]());
  return log;
}

/**
 * What every `RevocationLog` guarantees.
 * @param place makes a new place for revocations, which can be opened often
 */
export function revocationLogContract(name: string, place: () => Promise<Open>): void {
  describe(name, () => {
    it('S2 has nothing at first, and then what any process added, also for one that opens it later', async () => {
      const open = await place();
      const one = await opened(open);
      expect(await one.readNew()).toEqual([]);
      const two = await opened(open);
      await two.add(byId);
      expect(await one.readNew()).toContainEqual(byId);
      await one.add(bySubject);
      expect(await one.readNew()).toContainEqual(bySubject);
      const late = await opened(open);
      expect(await late.readNew()).toEqual([byId, bySubject]);
      expect(await two.readNew()).toEqual([byId, bySubject]);
    });

    it('S2 leaves out what has ended', async () => {
      const open = await place();
      const log = await opened(open);
      await log.add({ id: 'ended', until: Date.now() - 1 });
      await log.add(byId);
      expect(await log.readNew()).toEqual([byId]);
      expect(await (await opened(open)).readNew()).toEqual([byId]);
    });
  });
}

/** What holds for those that other programs write, and for many. @param add as a program of another maker would */
export function foreignRevocations(
  name: string,
  place: () => Promise<{ open: Open; add(fields: Readonly<Record<string, string>>): Promise<void> }>,
): void {
  describe(name, () => {
    it('S2 leaves out what it cannot read, says so, and reads the rest', async () => {
      const { open, add } = await place();
      const problems: Problem[] = [];
      const log = await opened(open, (problem) => problems.push(problem));
      await add({ id: 'no-end' });
      await add({ id: 'wrong-end', until: 'tomorrow' });
      await add({ id: 'x', subject: 'y', until: new Date(until).toISOString() });
      await add({ subject: 'bob', until: new Date(until).toISOString() });
      const bob: Revocation = { subject: 'bob', issuedBefore: undefined, until };
      expect(await log.readNew()).toEqual([bob]);
      expect(problems.map(({ kind }) => kind)).toEqual(['revocations', 'revocations', 'revocations']);
      expect(await (await opened(open)).readNew()).toEqual([bob]);
    });

    it('S2 returns thousands of them', async () => {
      const { open } = await place();
      const log = await opened(open);
      const many = Array.from({ length: 2_100 }, (_, n): Revocation => ({ id: `t${n}`, until }));
      await Promise.all(many.map((one) => log.add(one)));
      const found = await (await opened(open)).readNew();
      expect(new Set(found.map((one) => 'id' in one && one.id)).size).toBe(2_100);
    });
  });
}
