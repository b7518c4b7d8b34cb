import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = new URL('../dist/main.js', import.meta.url).pathname;

/** One `millrace` process. */
export interface Running {
  /** '' for a role that has none. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A folder with one schema, and `millrace` processes in it; all gone when disposed of. */
export class Processes implements AsyncDisposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  readonly #env: Readonly<Record<string, string>>;
  readonly #children: ChildProcess[] = [];

  constructor(schema: string, env: Readonly<Record<string, string>>) {
    this.#env = env;
    mkdirSync(join(this.#dir, 'schema'));
    writeFileSync(join(this.#dir, 'schema', 'bench.graphql'), schema);
  }

  /** Starts a role; resolves with its address, or '' for one that has none. */
  async start(role: string): Promise<string> {
    return (await this.run(role)).url;
  }

  /** Starts a role; resolves once it runs. */
  run(role: string, env: Readonly<Record<string, string>> = {}): Promise<Running> {
    // For profiles: NODE_OPTIONS and the like.
    const { PATH = '', BENCH_NODE_OPTIONS = '' } = process.env;
    const child = spawn(process.execPath, [...BENCH_NODE_OPTIONS.split(' ').filter(Boolean), MAIN, role], {
      cwd: this.#dir,
      env: { PATH, PORT: '0', ...this.#env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    return new Promise((resolve, reject) => {
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
        if (!/^log .*\n/m.test(said)) return;
        const url = /http:\/\/[\w.:-]+/.exec(said)?.[0] ?? '';
        resolve({ url, pid: child.pid ?? 0, stop: () => stop(child) });
      });
      child.once('exit', (code) => reject(new Error(`millrace ${role} ended with ${String(code)}`)));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) await stop(child);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
