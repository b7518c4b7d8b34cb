import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = new URL('../dist/main.js', import.meta.url).pathname;

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
  start(role: string): Promise<string> {
    const child = spawn(process.execPath, [MAIN, role], {
      cwd: this.#dir,
      env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...this.#env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    return new Promise((resolve, reject) => {
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
        if (/^log .*\n/m.test(said)) resolve(/http:\/\/[\w.:-]+/.exec(said)?.[0] ?? '');
      });
      child.once('exit', (code) => reject(new Error(`millrace ${role} ended with ${String(code)}`)));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
