import { run } from './run.js';

const ROOT = new URL('../..', import.meta.url).pathname;

/**
 * Packs the project, and installs it into a folder with further packages, as a user does.
 * @returns the files in the package
 */
export async function installPacked(folder: string, packages: readonly string[] = []): Promise<string> {
  // The code was built before the tests. Building it again while packing would replace files that other tests use.
  const packed = await succeed(
    'npm',
    ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder],
    ROOT,
  );
  const tarball = packed.trim().split('\n').at(-1) ?? '';
  const options = ['--prefer-offline', '--no-audit', '--no-fund'];
  await succeed('npm', ['install', ...options, `./${tarball}`, ...packages], folder);
  return succeed('tar', ['-tzf', tarball], folder);
}

/** @throws {Error} with what the command wrote, when it fails */
export async function succeed(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, { cwd });
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}:\n${stdout}${stderr}`);
  return stdout;
}
