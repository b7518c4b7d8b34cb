import { type DestinationStream, type Logger, pino } from 'pino';
import type { Event } from '../core/event.js';
import { traceIds } from '../core/trace.js';
import { loggedError, withoutData } from './logged-error.js';

export type { Logger };

/**
 * The process's log: JSON lines on standard error, so that standard output carries only a command's answer.
 *
 * A line has ids, names, positions and reasons. It never has the data of an event, an argument or a credential: errors are
 * shown by `loggedError`.
 * @param level a pino level, such as `info`, or `silent`
 */
export function openLogger(level: string, to: DestinationStream = pino.destination(2)): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: loggedError, reason: loggedReason },
    },
    to,
  );
}

const loggedReason = (reason: unknown): unknown =>
  typeof reason === 'string' ? withoutData(reason) : reason;

/** The fields that identify an event in the log, in its flow and in its trace. */
interface EventFields {
  readonly event: string;
  readonly correlationId: string | undefined;
  readonly traceId: string | undefined;
}

export const fieldsOf = ({ id, correlationId, traceparent }: LoggedEvent): EventFields => ({
  event: id,
  correlationId,
  traceId: traceparent === undefined ? undefined : traceIds(traceparent).traceId,
});

/** The parts of an event that are read. */
export type LoggedEvent = Pick<Event, 'correlationId' | 'traceparent'> & { readonly id: string };
