import pRetry, { AbortError } from 'p-retry';
import { z } from 'zod';
import type { Money } from './money.js';

export type Answer =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly reason: string };

/** Whoever moves the money. A call that rejects may or may not have acted: it is to be made again. */
export interface PaymentProvider {
  charge(
    charge: { readonly orderId: string; readonly customerId: string; readonly amount: Money },
    signal: AbortSignal,
  ): Promise<Answer>;
  /** A refund cannot be declined: `ok`, or it rejects. */
  refund(
    refund: { readonly orderId: string; readonly chargeId: string },
    signal: AbortSignal,
  ): Promise<Answer>;
}

export interface ProviderOptions {
  /** How long one attempt may take, in milliseconds. */
  readonly attempt?: number;
  /** How long all attempts of one call may take, in milliseconds. */
  readonly deadline?: number;
}

const Done = z.object({ id: z.string() });
/** As much of a reason as an event of the shop has. */
const MOST_REASON = 1_000;
const Declined = z.object({ reason: z.string().transform((text) => text.slice(0, MOST_REASON)) });

/**
 * The provider over HTTP. What fails or takes too long is tried again until the deadline, always with the
 * idempotency key of the order, by which the provider tells a repetition from a second wish.
 */
export function httpProvider(
  url: () => Promise<string> | string,
  { attempt = 3_000, deadline = 20_000 }: ProviderOptions = {},
): PaymentProvider {
  return {
    charge: ({ orderId, customerId, amount }, signal) =>
      call('/charges', `${orderId}/charge`, { customer: customerId, ...amount }, signal),
    async refund({ orderId, chargeId }, signal) {
      const path = `/charges/${encodeURIComponent(chargeId)}/refund`;
      const answer = await call(path, `${orderId}/refund`, {}, signal);
      if (!answer.ok) throw new Error(`The payment provider does not refund ${chargeId}: ${answer.reason}`);
      return answer;
    },
  };

  async function call(path: string, key: string, body: object, signal: AbortSignal): Promise<Answer> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(deadline)]);
    return pRetry(() => once(path, key, body, until), {
      // As many as fit into the deadline.
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 50,
      maxTimeout: 1_000,
      randomize: true,
      signal: until,
      shouldRetry: () => !until.aborted,
    });
  }

  async function once(path: string, key: string, body: object, until: AbortSignal): Promise<Answer> {
    try {
      return await attemptOnce(path, key, body, until);
    } catch (error) {
      until.throwIfAborted();
      if (error instanceof AbortError) throw error;
      // A cut connection is a TypeError of `fetch`, which p-retry would take for a bug.
      throw new Error(`The payment provider did not answer ${path}`, { cause: error });
    }
  }

  async function attemptOnce(path: string, key: string, body: object, until: AbortSignal): Promise<Answer> {
    const response = await fetch(new URL(path, await url()), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': encodeURIComponent(key) },
      body: JSON.stringify(body),
      signal: AbortSignal.any([until, AbortSignal.timeout(attempt)]),
    });
    // Its own word, and about this order: with its key it said the same of whatever was asked before.
    if (response.status === 402 || response.status === 422)
      return { ok: false, reason: Declined.parse(await response.json()).reason };
    if (response.ok) return { ok: true, id: Done.parse(await response.json()).id };
    await response.body?.cancel();
    const problem = new Error(`The payment provider answers ${response.status} to ${path}`);
    // What it does not understand now, it will not understand later.
    throw response.status < 500 && response.status !== 429 ? new AbortError(problem) : problem;
  }
}
