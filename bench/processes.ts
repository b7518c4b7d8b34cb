import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Child } from './child.js';

const MAIN = new URL('../dist/cli/main.js', import.meta.url).pathname;

/** A `millrace` process that runs. */
export interface Running {
  readonly child: Child;
  /** Where clients reach it; '' for one that is no gateway. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const NODE_MODULES = new URL('../node_modules', import.meta.url).pathname;

/** A folder with one schema, or with all the files of a project, and `millrace` processes in it; all gone when disposed of. */
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

  /** Starts a role; resolves with its address, or '' for one that has none. */
  async start(role: string): Promise<string> {
    return (await this.run(role)).url;
  }

  /** Starts a role; resolves once it runs. */
  async run(role: string, env: Readonly<Record<string, string>> = {}): Promise<Running> {
    const options = { cwd: this.#dir, env: { PORT: '0', ...this.#env, ...env }, args: [role] };
    const child = new Child(`millrace ${role}`, MAIN, options);
    this.#children.push(child);
    const said = await child.says(/^log .*\n/m);
    const url = /http:\/\/[\w.:-]+/.exec(said)?.[0] ?? '';
    return { child, url, pid: child.pid, stop: () => child[Symbol.asyncDispose]() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child[Symbol.asyncDispose]()));
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
