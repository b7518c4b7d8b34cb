/** One event of the shop's log. */
export interface Said {
  readonly topic: string;
  readonly type: string;
  readonly key: string | null;
  readonly data: Readonly<Record<string, unknown>> | null;
}

export interface Ledger {
  /** What there was of a SKU in the beginning. */
  readonly opening: (sku: string) => number;
  /** What the provider did: `<order>/charge` or `<order>/refund`, and whether money moved. */
  readonly booked: Iterable<readonly [key: string, moved: boolean]>;
}

/**
 * What must hold of the whole log once the shop is at rest, whatever happened on the way.
 * @returns what does not, in words; nothing when all is well
 */
export function violations(log: readonly Said[], { opening, booked }: Ledger): readonly string[] {
  const wrong: string[] = [];
  const of = (type: string) => log.filter((event) => event.type === type);
  const text = (event: Said, field: string) => String(event.data?.[field]);
  const keys = (type: string) => count(of(type).map((event) => event.key ?? ''));
  const placed = keys('OrderPlaced');
  const ends = new Map<string, readonly string[]>();
  for (const type of ['OrderShipped', 'OrderRejected', 'OrderCancelled'])
    for (const { key } of of(type)) ends.set(key ?? '', [...(ends.get(key ?? '') ?? []), type]);

  // No order stuck, and none with two ends.
  for (const order of placed.keys()) {
    const how = new Set(ends.get(order));
    if (how.size !== 1)
      wrong.push(`${order} ended ${how.size === 0 ? 'not at all' : `as ${[...how].join(' and ')}`}`);
  }
  for (const order of ends.keys()) if (!placed.has(order)) wrong.push(`${order} ended and was never placed`);
  const carts = new Map(of('CartChanged').map((event) => [event.key, event.data?.['closedBy'] ?? null]));
  for (const [customer, closedBy] of carts)
    if (closedBy !== null) wrong.push(`the cart of ${customer} stays closed by ${String(closedBy)}`);

  // Nobody charged twice, nobody charged for nothing, nobody refunded what was shipped.
  const money = count([...booked].filter(([, moved]) => moved).map(([key]) => key));
  for (const [key, times] of money) if (times > 1) wrong.push(`${key} was booked ${times} times`);
  for (const order of placed.keys()) {
    const charged = money.has(`${order}/charge`);
    const refunded = money.has(`${order}/refund`);
    const shipped = ends.get(order)?.includes('OrderShipped') === true;
    if (shipped && (!charged || refunded)) wrong.push(`${order} was shipped and not paid`);
    if (!shipped && charged !== refunded) wrong.push(`${order} failed, but its payment was not refunded`);
  }

  // No stock oversold: at no moment.
  const levels = new Map<string, Said>();
  for (const event of of('StockLevel')) {
    const [onHand, reserved, available] = ['onHand', 'reserved', 'available'].map((f) =>
      Number(event.data?.[f]),
    );
    if (!(Number(available) >= 0 && Number(reserved) >= 0 && Number(onHand) - Number(reserved) === available))
      wrong.push(`oversold: ${JSON.stringify(event.data)}`);
    levels.set(event.key ?? '', event);
  }
  // Stock adds up: what is gone is what was shipped, and nothing is reserved any more.
  const gone = new Map<string, number>();
  const first = new Set<string>();
  for (const event of of('OrderPlaced')) {
    const order = event.key ?? '';
    if (first.has(order) || ends.get(order)?.includes('OrderShipped') !== true) continue;
    first.add(order);
    for (const { sku, quantity } of (event.data?.['lines'] ?? []) as { sku: string; quantity: number }[])
      gone.set(sku, (gone.get(sku) ?? 0) + quantity);
  }
  const received = new Map<string, number>();
  for (const event of of('AddStock')) {
    const sku = text(event, 'sku');
    received.set(sku, (received.get(sku) ?? 0) + Number(event.data?.['quantity']));
  }
  for (const [sku, level] of levels) {
    const expected = opening(sku) + (received.get(sku) ?? 0) - (gone.get(sku) ?? 0);
    if (level.data?.['onHand'] !== expected)
      wrong.push(`of ${sku} there are ${String(level.data?.['onHand'])}, and should be ${expected}`);
    if (level.data?.['reserved'] !== 0)
      wrong.push(`of ${sku} ${String(level.data?.['reserved'])} stay reserved`);
  }
  for (const sku of gone.keys()) if (!levels.has(sku)) wrong.push(`${sku} was shipped from no stock`);
  return wrong;
}

function count(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
