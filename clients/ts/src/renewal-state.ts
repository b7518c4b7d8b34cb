import { backoffMs } from './backoff.js';
import type { ClientError } from './client-error.js';

/**
 * The renewal of the credentials of an open connection: a state, and a pure function for each thing that can happen to it.
 *
 * | state      | input                                                   | next                  | effect  |
 * |------------|---------------------------------------------------------|-----------------------|---------|
 * | undefined  | there are other credentials                             | undefined             | redial  |
 * | idle       | they expire soon, or there are other ones               | running               | renew   |
 * | running    | there are other ones                                    | running, and again    |         |
 * | running    | renewed                                                 | idle                  |         |
 * | running    | refused: the former ones stay in force                  | idle                  |         |
 * | running    | renewed or refused, and again                           | running               | renew   |
 * | running    | refused for now, or they cannot be had                  | later, with back-off  | wait    |
 * | later      | elapsed, they expire soon, or there are other ones      | running               | renew   |
 * | running    | refused: those of another subject                       | running               | redial  |
 *
 * `undefined`: the server has not said that it supports renewal. *Later* is idle after failures. Every other input leaves the
 * state unchanged. Only one renewal runs at a time.
 */
export interface Renewal {
  /** The new credentials were asked for, or sent. */
  readonly isRunning: boolean;
  /** The application has changed its credentials since. */
  readonly again: boolean;
  /** How many times in a row the renewal failed for now. */
  readonly failures: number;
}

export const IDLE_RENEWAL: Renewal = { isRunning: false, again: false, failures: 0 };

export type RenewalInput =
  /** The server warns that the credentials expire soon. */
  | { readonly type: 'expiring' }
  /** The application says that its credentials have changed. */
  | { readonly type: 'credentials' }
  | { readonly type: 'elapsed' }
  /** `error`: why the former credentials stay in force. `undefined`: the new ones are in force. */
  | { readonly type: 'renewed'; readonly error?: ClientError | undefined };

export interface RenewalStep {
  readonly renewal: Renewal | undefined;
  readonly effect?: 'redial' | 'renew' | { readonly waitMs: number };
}

/** @param random from 0 to 1 */
export function onRenewalInput(
  renewal: Renewal | undefined,
  input: RenewalInput,
  random: number,
): RenewalStep {
  const { type } = input;
  if (renewal === undefined) return type === 'credentials' ? { renewal, effect: 'redial' } : { renewal };
  const { isRunning, again, failures } = renewal;
  if (type !== 'renewed') {
    // A renewal under way answers a warning, but it may send older credentials than these.
    if (isRunning) return { renewal: { ...renewal, again: again || type === 'credentials' } };
    return type === 'elapsed' && failures === 0 ? { renewal } : run(failures);
  }
  const { error } = input;
  if (!isRunning) return { renewal };
  if (error && isOfAnother(error)) return { renewal, effect: 'redial' };
  if (error?.retry) {
    const waitMs = backoffMs(failures + 1, random, error.retryAfterMs);
    return { renewal: { ...IDLE_RENEWAL, failures: failures + 1 }, effect: { waitMs } };
  }
  return again ? run(0) : { renewal: IDLE_RENEWAL };
}

const run = (failures: number): RenewalStep => ({
  renewal: { isRunning: true, again: false, failures },
  effect: 'renew',
});

/** Whether the refused credentials are those of another subject, which need a new connection. */
export const isOfAnother = ({ extensions }: ClientError): boolean => extensions['reason'] === 'SUBJECT';
