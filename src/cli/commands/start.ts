import { Command } from 'commander';
import { workersOption } from '../options.js';
import { run } from '../run.js';

export function startCommand(): Command {
  return new Command('start')
    .description('run everything in one process; with --workers, several processes serve clients')
    .addOption(workersOption())
    .action(({ workers }) => run({ gateway: true, relay: true, services: 'all' }, workers));
}
