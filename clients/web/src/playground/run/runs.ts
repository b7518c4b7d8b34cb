import type { Origin } from '../log/entry.js';
import { resultHappening } from '../log/happenings.js';
import type { ResultLog } from '../log/result-log.js';
import type { Clients } from './clients.js';
import { follow } from './follow.js';
import { type HttpAnswer, httpAnswer } from './http-answer.js';
import type { PlaygroundOperation } from './operation.js';
import { type RunInfo, type RunObserver, RunView, type ShownResult } from './run.js';

interface Run {
  readonly id: number;
  readonly view: RunView;
  stop(): void;
}

/** Every run that the log knows; a new object after each change. */
interface RunsState {
  readonly all: readonly RunInfo[];
  /** The ids of those that are running. */
  readonly running: ReadonlySet<number>;
}

/** The log has at most this many entries, so older runs have none. */
const MAX_RUNS = 1_000;

/** Starts operations, and keeps subscriptions running while GraphiQL shows another tab. */
export class Runs {
  readonly #log: ResultLog;
  readonly #clients: Clients;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  /** The newest run of each tab. */
  readonly #ofTab = new Map<string, Run>();
  readonly #running = new Map<number, Run>();
  #state: RunsState = { all: [], running: new Set() };
  #lastId = 0;

  constructor(log: ResultLog, clients: Clients, now = Date.now) {
    this.#log = log;
    this.#clients = clients;
    this.#now = now;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly state = (): RunsState => this.#state;

  find(id: number): RunInfo | undefined {
    return this.#state.all.find((run) => run.id === id);
  }

  /** Answers a query or a mutation. */
  async answer(operation: PlaygroundOperation, tab: string): Promise<ShownResult> {
    const run = this.#add({ operation, tab, after: undefined });
    const isMutation = operation.kind === 'mutation';
    const given = Object.keys(operation.headers).some((name) => name.toLowerCase() === 'x-correlation-id');
    const correlationId = isMutation && !given ? newCorrelationId() : undefined;
    try {
      const result = await httpAnswer(operation, correlationId, AbortSignal.timeout(ANSWER_MS));
      const origin: Origin = 'answer';
      const cursor = cursorOf(result);
      this.#log.add(run.id, this.#now(), resultHappening(result, { origin, cursor, correlationId }));
      return { ...result };
    } catch (error) {
      const message = `There is no answer: ${error instanceof Error ? error.message : String(error)}`;
      this.#log.add(run.id, this.#now(), { kind: 'error', code: 'UNREACHABLE', message });
      return { errors: [{ message }] };
    }
  }

  /**
   * Starts a subscription in a tab, in the place of the one that runs there.
   * @param tab `undefined`: it belongs to no tab
   */
  start(operation: PlaygroundOperation, tab: string | undefined, after?: string): void {
    if (tab !== undefined) this.#ofTab.get(tab)?.stop();
    const { id, startedAt } = this.#add({ operation, tab, after });
    const view = new RunView();
    if (!this.#clients.canSubscribe) {
      this.#log.add(id, startedAt, { kind: 'error', code: 'NO_TRANSPORT', message: NO_TRANSPORT });
      view.show({ errors: [{ message: NO_TRANSPORT }] });
      view.end();
      if (tab !== undefined) this.#ofTab.set(tab, { id, view, stop: () => undefined });
      return;
    }
    const { client, release } = this.#clients.use(operation.endpoint, operation.headers);
    const message = after === undefined ? 'Started.' : 'Resumed after a cursor.';
    this.#log.add(id, startedAt, { kind: 'state', message });
    const stop = follow(client, operation, after, {
      log: (happening) => this.#log.add(id, this.#now(), happening),
      show: (result) => view.show(result),
      ended: () => {
        this.#running.delete(id);
        view.end();
        release();
        this.#changed();
      },
    });
    const run: Run = { id, view, stop };
    if (tab !== undefined) this.#ofTab.set(tab, run);
    // It may have ended at once.
    if (!view.isOver) this.#running.set(id, run);
    this.#changed();
  }

  /** The id of the tab's newest subscription. 0: it has none. */
  newestIn(tab: string): number {
    return this.#ofTab.get(tab)?.id ?? 0;
  }

  /** Whether a subscription of the tab is running that GraphiQL does not show. */
  isHidden(tab: string): boolean {
    const view = this.#ofTab.get(tab)?.view;
    return view !== undefined && !view.isOver && !view.isShown;
  }

  /** Shows the tab's newest subscription from now on. */
  attach(tab: string, observer: RunObserver): void {
    this.#ofTab.get(tab)?.view.attach(observer);
  }

  /** GraphiQL shows another tab: the tab's subscription goes on. */
  detach(tab: string, ending = false): void {
    this.#ofTab.get(tab)?.view.detach(ending);
  }

  stop(id: number): void {
    this.#running.get(id)?.stop();
  }

  closeTab(tab: string): void {
    this.#ofTab.get(tab)?.stop();
    this.#ofTab.delete(tab);
  }

  #add(about: Omit<RunInfo, 'id' | 'startedAt'>): RunInfo {
    const run: RunInfo = { ...about, id: ++this.#lastId, startedAt: this.#now() };
    this.#state = { ...this.#state, all: [...this.#state.all, run].slice(-MAX_RUNS) };
    this.#changed();
    return run;
  }

  #changed(): void {
    this.#state = { ...this.#state, running: new Set(this.#running.keys()) };
    for (const listener of [...this.#listeners]) listener();
  }
}

const NO_TRANSPORT =
  'This page runs subscriptions over WebSocket (graphql-transport-ws) or SSE (sse), and TRANSPORTS of the gateway has neither.';

/** How long an answer may take: a mutation waits for its outcome. */
const ANSWER_MS = 120_000;

/** Where the event of a mutation is: the cursor of its first field. */
function cursorOf({ extensions }: HttpAnswer): string | undefined {
  const { cursors } = extensions ?? {};
  const [first] = typeof cursors === 'object' && cursors !== null ? Object.values(cursors) : [];
  return typeof first === 'string' ? first : undefined;
}

/** Not `randomUUID`, which browsers have for pages of https and of this machine alone. */
function newCorrelationId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
