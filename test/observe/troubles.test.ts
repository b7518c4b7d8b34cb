import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MillraceError } from '../../src/core/errors.js';
import { openLogger } from '../../src/observe/log.js';
import { Troubles } from '../../src/observe/troubles.js';

describe('what fails again and again', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is told when it begins and when it is over, and anew when it comes back', () => {
    const logger = openLogger('silent');
    const warn = vi.spyOn(logger, 'warn');
    using troubles = new Troubles(logger, 10_000);
    const away = new MillraceError('FANOUT_UNAVAILABLE', 'away');
    for (let n = 0; n < 100; n++) {
      troubles.report('relay', away, 'failed', { partition: 'said/0' });
      vi.advanceTimersByTime(1_000);
    }
    expect(warn.mock.calls).toEqual([[{ kind: 'relay', partition: 'said/0', err: away }, 'failed']]);
    vi.advanceTimersByTime(10_000);
    expect(warn.mock.calls[1]).toEqual([{ kind: 'relay', times: 100, milliseconds: 99_000 }, 'over: failed']);
    troubles.report('relay', away, 'failed');
    expect(warn).toHaveBeenCalledTimes(3);
  });

  it('does not hide another error of the same kind', () => {
    const logger = openLogger('silent');
    const warn = vi.spyOn(logger, 'warn');
    using troubles = new Troubles(logger);
    troubles.report('relay', new MillraceError('FANOUT_UNAVAILABLE', 'away'), 'failed');
    troubles.report('relay', new MillraceError('LOG_UNAVAILABLE', 'away too'), 'failed');
    expect(warn).toHaveBeenCalledTimes(2);
  });
});
