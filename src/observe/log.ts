import { type Logger, pino } from 'pino';

export type { Logger };

/**
 * The process's log: JSON lines on standard error, so that standard output carries only a command's answer.
 * @param level a pino level, such as `info`, or `silent`
 */
export function openLogger(level: string): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
