import { Alert, Anchor, Button, Card, Group, Skeleton, Stack, Text, Timeline, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Check, Circle, X } from 'lucide-react';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import { useCatalogue } from './catalogue.js';
import { type Sending, useCheckout } from './checkout.js';
import { useLasting } from './connection-notice.js';
import { moneyText } from './money.js';
import { CancelOrderDocument, FollowOrderDocument } from './operations.js';
import {
  headlineOf,
  isBad,
  isCancellable,
  orderAfter,
  sentence,
  stepText,
  type TrackedOrder,
  upcoming,
} from './order-progress.js';
import { errorText } from './sentences.js';
import { useSession } from './session.js';
import { SignInFirst } from './sign-in.js';
import { EventTime } from './time.js';
import { TraceLink } from './trace-link.js';
import { useFold } from './use-fold.js';

export function OrderPage() {
  const { orderId } = useParams<{ orderId: string }>();
  const { name } = useSession();
  if (name === undefined) return <SignInFirst what={`Order ${orderId}`} />;
  return <FollowedOrder key={`${name} ${orderId}`} orderId={orderId} />;
}

function FollowedOrder({ orderId }: { readonly orderId: string }) {
  const { client } = useSession();
  const sending = useCheckout().sent[orderId];
  const { value, state, error, restart } = useFold({
    client,
    document: FollowOrderDocument,
    variables: { orderId },
    fold: orderAfter,
  });
  const isLate = useLasting(value === undefined && state.state === 'starting');
  return (
    <Stack gap="lg" maw={720} mx="auto">
      <Group justify="space-between" align="baseline">
        <Title order={1} size="h2">
          Order {orderId}
        </Title>
        <TraceLink id={orderId} />
      </Group>
      {error !== undefined && (
        <Alert color="red" title="The order cannot be followed">
          {errorText(error)}{' '}
          <Button size="compact-sm" variant="light" onClick={restart}>
            Try again
          </Button>
        </Alert>
      )}
      <SendingNotice sending={sending} isThere={value !== undefined} />
      {value !== undefined ? (
        <Order order={value} />
      ) : state.state === 'live' ? (
        sending === undefined && <NoSuchOrder />
      ) : (
        error === undefined && (
          <>
            {isLate && sending === undefined && <Text c="dimmed">Waiting for the shop…</Text>}
            {sending?.state !== 'unanswered' && <Skeleton h={280} />}
          </>
        )
      )}
    </Stack>
  );
}

function NoSuchOrder() {
  return (
    <Text>
      No order of yours has this number. If it was placed just now, it appears here.{' '}
      <Anchor component={Link} href="/orders" underline="always">
        See your orders
      </Anchor>
    </Text>
  );
}

/** What is known of an order before its events say it. */
function SendingNotice({
  sending,
  isThere,
}: {
  readonly sending: Sending | undefined;
  readonly isThere: boolean;
}) {
  const isSlow = useLasting(sending?.state === 'sending' && !isThere);
  switch (sending?.state) {
    case 'refused':
      // The steps of an order that is there say why.
      return isThere ? null : (
        <Alert color="red" title="The order was not placed">
          {sending.reason}{' '}
          <Anchor component={Link} href="/cart" inherit c="inherit" underline="always">
            Back to the cart
          </Anchor>
        </Alert>
      );
    case 'unanswered':
      return (
        <Alert color="yellow" title="The shop has not answered yet">
          Your order is sent again until it does. It is placed once, however often it is sent: you may close
          this page.
        </Alert>
      );
    case 'pending':
      return (
        <Alert color="blue" title="This takes longer than usual">
          Your order continues. Each step appears here as it happens.
        </Alert>
      );
    case 'sending':
      return isThere ? null : (
        <Text c="dimmed">{isSlow ? 'Still sending your order…' : 'Sending your order…'}</Text>
      );
    default:
      return null;
  }
}

const COLORS = { going: 'blue', good: 'green', bad: 'red' } as const;

function Order({ order }: { readonly order: TrackedOrder }) {
  const { nameOf } = useCatalogue();
  const { name, isStaff } = useSession();
  const { text, tone } = headlineOf(order);
  const { lines, total, trackingId } = order;
  return (
    <>
      <Alert color={COLORS[tone]} role="status">
        <Text fw={600}>{text}</Text>
        {isStaff && <Text size="sm">Customer: {order.customerId}</Text>}
        {trackingId !== null && <Text size="sm">Tracking number: {trackingId}</Text>}
      </Alert>
      <Card withBorder padding="lg">
        <Steps order={order} />
      </Card>
      <Card withBorder padding="lg">
        <Stack gap="xs">
          {lines.map(({ sku, quantity, unitPrice }) => (
            <Group key={sku} justify="space-between" wrap="nowrap">
              <Text>
                {quantity} × {nameOf(sku)}
              </Text>
              <Text className="tabular">
                {moneyText({ ...unitPrice, amount: unitPrice.amount * quantity })}
              </Text>
            </Group>
          ))}
          {total !== null && (
            <Group justify="space-between">
              <Text fw={600}>Total</Text>
              <Text fw={600} className="tabular">
                {moneyText(total)}
              </Text>
            </Group>
          )}
        </Stack>
      </Card>
      {order.customerId === name && isCancellable(order) && <CancelButton orderId={order.orderId} />}
    </>
  );
}

/** Each event of the order, and what is still to come. */
function Steps({ order }: { readonly order: TrackedOrder }) {
  const { nameOf } = useCatalogue();
  return (
    <Timeline active={order.steps.length - 1} bulletSize={22} lineWidth={2} aria-label="Steps of the order">
      {order.steps.map((step) => (
        <Timeline.Item
          key={step.id}
          data-step={step.type}
          color={isBad(step) ? 'red' : 'green'}
          bullet={isBad(step) ? <X size={13} aria-hidden /> : <Check size={13} aria-hidden />}
          title={stepText(step, order, nameOf)}
        >
          {step.reason !== null && step.reason !== '' && <Text size="sm">{sentence(step.reason)}</Text>}
          <EventTime time={step.time} size="sm" c="dimmed" />
        </Timeline.Item>
      ))}
      {upcoming(order).map((text) => (
        <Timeline.Item
          key={text}
          lineVariant="dashed"
          bullet={<Circle size={8} aria-hidden />}
          title={
            <Text inherit c="dimmed" fw={400}>
              {text}
            </Text>
          }
        />
      ))}
    </Timeline>
  );
}

function CancelButton({ orderId }: { readonly orderId: string }) {
  const { client } = useSession();
  const [isSending, setSending] = useState(false);
  const cancel = async (): Promise<void> => {
    setSending(true);
    const refusal = await client
      .mutate(CancelOrderDocument, { variables: { orderId } })
      .then(
        ({ cancelOrder }) => ('reason' in cancelOrder ? sentence(cancelOrder.reason) : undefined),
        errorText,
      );
    setSending(false);
    if (refusal !== undefined)
      notifications.show({ color: 'red', title: 'The order was not cancelled', message: refusal });
  };
  return (
    <Button
      variant="default"
      loading={isSending}
      onClick={() => void cancel()}
      style={{ alignSelf: 'flex-start' }}
    >
      Cancel the order
    </Button>
  );
}
