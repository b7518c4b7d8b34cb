import { Command } from 'commander';
import { openBackends } from '../../node/backends.js';
import { rebuildable } from '../../node/services.js';
import { openLogger } from '../../observe/log.js';
import { Metrics } from '../../observe/metrics.js';
import { REBUILD_HELP, rebuild } from '../../rebuild/command.js';
import { load } from '../load.js';
import { abortOnSignal } from '../signals.js';
import { UserError } from '../user-error.js';

export function replayCommand(): Command {
  return new Command('replay')
    .description('rebuild the state of a service or view from the log, and switch to it')
    .requiredOption('--group <name>', 'the service or view')
    .requiredOption('--from <time>', "'start', or a time such as 2026-01-31T09:30:00Z")
    .addHelpText('after', REBUILD_HELP)
    .action(replay);
}

async function replay({ group, from }: { group: string; from: string }): Promise<void> {
  const loaded = await load();
  const signal = abortOnSignal(
    (name) => new UserError(`Stopped by ${name}. The state in use is unchanged.`, 1),
  );
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  await using backends = await openBackends(loaded, new Metrics(), openLogger(loaded.config.LOG_LEVEL));
  const rebuilds = await rebuildable(backends, loaded);
  await rebuild({ rebuilds, group, from, print, signal });
}
