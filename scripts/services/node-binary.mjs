import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './child.mjs';
import { cacheFolder, made } from './machine.mjs';

/** The oldest release that package.json's `engines` allows, the supported lines, and the newest. */
export const NODE_VERSIONS = ['20.19.0', '22.23.5', '24.22.3', '26.12.1'];

/**
 * The executable of a release of Node, downloaded through npm the first time (about 100 MB): npm has a package of each release
 * for each platform.
 * @throws {Error} with npm's message when there is none for this platform
 */
export function nodeBinary(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(cacheFolder(), `node-${version}`);
  return made(folder, 'node', async (partial) => {
    console.error(`fetching Node ${version} through npm …`);
    mkdirSync(partial);
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    await run('npm', [
      ...['install', '--prefix', partial, '--no-save', '--ignore-scripts', ...quiet],
      `${name}@${version}`,
    ]);
    // The rest of the package is headers and manuals.
    renameSync(join(partial, 'node_modules', name, 'bin', 'node'), join(partial, 'node'));
    rmSync(join(partial, 'node_modules'), { recursive: true });
  });
}
