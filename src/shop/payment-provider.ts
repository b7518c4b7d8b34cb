// The payment provider: what the payment service needs of it, and its client over HTTP.
import pRetry, { AbortError } from 'p-retry';
import { z } from 'zod';
import type { Money } from './money.js';

export type ProviderAnswer =
  | { readonly ok: true; readonly id: string }
  | { readonly ok: false; readonly reason: string };

/** Moves the money. A call that rejects may or may not have taken effect: repeat it. */
export interface PaymentProvider {
  charge(
    charge: { readonly orderId: string; readonly customerId: string; readonly amount: Money },
    signal: AbortSignal,
  ): Promise<ProviderAnswer>;
  /** A refund cannot be declined: it answers `ok` or rejects. */
  refund(
    refund: { readonly orderId: string; readonly chargeId: string },
    signal: AbortSignal,
  ): Promise<ProviderAnswer>;
}

interface ProviderOptions {
  /** How long one attempt may take, in milliseconds. */
  readonly attempt?: number;
  /** How long all attempts of one call may take, in milliseconds. */
  readonly deadline?: number;
}

const Done = z.object({ id: z.string() });
/** Longer reasons are cut before they become part of an event. */
const MAX_REASON_CHARS = 1_000;
const Declined = z.object({ reason: z.string().transform((text) => text.slice(0, MAX_REASON_CHARS)) });

/** The provider is down or unreachable. `retry`: the order is not at fault, so the service waits instead of setting it aside. */
class ProviderUnavailable extends Error {
  override readonly name = 'ProviderUnavailable';
  readonly retry = true;

  constructor(path: string, options: ErrorOptions) {
    super(`The payment provider did not answer ${path} within the deadline`, options);
  }
}

/**
 * A client of the provider over HTTP. An attempt that fails or takes too long is retried until the deadline,
 * always with the order's idempotency key, by which the provider recognises a retry.
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
      if (!answer.ok) throw new Error(`The payment provider refused to refund ${chargeId}: ${answer.reason}`);
      return answer;
    },
  };

  async function call(path: string, key: string, body: object, signal: AbortSignal): Promise<ProviderAnswer> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(deadline)]);
    try {
      return await pRetry(() => once(path, key, body, until), {
        // As many as fit into the deadline.
        retries: Number.POSITIVE_INFINITY,
        minTimeout: 50,
        maxTimeout: 1_000,
        randomize: true,
        signal: until,
        shouldRetry: () => !until.aborted,
      });
    } catch (error) {
      if (until.aborted && !signal.aborted) throw new ProviderUnavailable(path, { cause: error });
      throw error;
    }
  }

  async function once(path: string, key: string, body: object, until: AbortSignal): Promise<ProviderAnswer> {
    try {
      return await attemptOnce(path, key, body, until);
    } catch (error) {
      until.throwIfAborted();
      if (error instanceof AbortError) throw error;
      // `fetch` reports a broken connection as a TypeError, which p-retry would take for a bug and not retry.
      throw new Error(`The payment provider did not answer ${path}`, { cause: error });
    }
  }

  async function attemptOnce(
    path: string,
    key: string,
    body: object,
    until: AbortSignal,
  ): Promise<ProviderAnswer> {
    const response = await fetch(new URL(path, await url()), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': encodeURIComponent(key) },
      body: JSON.stringify(body),
      signal: AbortSignal.any([until, AbortSignal.timeout(attempt)]),
    });
    // A decline, for this order and every retry of it: the provider gives one answer for one key.
    if (response.status === 402 || response.status === 422)
      return { ok: false, reason: Declined.parse(await response.json()).reason };
    if (response.ok) return { ok: true, id: Done.parse(await response.json()).id };
    await response.body?.cancel();
    const problem = new Error(`The payment provider answered ${response.status} to ${path}`);
    // A request that the provider rejects as invalid will not become valid by a retry.
    throw response.status < 500 && response.status !== 429 ? new AbortError(problem) : problem;
  }
}
