import {
  Alert,
  Badge,
  Box,
  Button,
  Card,
  Group,
  NumberInput,
  Skeleton,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useState } from 'react';
import { type Product, useCatalogue, usePrice, useStock } from './catalogue.js';
import { majorUnits, minorUnits, moneyText } from './money.js';
import { AddStockDocument, ChangePriceDocument } from './operations.js';
import { sentence } from './order-progress.js';
import { errorText } from './sentences.js';
import { useSession } from './session.js';
import { LOW_STOCK } from './stock-badge.js';

/** Stock and prices, for the merchant. */
export function Shelf() {
  const { products, error } = useCatalogue();
  return (
    <Stack gap="md">
      <Box>
        <Title order={1} size="h2">
          Stock and prices
        </Title>
        <Text c="dimmed">Stock is low below {LOW_STOCK}. Orders and carts keep their prices.</Text>
      </Box>
      {error !== undefined && products === undefined && <Alert color="red">{errorText(error)}</Alert>}
      {products === undefined
        ? error === undefined && <Skeleton h={220} />
        : products.map((product) => <ShelfRow key={product.sku} product={product} />)}
    </Stack>
  );
}

function ShelfRow({ product }: { readonly product: Product }) {
  const stock = useStock(product);
  const price = usePrice(product);
  return (
    <Card withBorder padding="sm" component="section" aria-label={product.name} data-sku={product.sku}>
      <Group justify="space-between" gap="md">
        <Box flex="1 1 220px">
          <Group gap={8}>
            <Text fw={600}>{product.name}</Text>
            {stock.available < LOW_STOCK && (
              <Badge color={stock.available <= 0 ? 'red' : 'orange'} variant="light" tt="none" radius="sm">
                {stock.available <= 0 ? 'Sold out' : 'Low'}
              </Badge>
            )}
          </Group>
          <Text size="sm" c="dimmed" className="tabular">
            {stock.available} available · {stock.reserved} reserved · {stock.onHand} on hand ·{' '}
            {moneyText(price)}
          </Text>
        </Box>
        <Group gap="md">
          <AddStock product={product} />
          <ChangePrice product={product} price={price} />
        </Group>
      </Group>
    </Card>
  );
}

function AddStock({ product: { sku, name } }: { readonly product: Product }) {
  const { client } = useSession();
  const [quantity, setQuantity] = useState<number | string>('');
  const submit = useSubmit('The stock was not changed', async () => {
    const { addStock } = await client.mutate(AddStockDocument, {
      variables: { sku, quantity: Number(quantity) },
    });
    if (!('reason' in addStock)) setQuantity('');
    return 'reason' in addStock ? sentence(addStock.reason) : undefined;
  });
  return (
    <form onSubmit={submit.onSubmit}>
      <Group gap={6} wrap="nowrap">
        <NumberInput
          aria-label={`How many ${name} to add`}
          placeholder="How many"
          value={quantity}
          onChange={setQuantity}
          min={1}
          max={10_000}
          allowDecimal={false}
          allowNegative={false}
          clampBehavior="strict"
          hideControls
          w={100}
        />
        <Button
          type="submit"
          variant="light"
          disabled={quantity === ''}
          loading={submit.isSending}
          aria-label={`Add to the stock of ${name}`}
        >
          Add
        </Button>
      </Group>
    </form>
  );
}

function ChangePrice({
  product: { sku, name },
  price,
}: {
  readonly product: Product;
  readonly price: Product['price'];
}) {
  const { client } = useSession();
  const [major, setMajor] = useState<number | string>('');
  const amount = minorUnits(major, price.currency);
  const submit = useSubmit('The price was not changed', async () => {
    if (amount === undefined) return undefined;
    const { changePrice } = await client.mutate(ChangePriceDocument, {
      variables: { sku, price: { amount, currency: price.currency } },
    });
    if (!('reason' in changePrice)) setMajor('');
    return 'reason' in changePrice ? sentence(changePrice.reason) : undefined;
  });
  return (
    <form onSubmit={submit.onSubmit}>
      <Group gap={6} wrap="nowrap">
        <NumberInput
          aria-label={`New price of ${name} in ${price.currency}`}
          placeholder={majorUnits(price).toFixed(2)}
          value={major}
          onChange={setMajor}
          min={0}
          allowNegative={false}
          decimalScale={2}
          hideControls
          w={100}
        />
        <Button
          type="submit"
          variant="light"
          disabled={amount === undefined}
          loading={submit.isSending}
          aria-label={`Set price of ${name}`}
        >
          Set price
        </Button>
      </Group>
    </form>
  );
}

/** Sends a form, and shows why it was refused. @param send returns the refusal, if there is one */
function useSubmit(failure: string, send: () => Promise<string | undefined>) {
  const [isSending, setSending] = useState(false);
  const run = async (): Promise<void> => {
    setSending(true);
    const refusal = await send().catch(errorText);
    setSending(false);
    if (refusal !== undefined) notifications.show({ color: 'red', title: failure, message: refusal });
  };
  return {
    isSending,
    onSubmit(event: FormEvent) {
      event.preventDefault();
      if (!isSending) void run();
    },
  };
}
