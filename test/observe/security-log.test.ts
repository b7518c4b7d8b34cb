import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Metrics } from '../../src/observe/metrics.js';
import { SecurityLog } from '../../src/observe/security-log.js';

function open() {
  const lines: Record<string, unknown>[] = [];
  const metrics = new Metrics();
  let now = 0;
  // As by default.
  const logger = pino(
    { level: 'warn', base: null, timestamp: false },
    { write: (line: string) => void lines.push(JSON.parse(line)) },
  );
  const log = new SecurityLog(logger, metrics, () => now);
  return {
    log,
    lines,
    metrics,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

describe('the security log', () => {
  it('writes one line for a refused caller, with what it sent, and counts it', async () => {
    const { log, lines, metrics } = open();
    log.refused('origin', 'refused', { origin: 'https://elsewhere.example', forwardedFor: undefined });
    expect(lines).toEqual([
      { level: 40, security: true, reason: 'origin', origin: 'https://elsewhere.example', msg: 'refused' },
    ]);
    expect((await metrics.refused.get()).values).toEqual([{ labels: { reason: 'origin' }, value: 1 }]);
  });

  it('S4 limits lines and their length, counts all, and says how many are missing', async () => {
    const { log, lines, metrics, pass } = open();
    for (let n = 0; n < 1_000; n++) log.refused('host', 'refused', { host: 'x'.repeat(100_000) });
    expect(lines).toHaveLength(20);
    expect(lines[0]?.['host']).toHaveLength(256);
    expect((await metrics.refused.get()).values[0]?.value).toBe(1_000);
    pass(10_000);
    log.refused('host', 'refused', {});
    expect(lines.at(-1)).toMatchObject({ omitted: 980 });
  });

  it('writes what an operator did at the default level, however much else is refused', () => {
    const { log, lines } = open();
    for (let n = 0; n < 100; n++) log.refused('host', 'refused', {});
    log.did('dead letters are put back', { subject: 'ada' });
    expect(lines.at(-1)).toEqual({
      level: 40,
      security: true,
      subject: 'ada',
      msg: 'dead letters are put back',
    });
  });
});
