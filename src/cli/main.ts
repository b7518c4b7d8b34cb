#!/usr/bin/env node
import { Command } from 'commander';
import { ENVIRONMENT } from '../node/config.js';
import { checkCommand } from './commands/check.js';
import { deadLettersCommand } from './commands/dead-letters.js';
import { gatewayCommand } from './commands/gateway.js';
import { importCommand } from './commands/import.js';
import { relayCommand } from './commands/relay.js';
import { replayCommand } from './commands/replay.js';
import { servicesCommand } from './commands/services.js';
import { startCommand } from './commands/start.js';
import { explain } from './explain.js';
import { WorkerFailed } from './workers/workers.js';

const COMMANDS = [
  startCommand,
  gatewayCommand,
  relayCommand,
  servicesCommand,
  checkCommand,
  importCommand,
  replayCommand,
  deadLettersCommand,
];

/** How wide the column of names is. What a longer name means stands in the next line. */
const NAME_CHARACTERS = 24;

function commandLine(): Command {
  const environment = Object.entries(ENVIRONMENT).map(([name, about]) => {
    const gap = name.length > NAME_CHARACTERS ? `\n${' '.repeat(NAME_CHARACTERS + 2)}` : '';
    return `  ${name.padEnd(NAME_CHARACTERS)}${gap} ${about}`;
  });
  const program = new Command('millrace')
    .description('A GraphQL subscription gateway over events')
    .addHelpText('after', `\nEnvironment:\n${environment.join('\n')}`)
    .showHelpAfterError();
  for (const command of COMMANDS) program.addCommand(command().copyInheritedSettings(program));
  return program;
}

try {
  await commandLine().parseAsync();
} catch (error) {
  const { message, exitCode } = explain(error);
  // The worker has printed its own message.
  if (!(error instanceof WorkerFailed)) process.stderr.write(`millrace: ${message}\n`);
  process.exitCode = exitCode;
}
