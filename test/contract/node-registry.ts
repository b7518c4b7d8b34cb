import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { deferred } from '../../src/core/async.js';
import { MAX_MESSAGE_BYTES, MAX_REPORT_BYTES, type NodeRegistry } from '../../src/ports/node-registry.js';
import type { Problem } from '../../src/ports/problem.js';

type Open = (onProblem?: (problem: Problem) => void) => Promise<NodeRegistry>;

const EVENTUALLY = { timeout: 15_000, interval: 20 };
const WITHIN_MS = 10_000;

/** A node that is present, and hears questions. */
async function present(open: Open, report: unknown, onProblem?: (problem: Problem) => void) {
  const registry = await open(onProblem);
  onTestFinished(() => registry[Symbol.asyncDispose]());
  await vi.waitFor(async () => expect(await registry.announce(report)).toBeUndefined(), EVENTUALLY);
  return registry;
}

/**
 * What every `NodeRegistry` guarantees.
 * @param place makes a new place for nodes, in which many can be opened
 */
export function nodeRegistryContract(name: string, place: () => Promise<Open>): void {
  describe(name, () => {
    it('lists every node that is present, with its newest report, and this one first', async () => {
      const open = await place();
      const one = await present(open, { name: 'one' });
      const two = await present(open, { name: 'two', lag: [1, 2, { of: 'größer' }] });
      await one.announce({ name: 'one, later' });
      const { nodes, unheard } = await two.list();
      expect(unheard).toBeUndefined();
      expect(nodes).toEqual([
        { id: two.id, isSelf: true, ageMs: 0, report: { name: 'two', lag: [1, 2, { of: 'größer' }] } },
        { id: one.id, isSelf: false, ageMs: expect.any(Number), report: { name: 'one, later' } },
      ]);
      expect(nodes[1]?.ageMs).toBeLessThan(8_000);
    });

    it('a node that stops is gone at once', async () => {
      const open = await place();
      const one = await present(open, 'one');
      const two = await present(open, 'two');
      await two[Symbol.asyncDispose]();
      expect((await one.list()).nodes.map(({ id }) => id)).toEqual([one.id]);
    });

    it('a node that says nothing any more is gone within seconds', { timeout: 30_000 }, async () => {
      const open = await place();
      const one = await present(open, 'one');
      const two = await present(open, 'two');
      // As a process that was killed: it does not withdraw.
      expect((await one.list()).nodes.map(({ id }) => id)).toEqual([one.id, two.id]);
      await vi.waitFor(
        async () => expect((await one.list()).nodes.map(({ id }) => id)).toEqual([one.id]),
        EVENTUALLY,
      );
    });

    it('S4 refuses a report, a question and an answer that are too large', async () => {
      const open = await place();
      const problems: Problem[] = [];
      const one = await present(open, 'one', (problem) => problems.push(problem));
      await expect(one.announce('x'.repeat(MAX_REPORT_BYTES))).rejects.toThrow(/at most 32768 are allowed/);
      await expect(one.ask('any', 'x'.repeat(MAX_MESSAGE_BYTES), WITHIN_MS)).rejects.toThrow(
        /at most 131072/,
      );
      one.answer('much', () => 'x'.repeat(MAX_MESSAGE_BYTES));
      expect(await one.ask('much', 1, WITHIN_MS)).toEqual({
        answers: [],
        silent: [one.id],
        unheard: undefined,
      });
      expect(problems.map(({ kind }) => kind)).toEqual(['node-registry']);
    });

    it('asks all nodes, and leaves out those that know nothing of the topic', async () => {
      const open = await place();
      const [one, two, three] = await Promise.all(['one', 'two', 'three'].map((name) => present(open, name)));
      if (one === undefined || two === undefined || three === undefined) throw new Error('Not opened');
      one.answer('twice', async (question) => [question, question]);
      two.answer('twice', (question) => ({ twice: question }));
      three.answer('other', () => 'nothing');
      const { answers, ...rest } = await one.ask('twice', { id: 'ä' }, WITHIN_MS);
      expect(rest).toEqual({ silent: [], unheard: undefined });
      expect(new Map(answers.map(({ node, answer }) => [node, answer]))).toEqual(
        new Map<string, unknown>([
          [one.id, [{ id: 'ä' }, { id: 'ä' }]],
          [two.id, { twice: { id: 'ä' } }],
        ]),
      );
    });

    it('names the nodes that did not answer in time, and those that failed to, and reports the failure there', async () => {
      const open = await place();
      const problems: Problem[] = [];
      const one = await present(open, 'one');
      const slow = await present(open, 'slow');
      const failing = await present(open, 'failing', (problem) => problems.push(problem));
      one.answer('question', () => 'answer');
      slow.answer('question', () => deferred<unknown>().promise);
      failing.answer('question', () => {
        throw new Error('It failed');
      });
      const { answers, silent } = await one.ask('question', undefined, 500);
      expect(answers).toEqual([{ node: one.id, answer: 'answer' }]);
      expect(new Set(silent)).toEqual(new Set([slow.id, failing.id]));
      expect(problems.map(({ message }) => message)).toEqual([
        'A question on "question" could not be answered',
      ]);
    });

    it('a handler that was removed answers no more', async () => {
      const open = await place();
      const one = await present(open, 'one');
      const handler = one.answer('question', () => 'answer');
      expect((await one.ask('question', 1, WITHIN_MS)).answers).toHaveLength(1);
      handler[Symbol.dispose]();
      expect(await one.ask('question', 1, WITHIN_MS)).toEqual({
        answers: [],
        silent: [],
        unheard: undefined,
      });
    });
  });
}
