import { type Logger, pino } from 'pino';

/** A log, and the messages of what the errors in it were. */
export function loggerOf(): { readonly logger: Logger; readonly errors: readonly string[] } {
  const errors: string[] = [];
  const write = (line: string): void => {
    const { err }: { err?: { message?: string } } = JSON.parse(line);
    if (err?.message !== undefined) errors.push(err.message);
  };
  return { logger: pino({ level: 'warn' }, { write }), errors };
}
