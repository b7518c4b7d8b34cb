import { type Logger, pino } from 'pino';

export type { Logger };

/** The process's own log: JSON lines on standard error, so that standard output stays for what was asked for. */
export function openLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
