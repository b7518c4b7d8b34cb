import { ClientError, localStore } from 'millrace-client';
import { keptMutations } from 'millrace-client/mutations';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { CheckOutDocument, type CheckOutMutation, type CheckOutMutationVariables } from './operations.js';
import { sentence } from './order-progress.js';
import { errorText } from './sentences.js';
import { useSession } from './session.js';

type Input = CheckOutMutationVariables['input'];

/** What is known of an order that this browser has sent. */
export type Sending =
  | { readonly state: 'sending' }
  /** The shop has it, and has not decided in time. */
  | { readonly state: 'pending' }
  /** Nobody answers. It is sent again until somebody does. */
  | { readonly state: 'unanswered' }
  | { readonly state: 'accepted' }
  | { readonly state: 'refused'; readonly reason: string };

interface Checkout {
  /** By order id: the orders of this page's life. */
  readonly sent: Readonly<Record<string, Sending>>;
  /** Places the order. It is placed once, even if the page is reloaded or the gateway is killed before it answers. */
  readonly place: (input: Input) => void;
}

const CheckoutContext = createContext<Checkout | undefined>(undefined);
/** The name under which the browser keeps the mutation until its answer is known. */
const CHECKOUT = 'checkout';
/** How long one call retries. After that the page says what it waits for, and calls again. */
const CALL_MS = 20_000;

export function CheckoutProvider({ children }: { readonly children: ReactNode }) {
  const { client, name } = useSession();
  const [sent, setSent] = useState<Readonly<Record<string, Sending>>>({});
  const kept = useMemo(() => keptMutations(client, localStore('shop'), name ?? ''), [client, name]);
  const know = useCallback(
    ({ orderId }: Input, sending: Sending) => setSent((before) => ({ ...before, [orderId]: sending })),
    [],
  );

  const place = useCallback(
    async (input: Input): Promise<void> => {
      know(input, { state: 'sending' });
      for (;;) {
        try {
          const { checkOut } = await kept.run(CHECKOUT, CheckOutDocument, {
            variables: { input },
            timeoutMs: CALL_MS,
          });
          return know(input, answered(checkOut));
        } catch (error) {
          const next = failed(error);
          know(input, next);
          // D1: it stays kept, with its idempotency key, so another call continues the same mutation.
          if (next.state === 'refused' || client.state.state === 'closed') return;
        }
      }
    },
    [client, kept, know],
  );

  useEffect(() => {
    // A reload, or a browser that was closed, before the answer arrived.
    if (name === undefined) return;
    void kept.pending<CheckOutMutationVariables>(CHECKOUT).then(
      (pending) => pending && place(pending.variables.input),
      () => undefined, // A browser that keeps nothing has kept no order; `place` says so when there is one.
    );
    return () => setSent({});
  }, [kept, name, place]);

  const checkout = useMemo(() => ({ sent, place: (input: Input) => void place(input) }), [sent, place]);
  return <CheckoutContext value={checkout}>{children}</CheckoutContext>;
}

export function useCheckout(): Checkout {
  const checkout = useContext(CheckoutContext);
  if (checkout === undefined) throw new Error('There is no CheckoutProvider.');
  return checkout;
}

/** A refusal of an order that was placed is a step of the order as well. */
function answered(result: CheckOutMutation['checkOut']): Sending {
  if ('reason' in result) return { state: 'refused', reason: sentence(result.reason) };
  return { state: 'accepted' };
}

function failed(error: unknown): Sending {
  const code = error instanceof ClientError ? error.code : undefined;
  if (code === 'OUTCOME_PENDING') return { state: 'pending' };
  if (code === 'UNREACHABLE' || (error instanceof ClientError && error.retry)) return { state: 'unanswered' };
  if (code === 'MUTATION_PENDING')
    return {
      state: 'refused',
      reason: 'Another order of yours is being placed. Wait until it is confirmed.',
    };
  return { state: 'refused', reason: errorText(error) };
}
