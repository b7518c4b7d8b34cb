import { describe, expect, it, onTestFinished } from 'vitest';
import type { Revocation } from '../../src/core/revocation.js';
import type { Problem } from '../../src/ports/problem.js';
import type { RevocationLog } from '../../src/ports/revocation-log.js';

/** One place for revocations, which a test opens as often as it likes. */
export interface RevocationPlace {
  open(onProblem?: (problem: Problem) => void): Promise<RevocationLog>;
  /** Adds fields as a program of another maker would. */
  addForeign(fields: Readonly<Record<string, string>>): Promise<void>;
}

const HOUR_MS = 3_600_000;

/** What every `RevocationLog` guarantees. */
export function revocationLogContract(name: string, place: () => Promise<RevocationPlace>): void {
  async function opened(at: RevocationPlace, onProblem?: (problem: Problem) => void): Promise<RevocationLog> {
    const log = await at.open(onProblem);
    onTestFinished(() => log[Symbol.asyncDispose]());
    return log;
  }

  const until = Math.floor(Date.now() / 1_000) * 1_000 + HOUR_MS;
  const byId: Revocation = { id: 'token-1', until };
  const bySubject: Revocation = { subject: 'ada, "é"\n', issuedBefore: until - 2 * HOUR_MS, until };

  describe(name, () => {
    it('S2 has nothing at first, and then what any process added, also for one that opens it later', async () => {
      const at = await place();
      const one = await opened(at);
      expect(await one.readNew()).toEqual([]);
      const two = await opened(at);
      await two.add(byId);
      expect(await one.readNew()).toContainEqual(byId);
      await one.add(bySubject);
      expect(await one.readNew()).toContainEqual(bySubject);
      const late = await opened(at);
      expect(await late.readNew()).toEqual([byId, bySubject]);
      expect(await two.readNew()).toEqual([byId, bySubject]);
    });

    it('S2 leaves out what has ended, and what it cannot read, and says so', async () => {
      const at = await place();
      const problems: Problem[] = [];
      const log = await opened(at, (problem) => problems.push(problem));
      await log.add({ id: 'ended', until: Date.now() - 1 });
      await at.addForeign({ id: 'no-end' });
      await at.addForeign({ id: 'wrong-end', until: 'tomorrow' });
      await at.addForeign({ id: 'x', subject: 'y', until: new Date(until).toISOString() });
      await at.addForeign({ subject: 'bob', until: new Date(until).toISOString() });
      const bob: Revocation = { subject: 'bob', issuedBefore: undefined, until };
      expect(await log.readNew()).toEqual([bob]);
      expect(problems.map(({ kind }) => kind)).toEqual(['revocations', 'revocations', 'revocations']);
      expect(await (await opened(at)).readNew()).toEqual([bob]);
    });

    it('S2 returns thousands of them', async () => {
      const at = await place();
      const log = await opened(at);
      const many = Array.from({ length: 2_100 }, (_, n): Revocation => ({ id: `t${n}`, until }));
      await Promise.all(many.map((one) => log.add(one)));
      const found = await (await opened(at)).readNew();
      expect(found).toHaveLength(2_100);
      expect(new Set(found.map((one) => 'id' in one && one.id)).size).toBe(2_100);
    });
  });
}
