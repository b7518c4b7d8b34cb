import { now, pause } from '../clock.js';
import { Connection } from '../load/connection.js';
import { idOf, Tally } from '../load/tally.js';
import type { FleetReport, FleetSpec, JitterSpec } from './api.js';

/** How many connections are opened at the same time at first. Later, the backoff spreads them. */
const MAX_CONNECTING = 50;
/** How long nothing may arrive, and nobody return, before the rest counts as lost. */
const MAX_SILENCE_MS = 60_000;
/** The backoff of `millrace-client`: exponential, with full jitter. */
const BACKOFF_BASE_MS = 1_000;
const BACKOFF_CAP_MS = 30_000;
const JITTER_STEP_MS = 50;
/** From the start of the jitter to the first drop of a client, at least. */
const FIRST_DROP_MS = 5_000;
const CURSOR = Buffer.from('"cursor":"');
const QUOTE = 34;

interface Member {
  /** Its number, which is also that of its operation in the tally. */
  readonly index: number;
  connection: Connection | undefined;
  /** Which node it connects to. */
  node: number;
  /** After which it resumes; '' before its first event. */
  cursor: string;
  /** When it lost its connection; 0 while it has one. */
  lostAt: number;
  failures: number;
  /** When the jitter drops it next. */
  dropAt: number;
}

/**
 * Clients that come back: one that loses its connection resumes on another node, after the last cursor that it received. The
 * tally checks that the numbers of its events have neither gap nor repetition, also over a loss.
 */
export class Fleet {
  readonly #spec: FleetSpec;
  readonly #shared: Buffer;
  readonly #tally: Tally;
  readonly #members: readonly Member[];
  readonly #timers = new Set<NodeJS.Timeout>();
  #jitter: NodeJS.Timeout | undefined;
  #away: number[] = [];
  #connected = 0;
  #losses = 0;
  #failed = 0;
  #isClosing = false;

  constructor(spec: FleetSpec, shared: Buffer) {
    this.#spec = spec;
    this.#shared = shared;
    this.#tally = new Tally(spec.count);
    this.#tally.mark(true, now());
    this.#members = Array.from({ length: spec.count }, (_, index) => ({
      index,
      connection: undefined,
      node: index % spec.urls.length,
      cursor: '',
      lostAt: 0,
      failures: 0,
      dropAt: 0,
    }));
  }

  async open(): Promise<void> {
    const left = this.#members.values();
    const worker = async (): Promise<void> => {
      for (const member of left) await this.#connect(member);
    };
    await Promise.all(Array.from({ length: MAX_CONNECTING }, worker));
  }

  reach(n: number): Promise<void> {
    return this.#until(() => this.#tally.reached >= n, `have event ${n}`);
  }

  whole(): Promise<void> {
    return this.#until(() => this.#connected === this.#members.length, 'are connected');
  }

  startJitter({ everyMs, spreadMs, offlineMs }: JitterSpec): void {
    const start = now();
    for (const member of this.#members) member.dropAt = start + FIRST_DROP_MS + Math.random() * everyMs;
    this.#jitter = setInterval(() => {
      const time = now();
      for (const member of this.#members) {
        if (member.dropAt > time || member.connection === undefined) continue;
        member.dropAt = time + offlineMs + everyMs + Math.random() * spreadMs;
        member.connection.drop();
        this.#leave(member, offlineMs);
      }
    }, JITTER_STEP_MS);
  }

  stopJitter(): void {
    clearInterval(this.#jitter);
  }

  report(): FleetReport {
    const { frames, last, latencies, faults } = this.#tally.result();
    const report = {
      connected: this.#connected,
      losses: this.#losses,
      failed: this.#failed,
      away: this.#away,
    };
    [this.#away, this.#losses, this.#failed] = [[], 0, 0];
    this.#tally.mark(true, now());
    return { ...report, frames, last, latencies, faults };
  }

  get sample(): string {
    return this.#tally.sample;
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.stopJitter();
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#members.map(({ connection }) => connection?.close()));
  }

  async #connect(member: Member): Promise<void> {
    const { urls, query, room } = this.#spec;
    let isLost = false;
    const connection = await Connection.open(new URL(urls[member.node] ?? ''), this.#shared, {
      text: (bytes, start, end, at) => this.#text(member, bytes, start, end, at),
      lost: () => {
        isLost = true;
        this.#lost(member);
      },
    });
    if (this.#isClosing) return connection.close();
    // The node stops: its close frame came together with the acknowledgement.
    if (isLost) return;
    const variables = { room, ...(member.cursor === '' ? {} : { after: member.cursor }) };
    connection.send({ id: idOf(0), type: 'subscribe', payload: { query, variables } });
    member.connection = connection;
    member.failures = 0;
    this.#connected += 1;
    if (member.lostAt > 0) this.#away.push(now() - member.lostAt);
    member.lostAt = 0;
  }

  #text(member: Member, bytes: Buffer, start: number, end: number, at: number): void {
    const { index } = member;
    const before = this.#tally.frames;
    this.#tally.frame(bytes, start, end, { base: index, size: 1, shift: index }, at);
    if (this.#tally.frames === before) return;
    const found = bytes.indexOf(CURSOR, start);
    if (found < 0 || found >= end) return; // The bare baseline's clients never come back.
    const from = found + CURSOR.length;
    member.cursor = bytes.toString('latin1', from, bytes.indexOf(QUOTE, from));
  }

  /** The connection has ended, or could not be opened. */
  #lost(member: Member): void {
    if (this.#isClosing) return;
    if (member.connection === undefined) this.#failed += 1;
    member.failures += 1;
    const ceiling = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (member.failures - 1));
    this.#leave(member, Math.random() * ceiling);
  }

  /** Connects again later, to any other node. */
  #leave(member: Member, afterMs: number): void {
    if (member.connection !== undefined) {
      member.connection = undefined;
      member.lostAt = now();
      this.#connected -= 1;
      this.#losses += 1;
    }
    const { length } = this.#spec.urls;
    member.node = (member.node + 1 + Math.floor(Math.random() * Math.max(0, length - 1))) % length;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      // A failure has been told to `lost`, which tries again.
      this.#connect(member).catch(() => undefined);
    }, afterMs);
    this.#timers.add(timer);
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const start = now();
    while (!condition()) {
      if (now() - Math.max(start, this.#tally.progress) > MAX_SILENCE_MS) {
        const { faults } = this.#tally.result();
        throw new Error(
          `Not all of ${this.#members.length} clients ${what}: ${this.#connected} are connected, all have event ${this.#tally.reached}, nothing came for a minute (${faults.join('; ') || 'no fault before'})`,
        );
      }
      await pause(5);
    }
  }
}
