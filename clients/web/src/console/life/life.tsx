import { Code, EmptyState, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useMemo, useReducer, useState } from 'react';
import { useSearchParams } from 'wouter';
import { NoTime } from '../../shared/no-time';
import { nodeName } from '../../shared/node-name';
import { useNow } from '../../shared/relative-time';
import { Page } from '../shell/page';
import { DeliveryIndex } from './deliveries';
import { LetterList } from './details';
import { EventRows } from './event-rows';
import type { Found } from './found';
import classes from './life.module.css';
import type { Arrangement } from './lineage-rows';
import { ReadingLine } from './reading-line';
import { Search } from './search';
import { summaryOf } from './summary';
import { useDeliveries } from './use-deliveries';
import { useLife } from './use-life';
import { moment } from './wording';

/** What can be typed, and what it finds. */
const EXAMPLES = [
  ['A key', 'order-1', 'All events with this key, and all that belong to them'],
  ['An event id', '0f8e1a52-…', 'The event, and all that share its correlation id'],
  ['A correlation id', 'b7c1d2e3-…', 'All events that one mutation caused'],
  ['An idempotency key', 'checkout-42', 'What was published with the key, and all that it caused'],
  ['A position', 'shop.orders/3@17', 'The event there, however old it is'],
] as const;

/** As `shop.orders/3@17`. */
const POSITION = /^[^/]+\/\d+@\d+$/;

/** What the gateway reads first, and how much before an event its cause is looked for. */
const WINDOW_MS = 3_600_000;
const BEFORE_MS = 600_000;

export default function LifePage() {
  const [params, setParams] = useSearchParams();
  const id = params.get('id') ?? '';
  const around = params.get('around');
  const since = sinceOf(around);
  // Asking for the same id again shows what has happened since.
  const [asked, askAgain] = useReducer((count: number) => count + 1, 0);
  const search = (next: string): void => {
    askAgain();
    setParams({ id: next });
  };
  return (
    <Page
      title="Life of an event"
      about="What one event caused, which services and nodes it went through, and where it stopped."
    >
      <Search id={id} onSearch={search} />
      <NoTime name="around" text={around} instead="Reading begins one hour ago." />
      {id === '' ? <Examples /> : <LifeOf key={`${id} ${asked}`} id={id} since={since} />}
    </Page>
  );
}

/** Where reading begins: an hour ago, or else some time before an older event. */
function sinceOf(around: string | null): string | undefined {
  const at = Date.parse(around ?? '');
  const since = at - BEFORE_MS;
  return Number.isNaN(since) || since > Date.now() - WINDOW_MS ? undefined : new Date(since).toISOString();
}

function Examples() {
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        What can be typed
      </Title>
      <ul className={classes['examples']}>
        {EXAMPLES.map(([what, example, finds]) => (
          <li key={what}>
            <Text size="sm" fw={600}>
              {what}, such as <Code>{example}</Code>
            </Text>
            <Text size="sm">{finds}</Text>
          </li>
        ))}
      </ul>
      <Text size="sm" c="dimmed">
        The log is read from one hour ago on; the page then offers to read further back.
      </Text>
    </Stack>
  );
}

function LifeOf({ id, since }: { readonly id: string; readonly since: string | undefined }) {
  const life = useLife(id, since);
  const [arrangement, setArrangement] = useState<Arrangement>('time');
  const { found, state } = life;
  const { deliveries, error } = useDeliveries(found.events, state !== 'reading');
  const index = useMemo(() => deliveries && new DeliveryIndex(deliveries), [deliveries]);
  return (
    <Stack gap="md">
      <ReadingLine life={life} subject={id} />
      {found.events.length > 0 && (
        <>
          <Text aria-live="polite" fw={600} className="tabular" data-testid="summary">
            {summaryOf(id, found, index)}
          </Text>
          <SegmentedControl
            value={arrangement}
            onChange={(value) => setArrangement(value)}
            data={[
              { value: 'time', label: 'By time' },
              { value: 'tree', label: 'As a tree' },
              { value: 'source', label: 'By service' },
            ]}
            aria-label="How the events are arranged"
            w="fit-content"
          />
          <EventRows events={found.events} arrangement={arrangement} deliveries={deliveries} />
        </>
      )}
      <Orphans found={found} />
      {state === 'done' && found.events.length === 0 && found.orphans.length === 0 && (
        <NothingFound id={id} found={found} />
      )}
      {error !== undefined && <Text size="sm">The nodes cannot be asked: {error.message}</Text>}
      {deliveries !== undefined && deliveries.silent.length > 0 && (
        <Text size="sm">
          No answer within half a second from {deliveries.silent.map(nodeName).join(', ')}: what it did is not
          shown.
        </Text>
      )}
      {deliveries?.unheard != null && <Text size="sm">{deliveries.unheard}</Text>}
    </Stack>
  );
}

/** Records that were set aside before they became events. */
function Orphans({ found: { orphans } }: { readonly found: Found }) {
  if (orphans.length === 0) return null;
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        Records that are no events
      </Title>
      <LetterList letters={orphans} />
    </Stack>
  );
}

function NothingFound({ id, found: { progress } }: { readonly id: string; readonly found: Found }) {
  const now = useNow();
  const topics = progress?.topics.join(', ') ?? '';
  // A position is read wherever it is: reading further back finds no more.
  if (POSITION.test(id))
    return (
      <EmptyState
        title="Nothing found"
        description={`No event is at ${id}: there is none yet, the log has deleted it, or the schema has no such partition. None since ${moment(progress?.since ?? now, now)} has it as its key either. Read were ${topics}.`}
      />
    );
  return (
    <EmptyState
      title="Nothing found"
      description={`No event since ${moment(progress?.since ?? now, now)} has “${id}” as its id, correlation id, key, idempotency key or position. The search covered ${topics}. Read further back, or check the spelling.`}
    />
  );
}
