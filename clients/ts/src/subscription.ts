import { notify, type OnProblem } from './callback.js';
import { ClientError } from './client-error.js';
import { Handling } from './handling.js';
import type { Link, Operation, OperationSink, Result } from './link.js';
import type { PositionLease } from './position-keeper.js';
import { type EventContext, type Gap, iterate, type Observer, type Step, type Steps } from './steps.js';
import {
  isUnmoved,
  onSubscriptionInput,
  STARTING,
  type SubscriptionEffect,
  type SubscriptionInput,
  type SubscriptionState,
} from './subscription-state.js';

export interface SubscriptionParts {
  /** Without the position. */
  readonly operation: Operation;
  /** Where it starts unless the store has a position. */
  readonly cursor: string | undefined;
  readonly onGap: ((gap: Gap) => unknown) | undefined;
  /** How many results may wait for the handler. */
  readonly buffer: number;
  /** Its position in the store. `undefined`: there is no store. */
  readonly position: PositionLease | undefined;
  readonly random: () => number;
  /** The server refused the credentials of this operation. */
  readonly onRefused: (why: string) => void;
  readonly onProblem: OnProblem;
  /** Called once, when it ends for any reason. */
  readonly onEnd: () => void;
}

/** One subscription of a client, over however many connections. Performs what `subscription-state.ts` decides. */
export class Subscription<Data> implements Steps<Data> {
  readonly #parts: SubscriptionParts;
  readonly #handling: Handling;
  #subscribed = STARTING;
  #observer: Observer<Data> | undefined;
  #link: Link | undefined;
  #stopOnServer: (() => void) | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isLoaded = false;
  /** The newest position that the server sent. A restart resumes after it. */
  #received: string | undefined;
  #counted: string | undefined;
  /** The number of the newest entry, and of the newest one that counts. */
  #order = 0;
  #countedOrder = 0;
  /** By topic, the offset of the newest event of each partition. */
  #offsets = new Map<string, number[]>();

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#received = parts.cursor;
    this.#handling = new Handling({
      counted: (cursor, order) => this.#count(cursor, order),
      idle: () => {
        if (this.state.state === 'paused') this.#input({ type: 'handled' });
        this.#tellEnd();
      },
      failed: (cause) => {
        const error = new ClientError('HANDLER_FAILED', `The handler of a result failed: ${String(cause)}`, {
          cause,
        });
        this.#handling.clear();
        this.#input({ type: 'failed', error });
      },
    });
    void this.#load();
  }

  get state(): SubscriptionState {
    return this.#subscribed.now;
  }

  get cursor(): string | undefined {
    return this.#counted;
  }

  get resumable(): boolean {
    return this.#received !== undefined;
  }

  [Symbol.asyncIterator](): AsyncIterator<Step<Data>> {
    return iterate(this);
  }

  observe(observer: Observer<Data>): () => void {
    if (this.#observer !== undefined) throw new Error('The subscription is observed already.');
    this.#observer = observer;
    this.#tellState(this.state);
    this.#handling.release();
    return () => this.stop();
  }

  stop(): void {
    this.#handling.clear();
    this.#input({ type: 'stop' });
  }

  /** The connection is up, or down (`undefined`). */
  connect(link: Link | undefined): void {
    if (link === undefined) this.#stopOnServer = undefined;
    this.#link = link;
    this.#input({ type: link === undefined ? 'down' : 'up' });
  }

  /** The connection has ended for good. */
  fail(error: ClientError): void {
    this.#input({ type: 'failed', error });
  }

  async #load(): Promise<void> {
    try {
      this.#received = (await this.#parts.position?.load()) ?? this.#received;
      this.#counted = this.#received;
    } catch (error) {
      this.fail(error as ClientError); // What `load` throws.
    }
    this.#isLoaded = true;
    if (this.#link !== undefined) this.#input({ type: 'up' });
  }

  #input(input: SubscriptionInput): void {
    const before = this.#subscribed.now;
    const subscribed = onSubscriptionInput(this.#subscribed, input, this.#parts.random());
    this.#subscribed = subscribed;
    for (const effect of subscribed.effects) this.#perform(effect);
    if (subscribed.now === before || this.#subscribed.now !== subscribed.now) return;
    this.#tellState(subscribed.now);
    if (subscribed.now.state === 'ended') this.#onEnd();
  }

  #tellState(now: SubscriptionState): void {
    notify(this.#parts.onProblem, 'state', () => this.#observer?.state?.(now));
  }

  #onEnd(): void {
    clearTimeout(this.#retry);
    this.#parts.onEnd();
    this.#tellEnd();
  }

  #perform(effect: SubscriptionEffect): void {
    switch (effect.do) {
      case 'send':
        this.#send();
        return;
      case 'restart':
        this.#received = effect.cursor;
        this.#offsets = new Map();
        this.#count(effect.cursor, ++this.#order);
        this.#send();
        return;
      case 'retry':
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => this.#input({ type: 'up' }), effect.ms);
        return;
      case 'tell-gap':
        this.#addGap(effect);
        return;
      case 'stop':
        this.#stopOnServer?.();
        this.#stopOnServer = undefined;
        return;
      default:
        effect satisfies never;
    }
  }

  #send(): void {
    if (this.#link === undefined || !this.#isLoaded || this.#stopOnServer !== undefined) return;
    clearTimeout(this.#retry);
    const { operation } = this.#parts;
    const after = this.#received === undefined ? undefined : { after: this.#received };
    const extensions = { ...operation.extensions, ...after };
    this.#stopOnServer = this.#link.start({ ...operation, extensions }, this.#sink());
  }

  #sink(): OperationSink {
    const end = (input: SubscriptionInput): void => {
      this.#stopOnServer = undefined;
      this.#input(input);
    };
    return {
      next: (result) => this.#next(result),
      position: (cursor, behind) => {
        this.#received = cursor;
        this.#handling.add({ cursor, order: ++this.#order, handle: undefined });
        this.#input({ type: 'position', behind });
      },
      error: (errors) => {
        const error = ClientError.of(errors);
        const hasGapHandler = this.#parts.onGap !== undefined;
        end({ type: 'error', error, hasGapHandler });
        if (error.code === 'UNAUTHENTICATED' && error.retry) this.#parts.onRefused(error.message);
      },
      complete: () => end({ type: 'complete' }),
      lost: ({ retryAfterMs }) => end({ type: 'lost', retryAfterMs }),
    };
  }

  #next({ data, errors, extensions = {} }: Result): void {
    const { cursor: given, snapshot, event: context } = extensions;
    const cursor = typeof given === 'string' ? given : undefined;
    // Millrace sends it with every result of an event.
    const event = context as EventContext | undefined;
    if (event !== undefined && this.#isDuplicate(event)) return;
    if (cursor !== undefined) this.#received = cursor;
    const order = ++this.#order;
    const step: Step<Data> = {
      // The server promises the type that the document declares.
      data: (data ?? null) as Data | null,
      errors,
      cursor,
      event,
      replayed: this.state.state === 'replaying',
      snapshot: snapshot === true,
      ack: () => {
        if (cursor !== undefined) this.#count(cursor, order);
      },
    };
    // Hot path (bench: client): once it is running, a result changes no state.
    if (!isUnmoved(this.#subscribed)) this.#input({ type: 'result', isSnapshot: step.snapshot });
    // The observer of states may have stopped it.
    if (this.state.state === 'ended') return;
    this.#handling.add({ cursor, order, handle: () => this.#observer?.next(step) });
    if (this.#handling.size >= this.#parts.buffer) this.#input({ type: 'full' });
  }

  /** D3: nothing twice, even if a server shows it again. */
  #isDuplicate({ topic, partition, offset }: EventContext): boolean {
    const at = Number(offset);
    const offsets = this.#offsets.get(topic) ?? [];
    if (at <= (offsets[partition] ?? -1)) return true;
    if (offsets.length === 0) this.#offsets.set(topic, offsets);
    offsets[partition] = at;
    return false;
  }

  /** Tells of a gap once everything before it is handled. */
  #addGap({ reason, earliest }: Gap): void {
    this.#handling.add({
      cursor: undefined,
      order: ++this.#order,
      handle: async () => {
        await this.#parts.onGap?.({ reason, earliest });
        this.#input({ type: 'gap-handled' });
      },
    });
  }

  /** The position never moves back: `ack` may come before the handler of an earlier result returns, or long after. */
  #count(cursor: string, order: number): void {
    if (order < this.#countedOrder) return;
    this.#countedOrder = order;
    this.#counted = cursor;
    this.#parts.position?.keep(cursor);
  }

  /** Tells the observer of the end, after everything that came before it. */
  #tellEnd(): void {
    const { now } = this.#subscribed;
    const observer = this.#observer;
    if (now.state !== 'ended' || observer === undefined || !this.#handling.isIdle) return;
    this.#observer = { next: () => undefined };
    const { reason } = now;
    if (reason instanceof ClientError) notify(this.#parts.onProblem, 'error', () => observer.error?.(reason));
    else notify(this.#parts.onProblem, 'complete', () => observer.complete?.());
  }
}
