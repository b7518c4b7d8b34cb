import { Alert, Anchor, Badge, Button, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { Step } from 'millrace-client';
import { Link } from 'wouter';
import { useCatalogue } from './catalogue.js';
import { moneyText } from './money.js';
import { MyOrdersDocument, type MyOrdersSubscription, type OrderStatus } from './operations.js';
import { type ListedOrder, ordersAfter, STATUS_TEXT } from './order-list.js';
import { errorText } from './sentences.js';
import { useSession } from './session.js';
import { SignInFirst } from './sign-in.js';
import { Ago } from './time.js';
import { useFold } from './use-fold.js';

export function OrdersPage() {
  const { name } = useSession();
  if (name === undefined) return <SignInFirst what="Your orders" />;
  return <MyOrders key={name} />;
}

type Orders = readonly ListedOrder[] | undefined;
const myOrdersAfter = (orders: Orders, { data, event }: Step<MyOrdersSubscription>): Orders =>
  ordersAfter(orders, data?.myOrderChanges, event);

function MyOrders() {
  const { client } = useSession();
  const { value, state, error } = useFold({
    client,
    document: MyOrdersDocument,
    variables: {},
    fold: myOrdersAfter,
  });
  return (
    <Stack gap="lg" maw={720} mx="auto">
      <Title order={1}>Your orders</Title>
      {error !== undefined && <Alert color="red">{errorText(error)}</Alert>}
      {value !== undefined && value.length > 0 ? (
        <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
          {value.map((order) => (
            <OrderRow key={order.orderId} order={order} />
          ))}
        </Stack>
      ) : value !== undefined || state.state === 'live' ? (
        <Stack align="flex-start">
          <Text c="dimmed">You have not ordered anything yet.</Text>
          <Button component={Link} href="/" variant="light">
            See what is for sale
          </Button>
        </Stack>
      ) : (
        error === undefined && <Skeleton h={200} />
      )}
    </Stack>
  );
}

function OrderRow({ order }: { readonly order: ListedOrder }) {
  const { nameOf } = useCatalogue();
  const { orderId, lines, total, placedAt, status } = order;
  return (
    <Card withBorder padding="md" component="li">
      <Group justify="space-between" gap="xs">
        <Stack gap={2} flex="1 1 220px">
          <Anchor
            component={Link}
            href={`/orders/${encodeURIComponent(orderId)}`}
            fw={600}
            className="tabular"
          >
            {orderId}
          </Anchor>
          <Text size="sm" lineClamp={1}>
            {lines.map(({ sku, quantity }) => `${quantity} × ${nameOf(sku)}`).join(', ')}
          </Text>
          <Ago time={placedAt} size="sm" c="dimmed" />
        </Stack>
        <Group gap="md">
          {total != null && (
            <Text fw={600} className="tabular">
              {moneyText(total)}
            </Text>
          )}
          <StatusBadge status={status} />
        </Group>
      </Group>
    </Card>
  );
}

const COLORS: Readonly<Record<OrderStatus, string>> = {
  PLACED: 'blue',
  CONFIRMED: 'blue',
  READY_FOR_PICKUP: 'teal',
  SHIPPED: 'green',
  REJECTED: 'red',
  CANCELLED: 'gray',
};

export function StatusBadge({ status }: { readonly status: OrderStatus }) {
  return (
    <Badge color={COLORS[status]} variant="light" tt="none" radius="sm">
      {STATUS_TEXT[status]}
    </Badge>
  );
}
