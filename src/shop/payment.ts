// The payment service: charges orders and refunds them, through a payment provider.
import type { Service, ServiceEvent } from 'millrace';
import type { Money } from './money.js';
import type { PaymentProvider, ProviderAnswer } from './payment-provider.js';
import { quiet, type Step } from './state-machine.js';
import { orders, payments } from './topics.js';

/** The payment of one order. It only ever moves down this list. */
export type PaymentState =
  | { readonly at: 'NONE' }
  | { readonly at: 'CHARGED'; readonly chargeId: string; readonly amount: Money }
  | { readonly at: 'DECLINED' }
  | { readonly at: 'REFUNDED' };

/** A request to the provider. */
type ProviderCall =
  | { readonly what: 'charge'; readonly orderId: string; readonly customerId: string; readonly amount: Money }
  | {
      readonly what: 'refund';
      readonly orderId: string;
      readonly customerId: string;
      readonly charge: Charged;
    };
type Charged = Extract<PaymentState, { at: 'CHARGED' }>;

/**
 * Handles many orders at the same time, because each waits for the provider. If the service is killed between
 * the provider's answer and the commit, it repeats the request with the same idempotency key. So nobody is
 * charged twice.
 */
export function paymentService(provider: PaymentProvider): Service<PaymentState> {
  return {
    name: 'payment',
    topics: [payments.topic],
    initial: { at: 'NONE' },
    concurrency: 64,
    async handle(event, { state, signal }) {
      const call = callFor(state, event);
      return call === undefined ? quiet(state) : settle(state, call, await ask(provider, call, signal));
    },
  };
}

/** The request that a command needs; `undefined` if it was done before, and its answer is in the log. */
export function callFor(state: PaymentState, event: ServiceEvent): ProviderCall | undefined {
  const message = payments.read(event);
  if (message === undefined || message.orderId !== event.key) return undefined;
  const { orderId, customerId } = message;
  if (message.type === 'ChargePayment') {
    return state.at === 'NONE' ? { what: 'charge', orderId, customerId, amount: message.amount } : undefined;
  }
  return state.at === 'CHARGED' ? { what: 'refund', orderId, customerId, charge: state } : undefined;
}

/** The step that the provider's answer leads to. */
export function settle(state: PaymentState, call: ProviderCall, answer: ProviderAnswer): Step<PaymentState> {
  const { orderId, customerId } = call;
  if (call.what === 'refund') {
    const { chargeId, amount } = call.charge;
    const refunded = orders.event('PaymentRefunded', orderId, { orderId, customerId, chargeId, amount });
    return answer.ok ? { state: { at: 'REFUNDED' }, events: [refunded] } : quiet(state);
  }
  if (!answer.ok) {
    const declined = orders.event('PaymentDeclined', orderId, { orderId, customerId, reason: answer.reason });
    return { state: { at: 'DECLINED' }, events: [declined] };
  }
  const { amount } = call;
  const { id: chargeId } = answer;
  const charged = orders.event('PaymentCharged', orderId, { orderId, customerId, chargeId, amount });
  return { state: { at: 'CHARGED', chargeId, amount }, events: [charged] };
}

function ask(provider: PaymentProvider, call: ProviderCall, signal: AbortSignal): Promise<ProviderAnswer> {
  const { orderId, customerId } = call;
  return call.what === 'charge'
    ? provider.charge({ orderId, customerId, amount: call.amount }, signal)
    : provider.refund({ orderId, chargeId: call.charge.chargeId }, signal);
}
