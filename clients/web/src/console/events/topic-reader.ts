import { type Client, ClientError, type Steps } from 'millrace-client';
import { ask } from '../../shared/console-client';
import { deny, isDenial } from '../../shared/session';
import {
  type EventPace,
  type EventStart,
  OlderEventsDocument,
  TopicEventsDocument,
  type TopicEventsSubscription,
} from './operations';
import { RowBuffer } from './row-buffer';

/** What the reader looks at: part of the page's address. */
export interface Chosen {
  readonly topic: string;
  readonly filter: string | undefined;
}

/** `LIVE`: follows the topic. `READING`: reads towards a limit. `REPLAYING`: shows a range at a pace. */
export type Activity = 'LIVE' | 'READING' | 'REPLAYING' | 'PAUSED' | 'ENDED';

export interface ReaderState {
  readonly activity: Activity;
  /** Changes with the rows. */
  readonly version: number;
  readonly read: number;
  readonly matched: number;
  readonly failed: number;
  readonly failure: string | undefined;
  /** Whether everything that the log has was read. */
  readonly isAtEnd: boolean;
  /** Of the newest record read. */
  readonly time: string | undefined;
  /** When the log answered last. */
  readonly asOf: string | undefined;
  readonly notices: readonly string[];
  readonly isReconnecting: boolean;
  /** Whether records may follow that were not read. */
  readonly hasMore: boolean;
  readonly isAtStart: boolean;
  readonly isLoadingOlder: boolean;
  readonly error: ClientError | undefined;
}

export interface ReplayRange {
  readonly from: EventStart;
  readonly until: string | undefined;
  readonly pace: EventPace;
}

/** How many rows are read at once where somebody looks at the past. */
const PAGE_ROWS = 500;
const OLDER_ROWS = 500;
const NEWEST_ROWS = 200;
/** The server is told to wait when so many results are not shown yet. */
const MAX_WAITING_RESULTS = 32;
const MAX_NOTICES = 5;
/** In a tab that is hidden, frames do not come. */
const HIDDEN_FRAME_MS = 1_000;

const INITIAL: ReaderState = {
  ...{ activity: 'LIVE', version: 0, read: 0, matched: 0, failed: 0, failure: undefined },
  ...{ isAtEnd: false, time: undefined, asOf: undefined, notices: [], isReconnecting: false },
  ...{ hasMore: false, isAtStart: false, isLoadingOlder: false, error: undefined },
};

/** Reads a topic for one page: forwards as a subscription, backwards page by page, and remembers where it is. */
export class TopicReader {
  readonly #client: Client;
  readonly #chosen: Chosen;
  readonly #listeners = new Set<() => void>();
  #buffer = new RowBuffer();
  #state = INITIAL;
  #steps: Steps<TopicEventsSubscription> | undefined;
  #abort = new AbortController();

  constructor(client: Client, chosen: Chosen) {
    this.#client = client;
    this.#chosen = chosen;
  }

  get rows() {
    return this.#buffer.rows;
  }

  readonly getState = (): ReaderState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Shows the newest rows and follows the topic, or shows rows from a position on. */
  begin(from: EventStart | undefined): void {
    this.#reset();
    if (from === undefined) this.#follow('LIVE', { from: { newest: NEWEST_ROWS } }, undefined);
    else this.#follow('READING', { from, limit: PAGE_ROWS }, undefined);
  }

  replay({ from, until, pace }: ReplayRange): void {
    this.#reset();
    this.#follow('REPLAYING', { from, until: until ?? null, pace }, undefined);
  }

  pause(): void {
    this.#steps?.stop();
    this.#steps = undefined;
    this.#set({ activity: 'PAUSED', isReconnecting: false });
  }

  /** Follows the topic from the last row on: nothing is left out, however long it was paused. */
  goOn(): void {
    this.#resume('LIVE', undefined);
  }

  /** The next rows, and no more. */
  more(): void {
    this.#resume('READING', PAGE_ROWS);
  }

  /** Reads rows before the first one. @returns how many there were */
  async older(): Promise<number> {
    const { before } = this.#buffer;
    if (before === undefined || this.#state.isAtStart || this.#state.isLoadingOlder) return 0;
    const { signal } = this.#abort;
    this.#set({ isLoadingOlder: true });
    try {
      const { topic, filter } = this.#chosen;
      const variables = { topic, before, filter: filter ?? null, limit: OLDER_ROWS };
      const { eventsBefore: page } = await ask(OlderEventsDocument, variables, signal);
      const dropped = this.#buffer.prepend(page.from, page.rows);
      const { read, matched, failed, version } = this.#state;
      this.#set({
        ...{ read: read + page.read, matched: matched + page.rows.length, failed: failed + page.failed },
        ...{ version: version + 1, isAtStart: page.isAtStart, isLoadingOlder: false },
      });
      // What follows the rows is no longer what the log has sent: it is read again when the reader comes back.
      if (dropped > 0) {
        this.pause();
        this.#set({ hasMore: true });
      }
      return page.rows.length;
    } catch (error) {
      if (signal.aborted) return 0;
      this.#set({ isLoadingOlder: false, error: asClientError(error) });
      return 0;
    }
  }

  stop(): void {
    this.#steps?.stop();
    this.#steps = undefined;
    this.#abort.abort();
  }

  #reset(): void {
    this.stop();
    this.#abort = new AbortController();
    this.#buffer = new RowBuffer();
    this.#state = { ...INITIAL, version: this.#state.version + 1 };
  }

  #resume(activity: Activity, limit: number | undefined): void {
    const { after } = this.#buffer;
    this.#steps?.stop();
    if (after === undefined) this.begin(undefined);
    else this.#follow(activity, { ...(limit !== undefined && { limit }) }, after);
  }

  #follow(
    activity: Activity,
    given: { from?: EventStart; limit?: number; until?: string | null; pace?: EventPace },
    after: string | undefined,
  ): void {
    const { topic, filter } = this.#chosen;
    const steps = this.#client.subscribe(TopicEventsDocument, {
      variables: { topic, filter: filter ?? null, ...given },
      buffer: MAX_WAITING_RESULTS,
      ...(after !== undefined && { from: { cursor: after } }),
    });
    this.#steps = steps;
    this.#set({ activity, error: undefined, isReconnecting: false });
    const isCurrent = (): boolean => this.#steps === steps;
    steps.observe({
      next: ({ data, cursor }) => {
        if (data === null || !isCurrent()) return undefined;
        this.#add(data.events, cursor);
        // A page that draws slowly reads slowly: the log is not read faster than rows are shown.
        return data.events.rows.length === 0 ? undefined : nextFrame();
      },
      state: ({ state }) => {
        if (isCurrent())
          this.#set({ isReconnecting: state === 'starting' && this.#state.asOf !== undefined });
      },
      error: (error) => {
        if (!isCurrent()) return;
        if (isDenial(error.code)) deny({ code: error.code, message: error.message });
        this.#set({ activity: 'PAUSED', error });
      },
      complete: () => {
        if (!isCurrent()) return;
        this.#steps = undefined;
        this.#set({ activity: activity === 'READING' ? 'PAUSED' : 'ENDED', hasMore: activity === 'READING' });
      },
    });
  }

  #add(batch: TopicEventsSubscription['events'], cursor: string | undefined): void {
    const { rows, from, failure, notices, time, asOf, isAtEnd } = batch;
    this.#buffer.append(from, rows, cursor);
    const state = this.#state;
    this.#set({
      read: state.read + batch.read,
      matched: state.matched + batch.matched,
      failed: state.failed + batch.failed,
      failure: failure ?? state.failure,
      time: time ?? state.time,
      ...{ asOf, isAtEnd, isReconnecting: false },
      notices: notices.length === 0 ? state.notices : [...state.notices, ...notices].slice(-MAX_NOTICES),
      version: rows.length === 0 ? state.version : state.version + 1,
    });
  }

  #set(change: Partial<ReaderState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}

function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, HIDDEN_FRAME_MS);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const asClientError = (error: unknown): ClientError =>
  error instanceof ClientError ? error : new ClientError('UNKNOWN', String(error));
