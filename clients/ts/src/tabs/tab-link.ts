import type { ClientError } from '../client-error.js';
import type { Credentials, Link, LinkListener, Operation, OperationSink, Result } from '../link.js';
import { hold, type LockManager, whenFree } from './locks.js';
import { costOf, type Hello, type ToHub, type ToTab, WINDOW_COST } from './messages.js';

/** The way to a hub. */
export interface HubPort {
  post(message: ToHub): void;
  /** Called once, before any message can arrive. */
  listen(onMessage: (message: ToTab) => void): void;
  close(): void;
}

/** A tab acknowledges this much at a time: a part of the window, so that most messages need no answer. */
const ACKNOWLEDGED_COST = WINDOW_COST / 8;
/** More than one: after the page itself was frozen, its timer may run before it reads answers that have arrived. */
const MAX_UNANSWERED = 3;

export interface TabLinkParts {
  readonly port: HubPort;
  readonly locks: LockManager;
  readonly hello: Omit<Hello, 'type' | 'lock' | 'credentials'>;
  readonly credentials: Credentials;
  readonly ErrorClass: typeof ClientError;
  /** Maps credentials to their user. */
  readonly keyOf: (credentials: Credentials) => string;
  readonly listener: LinkListener;
  /** How long the hub may take to answer. */
  readonly welcomeMs: number;
  /** How often the hub has to give a sign of life. */
  readonly aliveMs: number;
  /** There is no hub: it has not answered, or it does not any more (`isHung`). */
  readonly onNoHub: (isHung: boolean) => void;
}

/**
 * A link to the server through the hub of all tabs. It ends with its hub: the hub holds a Web Lock, whose release shows that
 * the hub has ended, even by a crash, which no event reports. The hub waits for the lock of the tab in the same way.
 */
export class TabLink implements Link {
  readonly #parts: TabLinkParts;
  readonly #sinks = new Map<number, OperationSink>();
  readonly #ended = new AbortController();
  readonly #welcome: ReturnType<typeof setTimeout>;
  #alive: ReturnType<typeof setInterval> | undefined;
  /** How many times in a row the hub was asked without an answer. */
  #unanswered = 0;
  #lastId = 0;
  #unacknowledged = 0;

  constructor(parts: TabLinkParts) {
    this.#parts = parts;
    this.#welcome = setTimeout(() => this.#end() && parts.onNoHub(false), parts.welcomeMs);
    parts.port.listen((message) => this.#take(message));
    // If locks are refused, no hub answers.
    this.#hello().catch(() => undefined);
  }

  start(operation: Operation, sink: OperationSink): () => void {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#sinks.set(id, sink);
    this.#parts.port.post({ type: 'start', id, operation });
    return () => {
      if (this.#sinks.delete(id)) this.#parts.port.post({ type: 'stop', id });
    };
  }

  renew(credentials: Credentials): void {
    const { port, listener, keyOf, hello, ErrorClass } = this.#parts;
    if (keyOf(credentials) === hello.key) {
      port.post({ type: 'renew', credentials });
      return;
    }
    // S1: this user must not see the other tabs' events. The tab leaves, and reconnects to another hub.
    const options = { extensions: { reason: 'SUBJECT' } };
    const error = new ErrorClass('NOT_RENEWED', 'The tab has another user now.', options);
    queueMicrotask(() => listener.renewal?.({ type: 'renewed', error }));
  }

  probe(): void {
    this.#parts.port.post({ type: 'probe' });
  }

  close(): void {
    this.#end();
  }

  async #hello(): Promise<void> {
    const { port, locks, hello, credentials } = this.#parts;
    const lock = `millrace-tab-${crypto.randomUUID()}`;
    const { release } = await hold(locks, lock);
    const { signal } = this.#ended;
    if (signal.aborted) release();
    else {
      signal.addEventListener('abort', release);
      port.post({ type: 'hello', lock, credentials, ...hello });
    }
  }

  #take(message: ToTab): void {
    if (this.#ended.signal.aborted) return;
    const { listener, locks } = this.#parts;
    this.#unanswered = 0;
    this.#acknowledge(costOf(message));
    listener.heard();
    switch (message.type) {
      case 'welcome':
        clearTimeout(this.#welcome);
        this.#watch();
        whenFree(locks, message.lock, this.#ended.signal, () => {
          if (this.#end()) listener.lost({ kind: 'retry', why: 'the hub of the tabs has ended' });
        });
        return;
      case 'opened':
        // The hub watches the server; the tab asks the hub after a while without a message.
        listener.opened(undefined, message.renews);
        return;
      case 'expiring':
        listener.renewal?.({ type: 'expiring' });
        return;
      case 'renewed': {
        const error = message.errors && this.#parts.ErrorClass.of(message.errors);
        listener.renewal?.({ type: 'renewed', error });
        return;
      }
      case 'alive':
        return;
      case 'gone':
        if (this.#end()) listener.lost(message.loss);
        return;
      case 'next':
        // The hub's text is of a result.
        this.#sinks.get(message.id)?.next(JSON.parse(message.result) as Result);
        return;
      case 'position':
        this.#sinks.get(message.id)?.position(message.cursor, message.behind);
        return;
      case 'error':
        this.#last(message.id)?.error(message.errors);
        return;
      case 'complete':
        this.#last(message.id)?.complete();
        return;
      case 'lost':
        this.#last(message.id)?.lost(message.loss);
        return;
      default:
        message satisfies never;
    }
  }

  /** A page or worker that hangs keeps its lock. */
  #watch(): void {
    const { aliveMs, onNoHub, port } = this.#parts;
    this.#alive = setInterval(() => {
      if (this.#unanswered >= MAX_UNANSWERED) {
        if (this.#end()) onNoHub(true);
        return;
      }
      this.#unanswered += 1;
      // Only the hub is asked: it watches the server itself.
      port.post({ type: 'ping' });
    }, aliveMs);
  }

  /** A frozen page acknowledges nothing, so the hub stops sending to it. */
  #acknowledge(cost: number): void {
    this.#unacknowledged += cost;
    if (this.#unacknowledged < ACKNOWLEDGED_COST) return;
    this.#parts.port.post({ type: 'ack', cost: this.#unacknowledged });
    this.#unacknowledged = 0;
  }

  #last(id: number): OperationSink | undefined {
    const sink = this.#sinks.get(id);
    this.#sinks.delete(id);
    return sink;
  }

  /** @returns `false` if it had ended before */
  #end(): boolean {
    if (this.#ended.signal.aborted) return false;
    clearTimeout(this.#welcome);
    clearInterval(this.#alive);
    this.#sinks.clear();
    this.#parts.port.post({ type: 'bye' });
    this.#parts.port.close();
    // Releases the lock of the tab, and stops waiting for the hub's.
    this.#ended.abort();
    return true;
  }
}
