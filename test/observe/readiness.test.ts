import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openLogger } from '../../src/observe/log.js';
import { Readiness } from '../../src/observe/readiness.js';
import { WarningThrottle } from '../../src/observe/warning-throttle.js';

const ok = () => Promise.resolve();

function readiness(checks: ConstructorParameters<typeof Readiness>[0], timeoutMs?: number) {
  const logger = openLogger('silent');
  const warn = vi.spyOn(logger, 'warn');
  const warnings = new WarningThrottle(logger);
  onTestFinished(() => warnings[Symbol.dispose]());
  return { node: new Readiness(checks, warnings, () => [], timeoutMs), warn };
}

describe('readiness', () => {
  it('is ready when every check resolves', async () => {
    const { node } = readiness({ log: ok, fanout: ok });
    expect(await node.report()).toEqual({
      ready: true,
      missing: [],
      checks: { log: 'ok', fanout: 'ok', access: 'ok' },
      refusals: [],
    });
  });

  it('names what is missing, and leaves the reason to the log', async () => {
    const { node, warn } = readiness({
      log: ok,
      fanout: () => Promise.reject(new Error('ECONNREFUSED 10.0.0.1')),
    });
    expect(await node.report()).toEqual({
      ready: false,
      missing: ['fanout'],
      checks: { log: 'ok', fanout: 'unavailable', access: 'ok' },
      refusals: [],
    });
    expect(warn).toHaveBeenCalledOnce();
  });

  it('answers within its bound when a check does not, and aborts it', async () => {
    let signal: AbortSignal | undefined;
    const { node } = readiness(
      {
        log: (given) => {
          signal = given;
          return new Promise(() => undefined);
        },
      },
      20,
    );
    expect(await node.report()).toMatchObject({
      missing: ['log'],
      checks: { log: 'no answer within 20 ms' },
    });
    expect(signal?.aborted).toBe(true);
  });

  it('S4 asks once for all who ask within a second', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const check = vi.fn(ok);
    const { node } = readiness({ log: check });
    await Promise.all([node.report(), node.report()]);
    await node.report();
    expect(check).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(1_000);
    await node.report();
    expect(check).toHaveBeenCalledTimes(2);
  });
});
