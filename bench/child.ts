import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Asker } from './call.js';
import type { Meter, Usage } from './meter.js';

const MEASURED = new URL('./measured.js', import.meta.url).href;
/** How long a process may take to end by itself, in milliseconds. */
const PATIENCE = 20_000;

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** A process that can be asked, also for what it has used. Ended when disposed of. */
export class Child implements AsyncDisposable {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #asker: Asker;
  #said = '';

  /** @param script of the compiled benchmark, or any other with an absolute path */
  constructor(name: string, script: string, { cwd, env = {}, args = [] }: ChildOptions = {}) {
    this.name = name;
    // For what `--profile` does not reach: --cpu-prof, --inspect and the like.
    const { PATH = '', BENCH_NODE_OPTIONS = '' } = process.env;
    const options = BENCH_NODE_OPTIONS.split(' ').filter(Boolean);
    this.#process = spawn(process.execPath, ['--import', MEASURED, ...options, script, ...args], {
      cwd,
      env: { PATH, ...env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#asker = new Asker(this.#process, name);
    this.#process.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#said += chunk;
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resolves with what the process says on its standard output once that matches. */
  async says(pattern: RegExp): Promise<string> {
    const ended = once(this.#process, 'exit').then(([code, signal]) => {
      throw new Error(`${this.name} ended with ${String(code ?? signal)}: ${this.#said}`);
    });
    ended.catch(() => undefined); // It ends some time: that is news only while somebody waits.
    while (!pattern.test(this.#said)) {
      const { stdout } = this.#process;
      if (stdout === null) throw new Error(`${this.name} has no output`);
      await Promise.race([once(stdout, 'data'), ended]);
    }
    return this.#said;
  }

  ask: Asker['ask'] = (api, name, argument) => this.#asker.ask(api, name, argument);

  usage(): Promise<Usage> {
    return this.ask<Meter, 'usage'>('meter', 'usage', undefined);
  }

  collected(): Promise<Usage> {
    return this.ask<Meter, 'collected'>('meter', 'collected', undefined);
  }

  /** Milliseconds of CPU that it uses while `work` is done. */
  async cpuOf(work: () => Promise<unknown>): Promise<number> {
    const before = await this.usage();
    await work();
    return (await this.usage()).cpu - before.cpu;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), PATIENCE);
    await ended;
    clearTimeout(kill);
  }
}
