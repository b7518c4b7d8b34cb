import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { vi } from 'vitest';
import { EVENTUALLY } from '../../../../test/faults/support/ceiling.js';
import type { ReceivedLog } from '../../../../test/faults/support/check.js';
import type { Received } from '../../../../test/support/recorder.js';
import type { EventContext, Transport } from '../../src/index.js';

const PROGRAM = new URL('./far-client.mjs', import.meta.url).pathname;
const CLOCK = new URL('../../../../test/faults/support/clock.mjs', import.meta.url).pathname;

/** A line of `far-client.mjs`. */
interface Line {
  readonly state?: string;
  readonly isStarted?: boolean;
  readonly fault?: string;
  readonly text?: string;
  readonly cursor?: string;
  readonly event?: EventContext;
}

/** What a client in a process of its own was given. */
export class FarRecorder implements ReceivedLog, AsyncDisposable {
  readonly name: string;
  readonly received: Received[] = [];
  readonly faults: string[] = [];
  readonly states: string[] = [];
  readonly child: ChildProcess;
  #isStarted = false;
  #errors = '';

  /** @param clockShifts what SIGUSR2 sets its clock to, one after the other, in milliseconds from the true time */
  constructor(url: string, scenario: string, over: Transport, clockShifts: readonly number[] = []) {
    this.name = `${scenario} over ${over} in a process`;
    const args = ['--import', CLOCK, PROGRAM, `${url}/graphql`, scenario, over];
    const env = { PATH: process.env['PATH'], CLOCK_SHIFTS: clockShifts.join() };
    this.child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const { stdout, stderr } = this.child;
    stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#errors += chunk;
    });
    // It is piped, so it is there.
    if (stdout !== null)
      createInterface({ input: stdout }).on('line', (line) => this.#take(JSON.parse(line)));
  }

  async started(): Promise<this> {
    await this.#until(() => this.#isStarted, 'has no position');
    return this;
  }

  get connections(): number {
    return this.states.filter((state) => state === 'connected').length;
  }

  /** Sets its clock to the next of its shifts. */
  async setClock(): Promise<void> {
    const before = this.#errors.length;
    this.child.kill('SIGUSR2');
    await this.#until(() => this.#errors.slice(before).includes('the clock is off by'), 'keeps its clock');
  }

  #until(condition: () => boolean, otherwise: string): Promise<void> {
    return vi.waitFor(() => {
      if (!condition()) throw new Error(`${this.name} ${otherwise}: ${this.states} ${this.#errors}`);
    }, EVENTUALLY);
  }

  #take({ state, isStarted, fault, text, cursor, event }: Line): void {
    if (state !== undefined) this.states.push(state);
    else if (isStarted === true) this.#isStarted = true;
    else if (fault !== undefined) this.faults.push(fault);
    else if (cursor === undefined || event === undefined)
      this.faults.push(`not a result of an event: ${text}`);
    else {
      const { id, partition, offset } = event;
      this.received.push({ id, partition, offset: Number(offset), cursor, text });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
