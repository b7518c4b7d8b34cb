import { Command } from 'commander';
import { run } from '../run.js';

export function servicesCommand(): Command {
  return new Command('services')
    .description('run services and views of the project')
    .argument('[name...]', 'which ones (default: all)')
    .action((names: string[]) =>
      run({ gateway: false, relay: false, services: names.length === 0 ? 'all' : names }),
    );
}
