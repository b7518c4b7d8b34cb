// `npm run test:alerts` checks deploy/prometheus in Prometheus's own promtool: the form of the configuration and the rules, and
// when the rules alert (alerts.test.yml). Not a part of `npm test`, for which promtool is too large a download (19 MB).
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './services/child.mjs';
import { cacheFolder, made, onPath } from './services/machine.mjs';

const FOLDER = join(import.meta.dirname, '..', 'deploy', 'prometheus');

/** Taken out of Debian's package, which is not installed: that would start a server. */
function downloaded() {
  if (!onPath('apt-get') || !onPath('dpkg-deb')) {
    throw new Error('promtool is missing. Install Prometheus (Debian: apt-get install prometheus).');
  }
  return made(join(cacheFolder(), 'promtool'), 'promtool', async (partial) => {
    console.error('fetching promtool through apt-get …');
    mkdirSync(partial);
    await run('apt-get', ['download', '-qq', 'prometheus'], { cwd: partial });
    const [deb] = readdirSync(partial).filter((name) => name.endsWith('.deb'));
    await run('dpkg-deb', ['--extract', deb, 'all'], { cwd: partial });
    renameSync(join(partial, 'all', 'usr', 'bin', 'promtool'), join(partial, 'promtool'));
    for (const name of [deb, 'all']) rmSync(join(partial, name), { recursive: true });
  });
}

const promtool = onPath('promtool') ? 'promtool' : await downloaded();
for (const [check, file] of [
  [['check', 'config'], 'prometheus.yml'],
  [['check', 'rules'], 'alerts.yml'],
  [['test', 'rules'], 'alerts.test.yml'],
]) {
  const { status } = spawnSync(promtool, [...check, join(FOLDER, file)], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
