import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MillraceError } from '../../src/core/errors.js';
import { openLogger } from '../../src/observe/log.js';
import { WarningThrottle } from '../../src/observe/warning-throttle.js';

describe('WarningThrottle', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('logs a repeated failure when it begins and when it has recovered, and again when it returns', () => {
    const logger = openLogger('silent');
    const warn = vi.spyOn(logger, 'warn');
    using warnings = new WarningThrottle(logger, 10_000);
    const away = new MillraceError('FANOUT_UNAVAILABLE', 'away');
    for (let n = 0; n < 100; n++) {
      warnings.report('relay', away, 'failed', { partition: 'said/0' });
      vi.advanceTimersByTime(1_000);
    }
    expect(warn.mock.calls).toEqual([[{ kind: 'relay', partition: 'said/0', err: away }, 'failed']]);
    vi.advanceTimersByTime(10_000);
    expect(warn.mock.calls[1]).toEqual([
      { kind: 'relay', times: 100, milliseconds: 99_000 },
      'recovered: failed',
    ]);
    warnings.report('relay', away, 'failed');
    expect(warn).toHaveBeenCalledTimes(3);
  });

  it('logs another error code of the same kind as a failure of its own', () => {
    const logger = openLogger('silent');
    const warn = vi.spyOn(logger, 'warn');
    using warnings = new WarningThrottle(logger);
    warnings.report('relay', new MillraceError('FANOUT_UNAVAILABLE', 'away'), 'failed');
    warnings.report('relay', new MillraceError('LOG_UNAVAILABLE', 'away too'), 'failed');
    expect(warn).toHaveBeenCalledTimes(2);
  });
});
