import { backoffMs } from './backoff.js';
import type { RenewalRefusal } from './link.js';

/**
 * The renewal of the credentials of an open connection: a state, and a pure function for each thing that can happen to it.
 *
 * | state      | input                                                   | next                  | effect  |
 * |------------|---------------------------------------------------------|-----------------------|---------|
 * | impossible | there are other credentials                             | impossible            | redial  |
 * | idle       | they expire soon, or there are other ones               | running               | renew   |
 * | running    | there are other ones                                    | running, and again    |         |
 * | running    | renewed                                                 | idle                  |         |
 * | running    | refused: the former ones stay in force                  | idle                  |         |
 * | running    | renewed or refused, and again                           | running               | renew   |
 * | running    | refused for now, or they cannot be had                  | later, with back-off  | wait    |
 * | later      | elapsed, they expire soon, or there are other ones      | running               | renew   |
 * | running    | refused: those of another subject                       | running               | redial  |
 *
 * Every other input leaves the state as it is. They are renewed one at a time.
 */
export type Renewal =
  /** The server has not said that it can. */
  | { readonly is: 'impossible' | 'idle' }
  /** They were asked for, or sent. `again`: there are other ones since. */
  | { readonly is: 'running'; readonly again: boolean; readonly failures: number }
  | { readonly is: 'later'; readonly failures: number };

export type RenewalInput =
  /** `expiring`: the server says that they expire soon. `credentials`: the application says that there are other ones. */
  | { readonly type: 'expiring' }
  | { readonly type: 'credentials' }
  | { readonly type: 'renewed' }
  | { readonly type: 'elapsed' }
  | { readonly type: 'not-renewed'; readonly refusal: RenewalRefusal };

export interface RenewalStep {
  readonly renewal: Renewal;
  readonly effect: 'redial' | 'renew' | { readonly waitMs: number } | undefined;
}

/** @param random from 0 to 1 */
export function onRenewalInput(renewal: Renewal, input: RenewalInput, random: number): RenewalStep {
  const stays: RenewalStep = { renewal, effect: undefined };
  switch (input.type) {
    case 'credentials':
      if (renewal.is === 'impossible') return { renewal, effect: 'redial' };
      return renewal.is === 'running' ? { ...stays, renewal: { ...renewal, again: true } } : run(renewal);
    case 'expiring':
      // A renewal under way answers the warning.
      return renewal.is === 'idle' || renewal.is === 'later' ? run(renewal) : stays;
    case 'elapsed':
      return renewal.is === 'later' ? run(renewal) : stays;
    case 'renewed':
    case 'not-renewed': {
      if (renewal.is !== 'running') return stays;
      const refusal = input.type === 'renewed' ? undefined : input.refusal;
      if (refusal?.kind === 'subject') return { renewal, effect: 'redial' };
      if (refusal?.kind === 'retry') {
        const failures = renewal.failures + 1;
        const waitMs = backoffMs(failures, random, refusal.retryAfterMs);
        return { renewal: { is: 'later', failures }, effect: { waitMs } };
      }
      const idle: Renewal = { is: 'idle' };
      return renewal.again ? run(idle) : { renewal: idle, effect: undefined };
    }
    default:
      return input satisfies never;
  }
}

function run(renewal: Renewal): RenewalStep {
  const failures = 'failures' in renewal ? renewal.failures : 0;
  return { renewal: { is: 'running', again: false, failures }, effect: 'renew' };
}
