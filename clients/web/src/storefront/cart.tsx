import { notifications } from '@mantine/notifications';
import type { Client, Step } from 'millrace-client';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { type Money, sumOf } from './money.js';
import { MyCartDocument, type MyCartSubscription, SetCartLineDocument } from './operations.js';
import { type OrderLine, sentence } from './order-progress.js';
import { errorText } from './sentences.js';
import { useSession } from './session.js';
import { useFold } from './use-fold.js';

interface CartState {
  readonly lines: readonly OrderLine[];
  /** The order in progress that was made of it. Until that is confirmed or has ended, the cart is closed. */
  readonly closedBy: string | null;
}

interface Cart extends CartState {
  /** Whether the cart was loaded: an empty one before that means nothing. */
  readonly isLoaded: boolean;
  /** With the quantities that the customer has just chosen. */
  readonly total: Money;
  /** Whether a change is on its way to the shop. */
  readonly isChanging: boolean;
  /** Sets the quantity of a product; 0 removes it. */
  readonly set: (sku: string, quantity: number, unitPrice: Money) => void;
}

const EMPTY: CartState = { lines: [], closedBy: null };
const CartContext = createContext<Cart | undefined>(undefined);

/** The cart of a customer, the same in all tabs. */
export function CartProvider({ children }: { readonly children: ReactNode }) {
  const { name } = useSession();
  // Another customer begins with nothing of the one before.
  return name === undefined ? (
    <CartContext value={NO_CART}>{children}</CartContext>
  ) : (
    <LiveCart key={name}>{children}</LiveCart>
  );
}

const NO_CART: Cart = {
  ...EMPTY,
  isLoaded: true,
  total: sumOf([]),
  isChanging: false,
  set: () => undefined,
};

function LiveCart({ children }: { readonly children: ReactNode }) {
  const { client } = useSession();
  const { value = EMPTY, state } = useFold({
    client,
    document: MyCartDocument,
    variables: {},
    fold: cartAfter,
  });
  const { wanted, set } = useChanges(client, value);
  const cart = useMemo<Cart>(() => {
    const lines = withWanted(value.lines, wanted);
    return {
      lines,
      closedBy: value.closedBy,
      isLoaded: value !== EMPTY || state.state === 'live',
      total: sumOf(lines),
      isChanging: Object.keys(wanted).length > 0,
      set,
    };
  }, [value, state, wanted, set]);
  return <CartContext value={cart}>{children}</CartContext>;
}

type Wanted = Readonly<Record<string, OrderLine>>;

/** How long a change that the shop has taken is shown before its event has arrived. */
const EVENT_PATIENCE_MS = 1_000;

/** The quantities that the customer has chosen, and that the cart does not have yet. */
function useChanges(client: Client, cart: CartState): { readonly wanted: Wanted; readonly set: Cart['set'] } {
  const [wanted, setWanted] = useState<Wanted>({});
  /** The newest quantity of each product whose change is on its way. */
  const sending = useRef(new Map<string, number>());
  const newest = useRef(cart);
  newest.current = cart;
  const dropTaken = useCallback(
    () => setWanted((before) => pick(before, (sku) => sending.current.has(sku))),
    [],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the shop has taken is in the cart, or was changed since.
  useEffect(dropTaken, [cart, dropTaken]);
  const set = useCallback<Cart['set']>(
    (sku, quantity, unitPrice) => {
      const isSending = sending.current.has(sku);
      sending.current.set(sku, quantity);
      setWanted((before) => ({ ...before, [sku]: { sku, quantity, unitPrice } }));
      if (!isSending) void send();

      async function send(): Promise<void> {
        const next = sending.current.get(sku) ?? 0;
        const refusal = await client
          .mutate(SetCartLineDocument, { variables: { sku, quantity: next } })
          .then(
            ({ setCartLine }) => ('reason' in setCartLine ? sentence(setCartLine.reason) : undefined),
            errorText,
          );
        // The customer has chosen another quantity meanwhile.
        if (refusal === undefined && sending.current.get(sku) !== next) return send();
        sending.current.delete(sku);
        if (refusal !== undefined)
          notifications.show({ color: 'red', title: 'The cart was not changed', message: refusal });
        const isThere = newest.current.lines.find((line) => line.sku === sku)?.quantity === next;
        if (refusal !== undefined || isThere) dropTaken();
        // The answer may come before the event, and another tab may have changed the line since.
        else setTimeout(dropTaken, EVENT_PATIENCE_MS);
      }
    },
    [client, dropTaken],
  );
  return { wanted, set };
}

const pick = (lines: Wanted, isKept: (sku: string) => boolean): Wanted =>
  Object.fromEntries(Object.entries(lines).filter(([sku]) => isKept(sku)));

export function useCart(): Cart {
  const cart = useContext(CartContext);
  if (cart === undefined) throw new Error('There is no CartProvider.');
  return cart;
}

function cartAfter(before: CartState | undefined, { data }: Step<MyCartSubscription>): CartState | undefined {
  return data?.cartChanges ?? before;
}

/** The lines with the quantities that are on their way, each in its place. */
function withWanted(
  lines: readonly OrderLine[],
  wanted: Readonly<Record<string, OrderLine>>,
): readonly OrderLine[] {
  const added = new Map(Object.entries(wanted));
  const changed = lines.map((line) => {
    const next = added.get(line.sku);
    added.delete(line.sku);
    return next === undefined ? line : { ...line, quantity: next.quantity };
  });
  return [...changed, ...added.values()].filter(({ quantity }) => quantity > 0);
}
