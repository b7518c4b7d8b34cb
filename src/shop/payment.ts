import type { Service, ServiceEvent } from 'millrace';
import { orders, payments } from './messages.js';
import type { Money } from './money.js';
import type { Answer, PaymentProvider } from './provider.js';
import { type Step, stay } from './step.js';

/** What was paid for one order. It only ever moves down this list. */
export type PaymentState =
  | { readonly at: 'NONE' }
  | { readonly at: 'CHARGED'; readonly chargeId: string; readonly amount: Money }
  | { readonly at: 'DECLINED' }
  | { readonly at: 'REFUNDED' };

/** What is to be asked of the provider. */
export type Call =
  | { readonly what: 'charge'; readonly orderId: string; readonly customerId: string; readonly amount: Money }
  | {
      readonly what: 'refund';
      readonly orderId: string;
      readonly customerId: string;
      readonly charge: Charged;
    };
type Charged = Extract<PaymentState, { at: 'CHARGED' }>;

/**
 * Charges and refunds at the provider, many orders at the same time. It may be ended between the provider's
 * answer and the commit: it asks again then, with the same idempotency key, and nobody is charged twice.
 */
export function paymentService(provider: PaymentProvider): Service<PaymentState> {
  return {
    name: 'payment',
    topics: [payments.topic],
    initial: { at: 'NONE' },
    concurrency: 64,
    async handle(event, { state, signal }) {
      const call = callFor(state, event);
      return call === undefined ? stay(state) : settle(state, call, await ask(provider, call, signal));
    },
  };
}

/** What an event asks for; nothing for what was done already, whose answer stands in the log. */
export function callFor(state: PaymentState, event: ServiceEvent): Call | undefined {
  const message = payments.read(event);
  if (message === undefined || message.orderId !== event.key) return undefined;
  const { orderId, customerId } = message;
  if (message.type === 'ChargePayment') {
    return state.at === 'NONE' ? { what: 'charge', orderId, customerId, amount: message.amount } : undefined;
  }
  return state.at === 'CHARGED' ? { what: 'refund', orderId, customerId, charge: state } : undefined;
}

/** What the provider's answer means. */
export function settle(state: PaymentState, call: Call, answer: Answer): Step<PaymentState> {
  const { orderId, customerId } = call;
  if (call.what === 'refund') {
    const { chargeId, amount } = call.charge;
    const refunded = orders.say('PaymentRefunded', orderId, { orderId, customerId, chargeId, amount });
    return answer.ok ? { state: { at: 'REFUNDED' }, events: [refunded] } : stay(state);
  }
  if (!answer.ok) {
    const declined = orders.say('PaymentDeclined', orderId, { orderId, customerId, reason: answer.reason });
    return { state: { at: 'DECLINED' }, events: [declined] };
  }
  const { amount } = call;
  const { id: chargeId } = answer;
  const charged = orders.say('PaymentCharged', orderId, { orderId, customerId, chargeId, amount });
  return { state: { at: 'CHARGED', chargeId, amount }, events: [charged] };
}

function ask(provider: PaymentProvider, call: Call, signal: AbortSignal): Promise<Answer> {
  const { orderId, customerId } = call;
  return call.what === 'charge'
    ? provider.charge({ orderId, customerId, amount: call.amount }, signal)
    : provider.refund({ orderId, chargeId: call.charge.chargeId }, signal);
}
