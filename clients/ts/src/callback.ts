import { ClientError } from './client-error.js';

export type OnProblem = (error: ClientError) => void;

/**
 * Calls a function of the application that only listens. If it throws, the error is a problem to report: it must not end
 * what the client was doing, which may concern other subscriptions.
 */
export function notify(onProblem: OnProblem, name: string, call: () => unknown): void {
  try {
    call();
  } catch (cause) {
    onProblem(new ClientError('CALLBACK_FAILED', `\`${name}\` failed: ${String(cause)}`, { cause }));
  }
}

/** @returns a function that cannot throw */
export function safely(onProblem: OnProblem = (error) => console.warn(error.message)): OnProblem {
  return (error) => {
    try {
      onProblem(error);
    } catch (failure) {
      console.warn(error.message, failure);
    }
  };
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
