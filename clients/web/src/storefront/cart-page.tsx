import {
  Alert,
  Anchor,
  Button,
  Card,
  Group,
  SegmentedControl,
  Skeleton,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { useCart } from './cart.js';
import { useCatalogue } from './catalogue.js';
import { useCheckout } from './checkout.js';
import { moneyText } from './money.js';
import type { Delivery } from './operations.js';
import { newOrderId } from './order-id.js';
import type { OrderLine } from './order-progress.js';
import { QuantityControl } from './quantity-control.js';
import { useSession } from './session.js';
import { SignInFirst } from './sign-in.js';

export function CartPage() {
  const { name } = useSession();
  const cart = useCart();
  if (name === undefined) return <SignInFirst what="Your cart" />;
  return (
    <Stack gap="lg" maw={720} mx="auto">
      <Title order={1}>Your cart</Title>
      {cart.closedBy !== null && (
        <Alert color="blue" title="Your order is being placed">
          The cart is closed until it is confirmed.{' '}
          <Anchor component={Link} href={`/orders/${cart.closedBy}`} inherit c="inherit" underline="always">
            Follow the order
          </Anchor>
        </Alert>
      )}
      {!cart.isLoaded ? (
        <Skeleton h={160} />
      ) : cart.lines.length === 0 ? (
        <Stack align="flex-start">
          <Text c="dimmed">It is empty.</Text>
          <Button component={Link} href="/" variant="light">
            See what is for sale
          </Button>
        </Stack>
      ) : (
        <>
          <Card withBorder padding="md">
            <Stack gap="md" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
              {cart.lines.map((line) => (
                <CartLine key={line.sku} line={line} />
              ))}
            </Stack>
          </Card>
          <PlaceOrder />
        </>
      )}
    </Stack>
  );
}

function CartLine({ line: { sku, quantity, unitPrice } }: { readonly line: OrderLine }) {
  const cart = useCart();
  const { nameOf } = useCatalogue();
  const name = nameOf(sku);
  return (
    <Group component="li" justify="space-between" wrap="wrap" gap="xs">
      <Stack gap={0} flex="1 1 180px">
        <Anchor component={Link} href={`/products/${sku}`} c="inherit" fw={500}>
          {name}
        </Anchor>
        <Text size="sm" c="dimmed" className="tabular">
          {moneyText(unitPrice)} each
        </Text>
      </Stack>
      <Group gap="md" wrap="nowrap" justify="space-between" flex="1 0 auto" maw={330}>
        <QuantityControl
          name={name}
          quantity={quantity}
          disabled={cart.closedBy !== null}
          onChange={(next) => cart.set(sku, next, unitPrice)}
        />
        <Text w={84} ta="right" className="tabular">
          {moneyText({ ...unitPrice, amount: unitPrice.amount * quantity })}
        </Text>
      </Group>
    </Group>
  );
}

function PlaceOrder() {
  const cart = useCart();
  const checkout = useCheckout();
  const [, navigate] = useLocation();
  const [delivery, setDelivery] = useState<Delivery>('PARCEL');
  const place = (): void => {
    const orderId = newOrderId();
    checkout.place({ orderId, delivery });
    navigate(`/orders/${orderId}`);
  };
  return (
    <Card withBorder padding="md">
      <Stack gap="md">
        <Group justify="space-between">
          <Text id="delivery">How do you want it?</Text>
          <SegmentedControl
            aria-labelledby="delivery"
            value={delivery}
            onChange={(value) => setDelivery(value === 'PICKUP' ? 'PICKUP' : 'PARCEL')}
            data={[
              { value: 'PARCEL', label: 'By parcel' },
              { value: 'PICKUP', label: 'Pick it up' },
            ]}
          />
        </Group>
        <Group justify="space-between" align="baseline">
          <Text fw={600}>Total</Text>
          <Text fw={600} size="xl" className="tabular" data-testid="total">
            {moneyText(cart.total)}
          </Text>
        </Group>
        <Button size="md" onClick={place} disabled={cart.closedBy !== null || cart.isChanging}>
          Place order
        </Button>
      </Stack>
    </Card>
  );
}
