import { Command } from 'commander';
import { run } from '../run.js';

export function relayCommand(): Command {
  return new Command('relay')
    .description('move events from the log into the fan-out')
    .action(() => run({ gateway: false, relay: true, services: [] }));
}
