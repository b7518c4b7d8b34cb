import { timeOf } from '../../core/envelope/attributes.js';
import { isSampled, traceIds } from '../../core/trace.js';
import type { FoundLetter } from '../../lineage/letters.js';
import type { FoundEvent } from '../../lineage/lineage.js';
import type { TraceLink } from './trace-link.js';

/** D10: a producer may have written any timestamp; a date-time has bounds. */
export const shownTime = (timestamp: number): string => timeOf(timestamp);

/** An event as `LifeEvent` of the schema. */
export function shownEvent(event: FoundEvent, link: TraceLink | undefined) {
  const { topic, partition, offset, id, source, type, key, timestamp, traceparent } = event;
  const { correlationId = null, causationId = null } = event;
  // Of an event that is not sampled, no backend has a trace.
  const traceId = isSampled(traceparent) && traceparent !== undefined ? traceIds(traceparent).traceId : null;
  return {
    ...{ topic, partition, offset, id, source, type, key, time: shownTime(timestamp) },
    ...{ correlationId, causationId, traceId },
    traceUrl: traceId === null ? null : (link?.(traceId) ?? null),
  };
}

/** A dead letter as `LifeLetter` of the schema. */
export function shownLetter({ origin, isEvent, kind, reason, failedIn, timestamp, at }: FoundLetter) {
  return {
    ...{ topic: origin.topic, partition: origin.partition, offset: origin.offset },
    ...{ isEvent, kind, reason, failedIn: failedIn ?? null, time: shownTime(timestamp) },
    ...{ letterTopic: at.topic, letterPartition: at.partition, letterOffset: at.offset },
  };
}
