import type { OutgoingEvent, ServiceEvent } from 'millrace';
import { z } from 'zod';

/** The events of one topic, by type. */
type Shapes = Readonly<Record<string, z.ZodObject>>;

/** One event of a topic: its type and, beside it, its data. */
export type MessageOf<S extends Shapes> = {
  [Type in keyof S & string]: { readonly type: Type } & Readonly<z.infer<S[Type]>>;
}[keyof S & string];

/** A topic of the shop: what it is called and what is said on it. */
export class Channel<S extends Shapes> {
  constructor(
    readonly topic: string,
    readonly shapes: S,
  ) {}

  /** `undefined` for a tombstone, a type that is not of this topic, or data of another shape. */
  read(event: ServiceEvent): MessageOf<S> | undefined {
    const shape = Object.hasOwn(this.shapes, event.type) ? this.shapes[event.type] : undefined;
    const parsed = shape?.safeParse(event.data);
    // The shape was found under this very type.
    return parsed?.success ? ({ ...parsed.data, type: event.type } as MessageOf<S>) : undefined;
  }

  say<Type extends keyof S & string>(type: Type, key: string, data: z.input<S[Type]>): OutgoingEvent {
    return { topic: this.topic, type, key, data };
  }
}

// A service takes up what it hears: what anybody wrote must fit into its state and into what it says.
// What may be published is less: schema/events.
const orderId = z
  .string()
  .min(1)
  .max(200)
  .refine((id) => !/\p{Surrogate}/u.test(id), 'half a character');
const sku = z.string().max(100);
const reason = z.string().max(2_000);
const money = z.object({ amount: z.int(), currency: z.string() });
const line = z.object({ sku, quantity: z.number(), unitPrice: money });
const delivery = z.enum(['PARCEL', 'PICKUP']);
const lines = z.array(line).max(1_000);
const ofOrder = { orderId, customerId: z.string() };

/** So many of one product, at the price that holds for this order. */
export type PricedLine = z.infer<typeof line>;

export const REJECTIONS = [
  'OUT_OF_STOCK',
  'PAYMENT_DECLINED',
  'NOT_SHIPPABLE',
  'NO_LINES',
  'TOO_MANY_LINES',
  'INVALID_QUANTITY',
  'AMOUNT_TOO_LARGE',
  'CURRENCY_MISMATCH',
] as const;
export type Rejection = (typeof REJECTIONS)[number];

/** By order: what customers want, what the other services answer, and what became of it. */
export const orders = new Channel('shop.orders', {
  OrderPlaced: z.object({
    ...ofOrder,
    lines,
    delivery: delivery.nullish(),
    fromCart: z.boolean().nullish(),
  }),
  OrderIdTaken: z.object({ ...ofOrder, eventId: z.string(), reason }),
  CheckOutRefused: z.object({ ...ofOrder, code: z.enum(['CART_CLOSED', 'CART_EMPTY']), reason }),
  StockReserved: z.object({ ...ofOrder, sku, quantity: z.int() }),
  StockRefused: z.object({ ...ofOrder, sku, wanted: z.int(), available: z.int() }),
  PaymentCharged: z.object({ ...ofOrder, chargeId: z.string(), amount: money }),
  PaymentDeclined: z.object({ ...ofOrder, reason }),
  PaymentRefunded: z.object({ ...ofOrder, chargeId: z.string(), amount: money }),
  OrderConfirmed: z.object({
    ...ofOrder,
    lines,
    total: money,
    delivery,
    placedAt: z.string(),
    confirmedAt: z.string(),
  }),
  ReadyForPickup: z.object({ ...ofOrder }),
  OrderShipped: z.object({ ...ofOrder, trackingId: z.string(), shippedAt: z.string() }),
  ShipmentRefused: z.object({ ...ofOrder, reason }),
  ShipmentCancelled: z.object({ ...ofOrder }),
  ShipmentNotCancelled: z.object({ ...ofOrder }),
  CollectRefused: z.object({ ...ofOrder, reason }),
  CancelRequested: z.object({ ...ofOrder, reason: reason.nullish() }),
  CancelAccepted: z.object({ ...ofOrder }),
  CancelRefused: z.object({
    ...ofOrder,
    code: z.enum(['NO_SUCH_ORDER', 'ALREADY_SHIPPED', 'ALREADY_ENDED']),
    reason,
  }),
  OrderRejected: z.object({
    ...ofOrder,
    code: z.enum(REJECTIONS),
    reason,
    sku: sku.nullish(),
    wanted: z.int().nullish(),
    available: z.int().nullish(),
  }),
  OrderCancelled: z.object({ ...ofOrder, reason: reason.nullish() }),
});

/** By SKU. */
export const stock = new Channel('shop.stock', {
  ReserveStock: z.object({ ...ofOrder, sku, quantity: z.int().positive() }),
  ReleaseStock: z.object({ orderId, sku }),
  TakeStock: z.object({ orderId, sku }),
  AddStock: z.object({ sku, quantity: z.int().positive() }),
  StockLevel: z.object({ sku, onHand: z.int(), reserved: z.int(), available: z.int() }),
  StockNotAdded: z.object({ sku, reason }),
});

/** By order. */
export const payments = new Channel('shop.payments', {
  ChargePayment: z.object({ ...ofOrder, amount: money }),
  RefundPayment: z.object({ ...ofOrder }),
});

/** By order. */
export const shipments = new Channel('shop.shipments', {
  RequestShipment: z.object({ ...ofOrder, delivery, items: z.int() }),
  CancelShipment: z.object({ ...ofOrder }),
  CollectOrder: z.object({ orderId }),
});

/** By customer: each has one cart. */
export const carts = new Channel('shop.carts', {
  SetCartLine: z.object({ customerId: z.string(), line }),
  CheckOutRequested: z.object({ ...ofOrder, delivery: delivery.nullish() }),
  /** The order that closed it has ended: it is open again, with its lines when the order came to nothing. */
  OpenCart: z.object({ ...ofOrder, keepLines: z.boolean() }),
  CartChanged: z.object({
    customerId: z.string(),
    lines,
    total: money,
    closedBy: z.string().nullish(),
  }),
  CartRefused: z.object({
    customerId: z.string(),
    code: z.enum(['CART_CLOSED', 'TOO_MANY_LINES', 'AMOUNT_TOO_LARGE', 'CURRENCY_MISMATCH']),
    reason,
  }),
});

/** By SKU: prices that change. */
export const products = new Channel('shop.products', {
  ChangePrice: z.object({ sku, price: money }),
  PriceChanged: z.object({ sku, price: money, before: money }),
  PriceNotChanged: z.object({ sku, reason }),
});

/** By customer. */
export const notifications = new Channel('shop.notifications', {
  Notified: z.object({ ...ofOrder, text: z.string() }),
});
