import type { EventContext } from 'millrace-client';

/** How a result came: as an answer, as the state that a subscription begins with, from the log, or as it happened. */
export type Origin = 'answer' | 'snapshot' | 'replayed' | 'live';

/** What happened in a run. */
export type Happening =
  | {
      readonly kind: 'result';
      readonly origin: Origin;
      /** `data` and `errors` in JSON; `undefined`: it alone was larger than the log may be. */
      readonly text: string | undefined;
      /** In UTF-8. */
      readonly bytes: number;
      /** `__typename` of its first field, or the event's type. */
      readonly type: string | undefined;
      readonly hasErrors: boolean;
      readonly cursor: string | undefined;
      readonly event: EventContext | undefined;
      /** By which the console finds what it caused. */
      readonly trace: string | undefined;
    }
  /** Where a subscription is while nothing happens. */
  | { readonly kind: 'position'; readonly cursor: string; readonly behind: number }
  | { readonly kind: 'gap'; readonly reason: string; readonly earliest: string }
  | { readonly kind: 'error'; readonly code: string; readonly message: string }
  /** The run started, lost its connection, went on, or ended. */
  | { readonly kind: 'state'; readonly message: string };

export type LogEntry = Happening & {
  /** Counts up by one from entry to entry. */
  readonly id: number;
  readonly run: number;
  /** Milliseconds since 1970, on the browser's clock. */
  readonly at: number;
};

export type ResultEntry = Extract<LogEntry, { kind: 'result' }>;

/** From where a subscription can resume: after this entry. */
export function cursorOf(entry: LogEntry): string | undefined {
  if (entry.kind === 'gap') return entry.earliest;
  return entry.kind === 'result' || entry.kind === 'position' ? entry.cursor : undefined;
}
