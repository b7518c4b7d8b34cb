import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Child, type ChildOptions } from './child.js';

const MAIN = new URL('../dist/cli/main.js', import.meta.url).pathname;

/** A running `millrace` process. */
export interface RunningProcess {
  readonly child: Child;
  /** The URL of a gateway; '' for other roles. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const NODE_MODULES = new URL('../node_modules', import.meta.url).pathname;

/** A folder with one schema, or with all files of a project, and `millrace` processes in it. Disposing removes all of it. */
export class Processes implements AsyncDisposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  readonly #env: Readonly<Record<string, string>>;
  readonly #children: Child[] = [];

  constructor(project: string | Readonly<Record<string, string>>, env: Readonly<Record<string, string>>) {
    this.#env = env;
    const files = typeof project === 'string' ? { 'schema/bench.graphql': project } : project;
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.#dir, name)), { recursive: true });
      writeFileSync(join(this.#dir, name), text);
    }
    if (typeof project !== 'string') symlinkSync(NODE_MODULES, join(this.#dir, 'node_modules'));
  }

  /** Starts a role and returns its URL, or '' if it has none. */
  async start(role: string): Promise<string> {
    return (await this.run(role)).url;
  }

  /** Starts a role. Resolves once it runs. */
  run(role: string, env: Readonly<Record<string, string>> = {}): Promise<RunningProcess> {
    return this.#run(role, { env });
  }

  /** Starts a role with options. It has no meter: its own child processes would take the meter's messages for theirs. */
  runUnmeasured(role: string, args: readonly string[]): Promise<RunningProcess> {
    return this.#run(role, { args, isMeasured: false });
  }

  async #run(
    role: string,
    { env = {}, args = [], isMeasured = true }: Pick<ChildOptions, 'env' | 'args' | 'isMeasured'>,
  ): Promise<RunningProcess> {
    const options = {
      cwd: this.#dir,
      env: { PORT: '0', ...this.#env, ...env },
      args: [role, ...args],
      isMeasured,
    };
    const child = new Child(`millrace ${role}`, MAIN, options);
    this.#children.push(child);
    const output = await child.outputMatching(/^log .*\n/m);
    const url = /http:\/\/[\w.:-]+/.exec(output)?.[0] ?? '';
    return { child, url, pid: child.pid, stop: () => child[Symbol.asyncDispose]() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child[Symbol.asyncDispose]()));
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
