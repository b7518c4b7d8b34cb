import { expect, it, vi } from 'vitest';
import { deferred } from '../../src/core/async.js';
import { MillraceError } from '../../src/core/errors.js';
import { ActiveRefusals } from '../../src/observe/active-refusals.js';
import { openLogger } from '../../src/observe/log.js';
import { Metrics } from '../../src/observe/metrics.js';
import { Readiness } from '../../src/observe/readiness.js';
import { WarningThrottle } from '../../src/observe/warning-throttle.js';
import type { Problem } from '../../src/ports/problem.js';
import { Refusals } from '../../src/ports/refusals.js';

const SENTENCE = 'User gateway may not READ group millrace-relay on Kafka.';
const RETRY_MS = 1;
const REFUSED = { kind: 'authorization', sentence: SENTENCE } as const;

function open() {
  const logger = openLogger('silent');
  const lines: string[] = [];
  for (const level of ['warn', 'error'] as const) {
    vi.spyOn(logger, level).mockImplementation((_fields: unknown, message?: string) => {
      lines.push(message ?? '');
    });
  }
  const metrics = new Metrics();
  const active = new ActiveRefusals(logger, metrics);
  const closed = new AbortController();
  const onProblem = ({ cause }: Problem): void => active.report(cause as Parameters<typeof active.report>[0]);
  const gauge = async () => (await metrics.refusals.get()).values;
  return { active, closed, gauge, lines, logger, refusals: new Refusals(onProblem, closed.signal, RETRY_MS) };
}

it('logs a refusal once however often it is met, asks slowly, and logs once that it was mended', async () => {
  const { active, gauge, lines, refusals } = open();
  const isMended = vi.fn(() => Promise.resolve(false));
  const first = refusals.of(REFUSED, isMended);
  expect(refusals.of(REFUSED, isMended)).toBe(first);
  expect(active.active).toEqual([first]);
  expect(await active.first).toBe(first);
  expect(await gauge()).toEqual([{ labels: { kind: 'authorization' }, value: 1 }]);
  await vi.waitFor(() => expect(isMended.mock.calls.length).toBeGreaterThan(1));
  isMended.mockRejectedValueOnce(new Error('away'));
  const before = isMended.mock.calls.length;
  await vi.waitFor(() => expect(isMended.mock.calls.length).toBeGreaterThan(before + 1));
  expect(lines).toEqual([SENTENCE]);
  isMended.mockResolvedValue(true);
  await first.mended;
  expect(lines).toEqual([SENTENCE, `recovered: ${SENTENCE}`]);
  expect(active.active).toEqual([]);
  expect(await gauge()).toEqual([{ labels: { kind: 'authorization' }, value: 0 }]);
  expect(refusals.of(REFUSED, isMended)).not.toBe(first);
});

it('logs nothing while the process starts: the command line says what ended the start', async () => {
  const { active, lines, refusals } = open();
  active.starting();
  const refusal = refusals.of(REFUSED, () => Promise.resolve(false));
  expect(await active.first).toBe(refusal);
  active.started();
  refusals.of({ ...REFUSED, sentence: 'Another.' }, () => Promise.resolve(false));
  expect(lines).toEqual(['Another.']);
});

it('asks nothing any more once the adapter is closed, and does not say that it was mended', async () => {
  const { closed, lines, refusals } = open();
  const asked = deferred();
  const answer = deferred<boolean>();
  const isMended = vi.fn(() => {
    asked.resolve();
    return answer.promise;
  });
  const refusal = refusals.of(REFUSED, isMended);
  await asked.promise;
  closed.abort();
  answer.resolve(true);
  // Whatever follows the answer is done when the next turn of the event loop comes.
  await new Promise(setImmediate);
  expect(await Promise.race([refusal.mended.then(() => 'mended'), 'refused'])).toBe('refused');
  expect(isMended).toHaveBeenCalledOnce();
  expect(lines).toEqual([SENTENCE]);
});

it('does not log again what a part of the process failed on because of a refusal', () => {
  const { lines, logger, refusals } = open();
  const refusal = refusals.of(REFUSED, () => Promise.resolve(false));
  using warnings = new WarningThrottle(logger);
  warnings.report('fetch', new MillraceError('LOG_UNAVAILABLE', 'Refused.', { cause: refusal }), 'failed');
  expect(lines).toEqual([SENTENCE]);
});

it('is not ready while something is refused, also when every check passes, and says of which kind it is', async () => {
  const { active, logger, refusals } = open();
  using warnings = new WarningThrottle(logger);
  const readiness = new Readiness({ log: () => Promise.resolve() }, warnings, () => active.active);
  refusals.of(REFUSED, () => Promise.resolve(false));
  expect(await readiness.report()).toEqual({
    ready: false,
    missing: ['access'],
    checks: { log: 'ok', access: 'refused: authorization' },
    refusals: [SENTENCE],
  });
});
