// The topics of the shop, with every event that is published on them.
import { z } from 'zod';
import { ShopTopic } from './topic.js';

// These limits protect the services: anything that a producer writes becomes part of their states and events.
// What a client may publish is limited further by the rules in schema/events.
const orderId = z
  .string()
  .min(1)
  .max(200)
  .refine((id) => !/\p{Surrogate}/u.test(id), 'contains half of a surrogate pair');
const sku = z.string().max(100);
const reason = z.string().max(2_000);
const money = z.object({ amount: z.int(), currency: z.string() });
const line = z.object({ sku, quantity: z.number(), unitPrice: money });
const delivery = z.enum(['PARCEL', 'PICKUP']);
const lines = z.array(line).max(1_000);
const ofOrder = { orderId, customerId: z.string() };

/** A product, its quantity, and the price that holds for this order. */
export type PricedLine = z.infer<typeof line>;

const REJECTIONS = [
  'OUT_OF_STOCK',
  'PAYMENT_DECLINED',
  'NOT_SHIPPABLE',
  'NO_LINES',
  'TOO_MANY_LINES',
  'INVALID_QUANTITY',
  'AMOUNT_TOO_LARGE',
  'CURRENCY_MISMATCH',
] as const;
/** Why an order is rejected. */
export type Rejection = (typeof REJECTIONS)[number];

/** Key: the order id. What customers request, what the other services answer, and how the order ends. */
export const orders = new ShopTopic('shop.orders', {
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

/** Key: the SKU. Commands to the inventory, and the stock levels that result. */
export const stock = new ShopTopic('shop.stock', {
  ReserveStock: z.object({ ...ofOrder, sku, quantity: z.int().positive() }),
  ReleaseStock: z.object({ orderId, sku }),
  TakeStock: z.object({ orderId, sku }),
  AddStock: z.object({ sku, quantity: z.int().positive() }),
  StockLevel: z.object({ sku, onHand: z.int(), reserved: z.int(), available: z.int() }),
  StockNotAdded: z.object({ sku, reason }),
});

/** Key: the order id. Commands to the payment service. */
export const payments = new ShopTopic('shop.payments', {
  ChargePayment: z.object({ ...ofOrder, amount: money }),
  RefundPayment: z.object({ ...ofOrder }),
});

/** Key: the order id. Commands to the shipping service. */
export const shipments = new ShopTopic('shop.shipments', {
  RequestShipment: z.object({ ...ofOrder, delivery, items: z.int() }),
  CancelShipment: z.object({ ...ofOrder }),
  CollectOrder: z.object({ orderId }),
});

/** Key: the customer id. Each customer has one cart. */
export const carts = new ShopTopic('shop.carts', {
  SetCartLine: z.object({ customerId: z.string(), line }),
  CheckOutRequested: z.object({ ...ofOrder, delivery: delivery.nullish() }),
  /** Opens the cart again after its order: empty if that was confirmed, with its lines if it failed. */
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

/** Key: the SKU. Changes of prices. */
export const products = new ShopTopic('shop.products', {
  ChangePrice: z.object({ sku, price: money }),
  PriceChanged: z.object({ sku, price: money, before: money }),
  PriceNotChanged: z.object({ sku, reason }),
});

/** Key: the customer id. */
export const notifications = new ShopTopic('shop.notifications', {
  Notified: z.object({ ...ofOrder, text: z.string() }),
});
