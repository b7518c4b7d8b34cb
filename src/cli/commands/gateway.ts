import { Command } from 'commander';
import { workersOption } from '../options.js';
import { run } from '../run.js';

export function gatewayCommand(): Command {
  return new Command('gateway')
    .description('serve clients')
    .addOption(workersOption())
    .action(({ workers }) => run({ gateway: true, relay: false, services: [] }, workers));
}
