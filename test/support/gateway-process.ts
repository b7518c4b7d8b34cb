import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;

/** A folder with files in it, gone when disposed of. */
export async function folderOf(
  files: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** `millrace` as a process of its own, from the built code. */
export interface GatewayProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  /** What it printed at start. */
  readonly lines: readonly string[];
  /** What it logged, the newest 20 kB. */
  readonly errors: string;
  /** Of a gateway: `http://127.0.0.1:PORT`. */
  readonly url: string;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Resolves once the process has printed that it runs. Rejects with its output if it ends first. */
export async function startProcess(
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly main?: string },
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [options.main ?? MAIN, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const lines: string[] = [];
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors = (errors + chunk).slice(-20_000);
  });
  const started = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('log ')) resolve();
    });
  });
  const failed = ended.then(([code]) => {
    throw new Error(`millrace ${args.join(' ')} ended with ${String(code)} before it ran:\n${errors}`);
  });
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await ended;
    }
  };
  try {
    await Promise.race([started, failed]);
  } catch (error) {
    await kill('SIGKILL');
    throw error;
  }
  failed.catch(() => undefined); // It ended later: a test stopped or killed it.
  return {
    child,
    lines,
    get errors() {
      return errors;
    },
    get url() {
      return /http:\/\/[\w.:-]+/.exec(lines.join('\n'))?.[0] ?? '';
    },
    kill,
    [Symbol.asyncDispose]: () => kill('SIGTERM'),
  };
}
