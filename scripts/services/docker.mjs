import { spawnSync } from 'node:child_process';
import { onEarlyEnd, run } from './child.mjs';
import { onPath } from './machine.mjs';

/** True when a Docker daemon answers; a client without a daemon is as good as none. */
export async function dockerAnswers() {
  if (!onPath('docker')) return false;
  try {
    await run('docker', ['info'], { timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a container that is removed with its data when it stops.
 * @param {string} image
 * @param {{ publish: string, env?: Record<string, string>, command?: string[] }} options
 *   `publish` as for `docker run --publish`
 */
export async function startContainer(image, { publish, env = {}, command = [] }) {
  const settings = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  // The image is fetched first, so that the output of `run` is the container's id and nothing else.
  await run('docker', ['image', 'inspect', image]).catch(() => run('docker', ['pull', '--quiet', image]));
  const args = ['run', '--detach', '--rm', '--publish', publish, ...settings, image, ...command];
  const id = (await run('docker', args)).trim();
  const forget = onEarlyEnd(() => spawnSync('docker', ['rm', '--force', '--volumes', id]));
  return {
    assertRunning() {
      const { stdout } = spawnSync('docker', ['inspect', '--format', '{{.State.Running}}', id], {
        encoding: 'utf8',
      });
      if (stdout.trim() !== 'true') throw new Error(`the container of ${image} ended`);
    },
    /** As a crash ends it. */
    async kill() {
      await run('docker', ['kill', id]);
    },
    async stop() {
      await run('docker', ['rm', '--force', '--volumes', id]);
      forget();
    },
  };
}
