import { notify, type OnProblem, safely } from './callback.js';
import { ClientError } from './client-error.js';
import { Connection } from './connection.js';
import type { ConnectionState } from './connection-state.js';
import { canonical, type Document, hasVariable, operationNameOf, textOf } from './document.js';
import { eventStreamLinks, type Fetch } from './event-stream-link.js';
import type { Credentials, Link, OpenLink, Operation, Sharing, Transport } from './link.js';
import { type MutateOptions, mutate } from './mutation.js';
import { onPageEvents } from './page-events.js';
import { PositionKeeper } from './position-keeper.js';
import { shared } from './sharing.js';
import type { Gap, Steps } from './steps.js';
import type { PositionStore } from './store.js';
import { Subscription } from './subscription.js';
import type { ShareOptions } from './tabs/links.js';
import { WeakValues } from './weak-values.js';
import { type SocketClass, webSocketLinks } from './web-socket-link.js';

export interface ClientOptions {
  /** The address of GraphQL over HTTP: `https://shop.example/graphql`, or on a page `/graphql`. WebSockets use it too. */
  readonly url: string;
  /** Returns a token, which is sent as `authorization: Bearer …`, or headers. Called at every attempt to connect or renew. */
  readonly credentials?: () => Promise<string | Credentials | undefined> | string | Credentials | undefined;
  /** Where positions are kept. Without one they last as long as their subscription. */
  readonly store?: PositionStore;
  /** The transports that may be used, the preferred one first. Default: WebSocket, and SSE where WebSockets are blocked. */
  readonly transports?: readonly Transport[];
  readonly fetch?: Fetch;
  /** The class of WebSockets. By default the global one, which Node has since version 22. */
  readonly webSocket?: SocketClass;
  /** Whether all tabs of the origin and user use one connection. */
  readonly share?: boolean | ShareOptions;
  /** Called with an error that ends nothing, such as a position that was not stored. Default: logs a warning. */
  readonly onProblem?: OnProblem;
}

export interface SubscribeOptions<Variables> {
  readonly variables?: Variables;
  /**
   * Where it starts if the store has no position: from now (the default), with the first event of the log, with the first
   * event at or after a time, or after a cursor. For `earliest` and a time the document needs a variable `$since`.
   */
  readonly from?: 'now' | 'earliest' | Date | { readonly cursor: string };
  /** Whether the state of the field's view comes first. The document needs a variable `$snapshot`. */
  readonly snapshot?: boolean;
  /**
   * Called when events are gone from the server's log: reload what depends on them. The subscription then continues from the
   * earliest event that is left. Without `onGap` the subscription ends with the error.
   */
  readonly onGap?: (gap: Gap) => unknown;
  /** The name of its position in the store. By default the operation's name and its variables. */
  readonly key?: string;
  /** How many results may wait for the handler before the server is told to stop for a while. Default: 1,000. */
  readonly buffer?: number;
}

/** Subscriptions over one connection, which is open while there are any. */
export class Client {
  readonly #options: ClientOptions;
  readonly #connection: Connection;
  readonly #subscriptions = new Set<Subscription<unknown>>();
  /** The keys of running subscriptions. */
  readonly #keys = new Set<string>();
  /** Shared with the next subscription of the same key, because a stopped one may still write. */
  readonly #keepers = new WeakValues<PositionKeeper>();
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #forgetPage: () => void;
  readonly #onProblem: OnProblem;
  /** On which operations may start. */
  #link: Link | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#onProblem = safely(options.onProblem);
    const { WebSocket: global, location } = globalThis as {
      readonly WebSocket?: SocketClass;
      readonly location?: { readonly href: string };
    };
    const url = new URL(options.url, location?.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = options.webSocket ?? global;
    const { transports = ['websocket', 'sse'], fetch: fetchImpl = fetch } = options;
    if (socket === undefined && transports.includes('websocket'))
      throw new TypeError(
        'There is no WebSocket here: give `webSocket`, such as that of `ws`, or `transports: ["sse"]`.',
      );
    const open = (to: string, over: Transport): OpenLink =>
      over === 'sse' || socket === undefined ? eventStreamLinks(to, fetchImpl) : webSocketLinks(to, socket);
    const own = {
      ...(socket !== undefined && { websocket: open(url.href, 'websocket') }),
      sse: open(options.url, 'sse'),
    };
    const { links, load } = shared(own, open, url, options.share);
    this.#connection = new Connection({
      links,
      transports,
      credentials: () => load().then(() => this.#credentials()),
      now: () => Date.now(),
      monotonic: () => performance.now(),
      random: Math.random,
      onLink: (link) => {
        this.#link = link;
        for (const subscription of [...this.#subscriptions]) {
          // A listener of the subscription before may have closed the client.
          if (this.#link === link && this.#subscriptions.has(subscription)) subscription.connect(link);
        }
      },
      onState: (state) => this.#onState(state),
      onNotRenewed: this.#onProblem,
    });
    this.#forgetPage = onPageEvents(() => this.#connection.input({ type: 'woken' }));
  }

  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** Whether tabs share the connection. `undefined`: the connection is not open, or `share` is not set. */
  get sharing(): Sharing | undefined {
    return this.#connection.sharing;
  }

  /** Calls the listener with each state of the connection. @returns a function that removes the listener */
  onState(listener: (state: ConnectionState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Starts a subscription. It runs until it is stopped, its loop is left, or the server ends it for good.
   * @throws {ClientError} STORE_KEY_IN_USE, CLIENT_CLOSED
   * @throws {TypeError} when the document lacks a variable that an option needs
   */
  subscribe<Data = unknown, Variables extends object = Record<string, unknown>>(
    document: Document<Data, Variables>,
    options: SubscribeOptions<Variables> = {},
  ): Steps<Data> {
    if (this.state.state === 'closed') throw closed(this.state.because);
    const operation = operationOf(document, variablesOf(textOf(document), options));
    const key = keyOf(operation, options);
    const keeper = this.#keeperOf(key);
    if (keeper !== undefined) this.#keys.add(key);
    const { from } = options;
    const subscription = new Subscription<Data>({
      operation,
      cursor: typeof from === 'object' && 'cursor' in from ? from.cursor : undefined,
      onGap: options.onGap,
      buffer: options.buffer ?? 1_000,
      position: keeper?.lease(),
      random: Math.random,
      onRefused: (why) => this.#connection.input({ type: 'lost', loss: { kind: 'refused', why } }),
      onProblem: this.#onProblem,
      onEnd: () => {
        this.#keys.delete(key);
        this.#subscriptions.delete(subscription);
        if (this.#subscriptions.size === 0) this.#connection.input({ type: 'unwanted' });
      },
    });
    this.#subscriptions.add(subscription);
    if (this.#link === undefined) this.#connection.input({ type: 'wanted' });
    else subscription.connect(this.#link);
    return subscription;
  }

  /**
   * Deletes the position of a stopped subscription, so that the next one starts where its options say: for a position that
   * the server refuses (`CURSOR_INVALID`), or that nobody needs any more.
   * @param options those of `subscribe`
   * @throws {ClientError} STORE_KEY_IN_USE while the subscription runs, STORE_FAILED
   */
  async forget<Variables extends object = Record<string, unknown>>(
    document: Document<unknown, Variables>,
    options: Pick<SubscribeOptions<Variables>, 'variables' | 'key'> = {},
  ): Promise<void> {
    await this.#keeperOf(keyOf(operationOf(document, {}), options))?.delete();
  }

  /**
   * Runs a mutation of Millrace until its answer is known, at most for `timeoutMs`. It acts once, however many attempts it
   * takes.
   * @throws {ClientError} with a code of the server, or UNREACHABLE
   */
  async mutate<Data = unknown, Variables extends object = Record<string, unknown>>(
    document: Document<Data, Variables>,
    options: MutateOptions<Variables> = {},
  ): Promise<Data> {
    const { url, fetch: fetchImpl = fetch } = this.#options;
    const { signal, timeoutMs = 60_000, idempotencyKey = crypto.randomUUID() } = options;
    const deadline = AbortSignal.timeout(timeoutMs);
    const data = await mutate(operationOf(document, { ...options.variables }), {
      url,
      fetchImpl,
      credentials: () => this.#credentials(),
      idempotencyKey,
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    return data as Data; // The server promises the type that the document declares.
  }

  /**
   * Says that the credentials have changed: the client calls `credentials`, and renews them on the open connection. Where the
   * server cannot (another server, SSE), and for another subject, it connects with them instead.
   */
  renew(): void {
    this.#connection.input({ type: 'credentials' });
  }

  /** Ends all subscriptions, and the connection. */
  close(): void {
    this.#connection.input({ type: 'close' });
    this.#forgetPage();
  }

  /** @returns `undefined` without a store @throws {ClientError} STORE_KEY_IN_USE */
  #keeperOf(key: string): PositionKeeper | undefined {
    const { store } = this.#options;
    if (store === undefined) return undefined;
    if (this.#keys.has(key)) {
      const message = `A running subscription keeps its position as '${key}': stop it, or give another \`key\`.`;
      throw new ClientError('STORE_KEY_IN_USE', message, { extensions: { key } });
    }
    const known = this.#keepers.get(key);
    if (known !== undefined) return known;
    const keeper = new PositionKeeper(store, key, this.#onProblem);
    this.#keepers.set(key, keeper);
    return keeper;
  }

  #onState(state: ConnectionState): void {
    for (const listener of [...this.#listeners]) notify(this.#onProblem, 'onState', () => listener(state));
    if (state.state !== 'closed') return;
    for (const subscription of [...this.#subscriptions]) {
      if (state.because === undefined) subscription.stop();
      else subscription.fail(closed(state.because));
    }
  }

  async #credentials(): Promise<Credentials> {
    const given = await this.#options.credentials?.();
    if (typeof given === 'string') return { authorization: `Bearer ${given}` };
    return given ?? {};
  }
}

function keyOf<Variables extends object>(
  { query, operationName = query }: Operation,
  { key, variables }: Pick<SubscribeOptions<Variables>, 'variables' | 'key'>,
): string {
  return key ?? `${operationName} ${canonical(variables ?? {})}`;
}

function operationOf(document: Document<unknown, never>, variables: Record<string, unknown>): Operation {
  const query = textOf(document);
  const operationName = operationNameOf(query);
  return { query, variables, ...(operationName !== undefined && { operationName }) };
}

function closed(because: string | undefined): ClientError {
  if (because === undefined) return new ClientError('CLIENT_CLOSED', 'The client is closed.');
  return new ClientError('CONNECTION_CLOSED', `The server closed the connection for good: ${because}`);
}

function variablesOf<Variables extends object>(
  query: string,
  { variables, from, snapshot }: SubscribeOptions<Variables>,
): Record<string, unknown> {
  const since = from === 'earliest' ? new Date(0) : from instanceof Date ? from : undefined;
  const own = {
    ...(since !== undefined && { since: since.toISOString() }),
    ...(snapshot !== undefined && { snapshot }),
  };
  for (const name of Object.keys(own)) {
    if (!hasVariable(query, name))
      throw new TypeError(
        `The document has no variable $${name}: pass one to the argument \`${name}\` of its field.`,
      );
  }
  return { ...variables, ...own };
}
