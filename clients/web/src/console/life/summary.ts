import { counted } from '../../shared/counted';
import { clientsOf, type DeliveryIndex } from './deliveries';
import type { Found, FoundEvent } from './found';
import { bySource } from './lineage-rows';
import { duration, sourceName } from './wording';

/** How the typed id names the events. */
export function kindOf(id: string, events: readonly FoundEvent[]): string {
  if (events.some((event) => event.id === id)) return 'Event';
  if (events.some((event) => event.correlationId === id)) return 'Correlation id';
  if (events.some((event) => event.key === id)) return 'Key';
  if (events.some((event) => event.position === id)) return 'The event at';
  return 'Idempotency key';
}

/** What happened, in one sentence: `Key order-1: 7 events in 1.2 s through 5 services; the last is OrderConfirmed; …`. */
export function summaryOf(
  id: string,
  { events, orphans }: Found,
  deliveries: DeliveryIndex | undefined,
): string {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return '';
  const sources = [...bySource(events).keys()];
  const services = sources.filter((source) => source.startsWith('/services/'));
  const through = [
    ...(services.length > 0 ? [counted(services.length, 'service')] : []),
    ...sources
      .filter((source) => !services.includes(source))
      .map(sourceName)
      .slice(0, 3),
  ];
  const letters = events.reduce((sum, event) => sum + event.letters.length, orphans.length);
  const clients =
    deliveries === undefined ? 0 : Math.max(...events.map((event) => clientsOf(deliveries.of(event))));
  // Of an order, its own last step says how it ended, not what others made of it.
  const ending = events.findLast((event) => event.key === id) ?? last;
  const parts = [
    `${counted(events.length, 'event')} in ${duration(last.at - first.at)} from ${through.join(' and ')}`,
    `the last ${ending === last ? '' : 'of the key '}is ${ending.type || 'a tombstone'}`,
    ...(clients > 0 ? [`delivered to ${counted(clients, 'client')}`] : []),
    ...(letters > 0 ? [`${counted(letters, 'record')} set aside as dead letters`] : []),
  ];
  return `${kindOf(id, events)} ${id}: ${parts.join('; ')}.`;
}
