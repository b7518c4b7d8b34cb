import { spawnSync } from 'node:child_process';
import { onEarlyEnd, run } from './child.mjs';
import { onPath } from './machine.mjs';

/** Whether a Docker daemon answers. A client without a daemon does not help. */
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
  // Pulls the image first, so that the output of `run` is only the container's id.
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
    /** Kills it, like a crash. */
    async kill() {
      await run('docker', ['kill', id]);
    },
    async stop() {
      await run('docker', ['rm', '--force', '--volumes', id]);
      forget();
    },
  };
}
