import {
  Alert,
  Anchor,
  Badge,
  Box,
  Button,
  Card,
  Group,
  SimpleGrid,
  Skeleton,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import type { Step } from 'millrace-client';
import { useState } from 'react';
import { Link } from 'wouter';
import { useCatalogue } from './catalogue.js';
import { moneyText } from './money.js';
import {
  HandOutDocument,
  OrderBoardDocument,
  type OrderBoardSubscription,
  type OrderStatus,
} from './operations.js';
import { type ListedOrder, ordersAfter } from './order-list.js';
import { sentence } from './order-progress.js';
import { StatusBadge } from './orders-page.js';
import { errorText } from './sentences.js';
import { useSession } from './session.js';
import { Shelf } from './shelf.js';
import { SignInForm } from './sign-in.js';
import { Ago } from './time.js';
import { TraceLink } from './trace-link.js';
import { useFold } from './use-fold.js';

export function MerchantPage() {
  const { isStaff } = useSession();
  if (isStaff)
    return (
      <Stack gap="xl">
        <Board />
        <Shelf />
      </Stack>
    );
  return (
    <Stack maw={420} mx="auto" gap="lg">
      <Title order={1}>For the merchant</Title>
      <Text>This page shows the orders of all customers. Sign in as “staff” to see it.</Text>
      <SignInForm />
    </Stack>
  );
}

type Orders = readonly ListedOrder[] | undefined;
const boardAfter = (orders: Orders, { data, event }: Step<OrderBoardSubscription>): Orders =>
  ordersAfter(orders, data?.orderBoard, event);

const ENDED: readonly OrderStatus[] = ['SHIPPED', 'REJECTED', 'CANCELLED'];
/** The other columns have one state each. */
const isEnded = (status: OrderStatus): boolean => ENDED.includes(status);

const COLUMNS: readonly {
  readonly title: string;
  readonly empty: string;
  readonly of: readonly OrderStatus[];
}[] = [
  { title: 'Being placed', empty: 'Nothing is being placed.', of: ['PLACED'] },
  { title: 'To be sent', empty: 'Nothing waits for its parcel.', of: ['CONFIRMED'] },
  { title: 'To be picked up', empty: 'Nothing waits for its customer.', of: ['READY_FOR_PICKUP'] },
  { title: 'Ended', empty: 'No order has ended yet.', of: ENDED },
];
/** C4: what is shown of a column; its heading counts all. */
const MAX_SHOWN = 25;

function Board() {
  const { client } = useSession();
  const { value, state, error } = useFold({
    client,
    document: OrderBoardDocument,
    variables: {},
    fold: boardAfter,
  });
  const isLoaded = value !== undefined || state.state === 'live';
  return (
    <Stack gap="md">
      <Box>
        <Title order={1}>Orders</Title>
        <Text c="dimmed">Of all customers, as they change.</Text>
      </Box>
      {error !== undefined && <Alert color="red">{errorText(error)}</Alert>}
      {!isLoaded && error === undefined && <Skeleton h={220} />}
      {isLoaded && (
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }} spacing="md">
          {COLUMNS.map((column) => (
            <Column
              key={column.title}
              {...column}
              orders={(value ?? []).filter(({ status }) => column.of.includes(status))}
            />
          ))}
        </SimpleGrid>
      )}
    </Stack>
  );
}

interface ColumnProps {
  readonly title: string;
  readonly empty: string;
  readonly orders: readonly ListedOrder[];
}

function Column({ title, empty, orders }: ColumnProps) {
  return (
    <Stack gap="xs" component="section" aria-label={title}>
      <Group gap={8}>
        <Title order={2} size="h5">
          {title}
        </Title>
        <Badge variant="light" color="gray" radius="sm" className="tabular">
          {orders.length}
        </Badge>
      </Group>
      {orders.length === 0 ? (
        <Text size="sm" c="dimmed">
          {empty}
        </Text>
      ) : (
        orders.slice(0, MAX_SHOWN).map((order) => <OrderCard key={order.orderId} order={order} />)
      )}
      {orders.length > MAX_SHOWN && (
        <Text size="sm" c="dimmed" className="tabular">
          and {orders.length - MAX_SHOWN} more
        </Text>
      )}
    </Stack>
  );
}

function OrderCard({ order }: { readonly order: ListedOrder }) {
  const { nameOf } = useCatalogue();
  const { orderId, customerId, lines, total, placedAt, status } = order;
  return (
    <Card withBorder padding="sm" data-order={orderId}>
      <Stack gap={4}>
        <Group justify="space-between" gap={4} wrap="nowrap">
          <Anchor
            component={Link}
            href={`/orders/${encodeURIComponent(orderId)}`}
            fw={600}
            size="sm"
            truncate
            title={orderId}
          >
            {orderId}
          </Anchor>
          {isEnded(status) && <StatusBadge status={status} />}
        </Group>
        <Text size="sm">
          {customerId} · <Ago time={placedAt} span inherit />
        </Text>
        <Text size="sm" c="dimmed" lineClamp={2}>
          {lines.map(({ sku, quantity }) => `${quantity} × ${nameOf(sku)}`).join(', ')}
        </Text>
        <Group justify="space-between" gap={4}>
          <Text size="sm" className="tabular">
            {total == null ? '' : moneyText(total)}
          </Text>
          <TraceLink id={orderId} />
        </Group>
        {status === 'READY_FOR_PICKUP' && <HandOut orderId={orderId} />}
      </Stack>
    </Card>
  );
}

function HandOut({ orderId }: { readonly orderId: string }) {
  const { client } = useSession();
  const [isSending, setSending] = useState(false);
  const handOut = async (): Promise<void> => {
    setSending(true);
    const refusal = await client
      .mutate(HandOutDocument, { variables: { orderId } })
      .then(
        ({ collectOrder }) => ('reason' in collectOrder ? sentence(collectOrder.reason) : undefined),
        errorText,
      );
    setSending(false);
    if (refusal !== undefined)
      notifications.show({ color: 'red', title: 'The order was not handed out', message: refusal });
  };
  return (
    <Button size="xs" loading={isSending} onClick={() => void handOut()} aria-label={`Hand out ${orderId}`}>
      Hand out
    </Button>
  );
}
