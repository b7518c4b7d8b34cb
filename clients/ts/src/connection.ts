import { ClientError } from './client-error.js';
import {
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionState,
  type ConnectionStep,
  IDLE,
  onConnectionInput,
} from './connection-state.js';
import type { Credentials, Link, LinkListener, OpenLink, Sharing, Transport } from './link.js';
import { isOfAnother, type RenewalInput } from './renewal-state.js';
import { Watchdog } from './watchdog.js';

export interface ConnectionParts {
  readonly links: Readonly<Partial<Record<Transport, OpenLink>>>;
  /** Which transports may be used, the preferred one first. */
  readonly transports: readonly Transport[];
  /** Asked for at every attempt. */
  readonly credentials: () => Promise<Credentials>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a monotonic clock. */
  readonly monotonic: () => number;
  readonly random: () => number;
  /** Operations may start on the link. `undefined`: there is no link. */
  readonly onLink: (link: Link | undefined) => void;
  readonly onState: (state: ConnectionState) => void;
  /** Credentials were not renewed. The former ones stay in force until they expire. */
  readonly onNotRenewed: (error: ClientError) => void;
}

/** How long an attempt may take until operations may start. Browsers would wait for minutes. */
const DIAL_TIMEOUT_MS = 20_000;

/** The connection of a client. Performs what `connection-state.ts` decides, with sockets and timers. */
export class Connection {
  readonly #parts: ConnectionParts;
  #connection = IDLE;
  #link: Link | undefined;
  #watchdog: Watchdog | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts attempts, so that late callbacks of an earlier attempt are ignored. */
  #attempt = 0;
  /** Work that earlier inputs still need, in order. */
  readonly #due: (() => void)[] = [];
  #isBusy = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get state(): ConnectionState {
    return this.#connection.now;
  }

  /** `undefined`: it is not open, or sharing is off. */
  get sharing(): Sharing | undefined {
    return this.state.state === 'connected' ? this.#link?.sharing : undefined;
  }

  input(input: ConnectionInput): void {
    const before = this.#connection.now;
    const { now, monotonic, random, transports } = this.#parts;
    const at = { now: now(), monotonic: monotonic(), random: random(), transports };
    const step = onConnectionInput(this.#connection, input, at);
    this.#connection = step.connection;
    this.#due.push(() => this.#carryOut(input, before, step));
    // A listener may call this again, for example through `close`. If that input ran at once, the rest of the input before
    // would open a link after it was closed.
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next = this.#due.shift(); next !== undefined; next = this.#due.shift()) next();
    } finally {
      this.#isBusy = false;
    }
  }

  #carryOut(input: ConnectionInput, before: ConnectionState, { connection, effects }: ConnectionStep): void {
    const isUp = connection.now.state === 'connected';
    if (before.state === 'connected' && !isUp) this.#parts.onLink(undefined);
    // Before the effects: the lost link must not call back any more.
    if (input.type === 'lost' && connection.now !== before) this.#hangUp();
    for (const effect of effects) this.#perform(effect);
    if (connection.now === before) return;
    this.#parts.onState(connection.now);
    // Compares states, not connections: the renewal of its credentials may have begun already.
    if (isUp && before.state !== 'connected' && this.#connection.now === connection.now)
      this.#parts.onLink(this.#link);
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.do) {
      case 'dial':
        void this.#dial(effect.over);
        return;
      case 'wait':
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.input({ type: 'elapsed' }), effect.ms);
        return;
      case 'probe':
        this.#link?.probe();
        return;
      case 'renew':
        void this.#renew();
        return;
      case 'hang-up':
        this.#hangUp();
        return;
      default:
        effect satisfies never;
    }
  }

  #hangUp(): void {
    this.#attempt += 1;
    clearTimeout(this.#timer);
    this.#watchdog?.stop();
    this.#link?.close();
    this.#link = undefined;
  }

  async #dial(over: Transport): Promise<void> {
    this.#hangUp();
    const attempt = this.#attempt;
    const isOurs = (): boolean => attempt === this.#attempt;
    const lose = (why: string): void => this.input({ type: 'lost', loss: { kind: 'retry', why } });
    this.#timer = setTimeout(() => lose(`no answer within ${DIAL_TIMEOUT_MS / 1_000} s`), DIAL_TIMEOUT_MS);
    let credentials: Credentials;
    try {
      credentials = await this.#parts.credentials();
    } catch (error) {
      if (isOurs()) lose(`the credentials cannot be had: ${String(error)}`);
      return;
    }
    const open = this.#parts.links[over];
    if (!isOurs() || open === undefined) return;
    const listener: LinkListener = {
      opened: (heartbeatMs, renews = false) => {
        if (!isOurs()) return;
        clearTimeout(this.#timer);
        this.#watchdog = new Watchdog(
          heartbeatMs,
          [this.#parts.now, this.#parts.monotonic],
          () => this.#link?.probe(),
          () => lose('the server gives no sign of life'),
        );
        this.input({ type: 'opened', renews });
      },
      renewal: (input) => {
        if (isOurs()) this.#onRenewal(input);
      },
      heard: () => this.#watchdog?.heard(),
      lost: (loss) => {
        if (isOurs()) this.input({ type: 'lost', loss });
      },
    };
    try {
      this.#link = open(credentials, listener);
    } catch (error) {
      lose(String(error));
    }
  }

  /** Asks for credentials, and sends them over the open link. */
  async #renew(): Promise<void> {
    const attempt = this.#attempt;
    const link = this.#link;
    try {
      const credentials = await this.#parts.credentials();
      if (attempt === this.#attempt) link?.renew?.(credentials);
    } catch (cause) {
      const message = `the credentials cannot be had: ${String(cause)}`;
      if (attempt === this.#attempt)
        this.#onRenewal({
          type: 'renewed',
          error: new ClientError('NOT_RENEWED', message, { retry: true, cause }),
        });
    }
  }

  #onRenewal(input: RenewalInput): void {
    this.input(input);
    const error = input.type === 'renewed' && input.error;
    // The connection that those of another subject get shows what becomes of them, and what passes at the server is retried.
    if (error && !isOfAnother(error) && (!error.retry || error.code === 'NOT_RENEWED'))
      this.#parts.onNotRenewed(error);
  }
}
