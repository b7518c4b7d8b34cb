import { Badge } from '@mantine/core';

/** Below this, a product counts as low. */
export const LOW_STOCK = 10;

export function StockBadge({ available }: { readonly available: number }) {
  if (available <= 0)
    return (
      <Badge color="red" variant="light" tt="none" radius="sm">
        Sold out
      </Badge>
    );
  if (available < LOW_STOCK)
    return (
      <Badge color="orange" variant="light" tt="none" radius="sm" className="tabular">
        Only {available} left
      </Badge>
    );
  return (
    <Badge color="gray" variant="light" tt="none" radius="sm" className="tabular">
      {available} in stock
    </Badge>
  );
}
