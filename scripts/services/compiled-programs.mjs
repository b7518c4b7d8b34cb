import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from './child.mjs';
import { cacheFolder, install, made, mayInstall, onPath } from './machine.mjs';

/** The executable of the Go module in a folder, built again when its files change. */
export function goProgram(source) {
  if (!onPath('go'))
    throw new Error(
      `No ${basename(source)} for the tests: go is missing. Install it (https://go.dev/doc/install).`,
    );
  return built(source, (target) =>
    run('go', ['build', '-o', target, '.'], {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' },
    }),
  );
}

/** The executable of the Rust package in a folder, which is called `resume`, built again when its files change. */
export async function rustProgram(source) {
  if (!onPath('cargo')) {
    if (!mayInstall())
      throw new Error(
        `No ${basename(source)} for the tests: cargo is missing. Install Rust 1.85 or newer (https://rustup.rs).`,
      );
    await install(['cargo']);
  }
  return built(source, async (target, folder) => {
    // What cargo leaves beside the executable is a hundred times as large.
    await run('cargo', ['build', '--quiet', '--locked', '--target-dir', join(folder, 'target')], {
      cwd: source,
    });
    renameSync(join(folder, 'target/debug/resume'), target);
    rmSync(join(folder, 'target'), { recursive: true });
  });
}

/** @param build makes the file `target`, and may use the folder that it is in */
function built(source, build) {
  const hash = createHash('sha256');
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' }).sort())
    if (statSync(join(source, file)).isFile()) hash.update(file).update(readFileSync(join(source, file)));
  const name = basename(source);
  const folder = join(cacheFolder(), `${name}-${hash.digest('hex').slice(0, 12)}`);
  return made(folder, 'program', async (partial) => {
    console.error(`building ${name} …`);
    mkdirSync(partial);
    await build(join(partial, 'program'), partial);
  });
}
