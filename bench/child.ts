import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Caller } from './call.js';
import type { Meter, Usage } from './meter.js';

const MEASURED = new URL('./measured.js', import.meta.url).href;
/** How long a process may take to end after SIGTERM before it is killed. */
const KILL_AFTER_MS = 20_000;

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Whether it can be called for its usage. Default: true. */
  readonly isMeasured?: boolean;
}

/** A child process that can be called, also for its CPU and memory usage. Disposing ends it. */
export class Child implements AsyncDisposable {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #caller: Caller;
  #output = '';

  /** @param script of the compiled benchmark, or any other with an absolute path */
  constructor(
    name: string,
    script: string,
    { cwd, env = {}, args = [], isMeasured = true }: ChildOptions = {},
  ) {
    this.name = name;
    // For options beyond `--profile`, such as --inspect.
    const { PATH = '', BENCH_NODE_OPTIONS = '' } = process.env;
    const options = BENCH_NODE_OPTIONS.split(' ').filter(Boolean);
    const meter = isMeasured ? ['--import', MEASURED] : [];
    this.#process = spawn(process.execPath, [...meter, ...options, script, ...args], {
      cwd,
      env: { PATH, ...env },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#caller = new Caller(this.#process, name);
    this.#process.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#output += chunk;
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resolves with the standard output of the process once it matches. */
  async outputMatching(pattern: RegExp): Promise<string> {
    const ended = once(this.#process, 'exit').then(([code, signal]) => {
      throw new Error(`${this.name} ended with ${String(code ?? signal)}: ${this.#output}`);
    });
    ended.catch(() => undefined); // Its end matters only while this waits.
    while (!pattern.test(this.#output)) {
      const { stdout } = this.#process;
      if (stdout === null) throw new Error(`${this.name} has no output`);
      await Promise.race([once(stdout, 'data'), ended]);
    }
    return this.#output;
  }

  call: Caller['call'] = (api, name, argument) => this.#caller.call(api, name, argument);

  usage(): Promise<Usage> {
    return this.call<Meter, 'usage'>('meter', 'usage', undefined);
  }

  collected(): Promise<Usage> {
    return this.call<Meter, 'collected'>('meter', 'collected', undefined);
  }

  /** The milliseconds of CPU that the process uses during `work`. */
  async cpuOf(work: () => Promise<unknown>): Promise<number> {
    const before = await this.usage();
    await work();
    return (await this.usage()).cpu - before.cpu;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), KILL_AFTER_MS);
    await ended;
    clearTimeout(kill);
  }
}
