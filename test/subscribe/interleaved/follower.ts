import type { GraphQLFormattedError } from 'graphql';
import { resultTail, type SharedResult } from '../../../src/subscribe/delivery/result-layout.js';
import type { ActiveSubscription, ResultSink } from '../../../src/subscribe/delivery/result-sink.js';
import type { ModelLog, Said } from './model-log.js';

/** A client and what it was given, also before it resumed. */
export class Follower implements ResultSink {
  readonly name: string;
  readonly field: string;
  /** Of all events, which are for it. */
  readonly wants: (said: Said) => boolean;
  readonly received: { readonly n: number; readonly cursor: string }[];
  readonly errors: GraphQLFormattedError[] = [];
  /** How many events there were once its subscription was handled. */
  handledAt: number | undefined;
  running: ActiveSubscription | undefined;
  /** How many results it still has room for. */
  #credit: number;
  /** It said that it has no room, and has not read on since. */
  #refused = false;
  #overrun = 0;
  closed = false;

  constructor(name: string, field: string, wants: (said: Said) => boolean, credit: number, from?: Follower) {
    this.name = name;
    this.field = field;
    this.wants = wants;
    this.#credit = credit;
    this.handledAt = from?.handledAt;
    this.received = [...(from?.received ?? [])];
  }

  next({ head }: SharedResult, tag: string): boolean {
    if (this.closed) throw new Error(`${this.name} is given more after it closed`);
    if (this.#refused) this.#overrun += 1;
    this.#refused = this.#credit === 0;
    if (this.#refused) return false;
    this.#credit -= 1;
    const { data, extensions } = JSON.parse(`${head}${resultTail(tag)}`);
    this.received.push({ n: data.it.n, cursor: extensions.cursor });
    return true;
  }

  /** Reads on, and takes so many more. */
  drain(credit: number): void {
    this.#credit = credit;
    this.#refused = false;
    this.running?.onDrained();
  }

  /** Its credentials are renewed: the same subject with another tier. */
  renew(tier: string): void {
    this.running?.renew({ claims: { sub: this.name, tier }, expiresAt: undefined });
  }

  close(): void {
    this.closed = true;
    this.running?.close();
  }

  error(errors: readonly GraphQLFormattedError[]): void {
    this.errors.push(...errors);
  }

  complete(): void {
    throw new Error('A subscription has no end');
  }

  /** What is wrong with what it got, once everything came that is to come. */
  faults(log: ModelLog): readonly string[] {
    const faults: string[] = [];
    if (this.#overrun > 0) faults.push(`is given ${this.#overrun} results after it said that it has no room`);
    const said = new Map(log.said.map((one) => [one.n, one]));
    const got = this.received.map(({ n }) => said.get(n));
    if (this.errors.length > 0) {
      const retention = this.errors.every(({ extensions }) => extensions?.['reason'] === 'RETENTION');
      if (!retention || !log.truncated) faults.push(`fails with ${JSON.stringify(this.errors)}`);
    }
    for (const number of new Set(log.said.map((one) => one.partition))) {
      const all = log.said.filter((one) => one.partition === number && this.wants(one));
      const here = got.filter((one) => one?.partition === number);
      const first = here[0];
      const start = first === undefined ? all.length : all.indexOf(first);
      const ends = this.errors.length > 0 || this.closed ? start + here.length : all.length;
      const expected = all.slice(start, ends);
      if (start < 0 || expected.length !== here.length || expected.some((one, i) => one !== here[i])) {
        faults.push(`of ${number} got ${numbers(here)}, of ${numbers(all)}`);
      }
      // D2: what was said after it was handled is for it, be it the first that it gets or not.
      const missed = all.slice(0, start).filter(({ n }) => n >= (this.handledAt ?? Number.POSITIVE_INFINITY));
      if (missed.length > 0 && this.errors.length === 0 && !this.closed) {
        faults.push(`of ${number} never got ${numbers(missed)}, said after it was handled`);
      }
    }
    return faults.map((fault) => `${this.name} (${this.field}) ${fault}`);
  }
}

const numbers = (said: readonly (Said | undefined)[]): string =>
  `[${said.map((one) => one?.n ?? '?').join(' ')}]`;
