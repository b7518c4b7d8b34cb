import { ActionIcon, Anchor, Indicator, Popover, ScrollArea, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Bell } from 'lucide-react';
import type { Step } from 'millrace-client';
import { useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { NotificationsDocument, type NotificationsSubscription } from './operations.js';
import { useSession } from './session.js';
import { Ago } from './time.js';
import { useFold } from './use-fold.js';

interface Message {
  readonly id: string;
  readonly time: string;
  readonly orderId: string;
  readonly text: string;
  /** Whether it came before the page was opened. */
  readonly isOld: boolean;
}

const HISTORY_MS = 24 * 3_600_000;
/** C4: a page may stay open for days. */
const MAX_MESSAGES = 50;

/** The shop's messages of the last day, the newest first. */
export function Messages() {
  const { client, name } = useSession();
  const from = useMemo(() => new Date(Date.now() - HISTORY_MS), []);
  const { value = [] } = useFold({
    client,
    document: NotificationsDocument,
    variables: {},
    fold: messagesAfter,
    from,
  });
  const [isOpen, setOpen] = useState(false);
  const [seen, markSeen] = useSeen(`shop/seen/${name}`);
  const [newest] = value;
  const unread = value.findIndex(({ id }) => id === seen);
  const count = unread === -1 ? value.length : unread;
  useEffect(() => {
    // The order's own page says it already.
    if (newest === undefined || newest.isOld || location.pathname === `/orders/${newest.orderId}`) return;
    notifications.show({ id: newest.id, title: `Order ${newest.orderId}`, message: newest.text });
  }, [newest]);
  const toggle = (open: boolean): void => {
    setOpen(open);
    if (open && newest !== undefined) markSeen(newest.id);
  };
  return (
    <Popover opened={isOpen} onChange={toggle} width={320} position="bottom-end" withArrow trapFocus>
      <Indicator
        label={count}
        size={16}
        offset={4}
        disabled={count === 0 || isOpen}
        color="red"
        className="tabular"
      >
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            onClick={() => toggle(!isOpen)}
            aria-label={count === 0 ? 'Messages' : `Messages, ${count} new`}
          >
            <Bell size={20} />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown>
        <ScrollArea.Autosize
          mah={360}
          viewportProps={{ tabIndex: 0, 'aria-label': 'Messages', role: 'region' }}
        >
          <Stack gap="sm">
            {value.length === 0 && <Text size="sm">No messages since yesterday.</Text>}
            {value.map(({ id, time, orderId, text }) => (
              <div key={id}>
                <Text size="sm">{text}</Text>
                <Text size="xs" c="dimmed">
                  <Anchor
                    component={Link}
                    href={`/orders/${orderId}`}
                    inherit
                    underline="always"
                    onClick={() => setOpen(false)}
                  >
                    {orderId}
                  </Anchor>{' '}
                  · <Ago time={time} span inherit />
                </Text>
              </div>
            ))}
          </Stack>
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}

function messagesAfter(
  messages: readonly Message[] | undefined,
  { data, event, replayed }: Step<NotificationsSubscription>,
): readonly Message[] | undefined {
  if (data == null || event === undefined) return messages;
  const { orderId, text } = data.notifications;
  const message: Message = { id: event.id, time: event.time, orderId, text, isOld: replayed };
  return [message, ...(messages ?? [])].slice(0, MAX_MESSAGES);
}

/** The newest message that was read, in all tabs. */
function useSeen(key: string): readonly [string | null, (id: string) => void] {
  const [seen, setSeen] = useState(() => localStorage.getItem(key));
  useEffect(() => {
    const onStorage = (event: StorageEvent): void => {
      if (event.key === key) setSeen(event.newValue);
    };
    addEventListener('storage', onStorage);
    return () => removeEventListener('storage', onStorage);
  }, [key]);
  return [
    seen,
    (id) => {
      localStorage.setItem(key, id);
      setSeen(id);
    },
  ];
}
