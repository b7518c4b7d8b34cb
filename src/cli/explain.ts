import { MillraceError } from '../core/errors.js';
import { refusalIn } from '../core/refusal.js';
import { DeadLettersError } from '../dead-letters/command.js';
import { ConfigError } from '../node/config.js';
import { ProjectError } from '../project/loader.js';
import { RebuildError } from '../rebuild/command.js';
import { UserError } from './user-error.js';
import { WorkerFailed } from './workers/workers.js';

/**
 * What the command line prints for an error, and the exit code: 2 for the environment, 1 for everything else.
 * Only an unexpected error shows its stack trace. A worker that failed has printed its own message.
 */
export function explain(error: unknown): {
  readonly message: string | undefined;
  readonly exitCode: number;
} {
  const refusal = refusalIn(error);
  if (refusal !== undefined) return { message: refusal.message, exitCode: 1 };
  if (error instanceof ConfigError) return { message: error.message, exitCode: 2 };
  if (error instanceof WorkerFailed) return { message: undefined, exitCode: error.exitCode || 1 };
  if (error instanceof UserError) return { message: error.message, exitCode: error.exitCode };
  // What clients see has no addresses, which is what helps here.
  const isAway =
    error instanceof MillraceError &&
    (error.code === 'LOG_UNAVAILABLE' || error.code === 'FANOUT_UNAVAILABLE');
  if (isAway && error.cause instanceof Error)
    return { message: `${error.message}: ${error.cause.message}`, exitCode: 1 };
  if (
    error instanceof ProjectError ||
    error instanceof MillraceError ||
    error instanceof DeadLettersError ||
    error instanceof RebuildError
  )
    return { message: error.message, exitCode: 1 };
  if (error instanceof Error && error.name === 'TimeoutError') {
    return { message: 'The log did not answer while the process started. Is it reachable?', exitCode: 1 };
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return { message: `${error.message}. Stop the process on that port, or set another PORT.`, exitCode: 1 };
  }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error), exitCode: 1 };
}
