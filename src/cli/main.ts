#!/usr/bin/env node
import { Command, CommanderError, Help, type Option } from 'commander';

/**
 * By name, in the order of the help text. Only the command that runs is loaded: the libraries of all of them take a second, and
 * `millrace tail` needs few.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.js')).startCommand(),
  gateway: async () => (await import('./commands/gateway.js')).gatewayCommand(),
  relay: async () => (await import('./commands/relay.js')).relayCommand(),
  services: async () => (await import('./commands/services.js')).servicesCommand(),
  check: async () => (await import('./commands/check.js')).checkCommand(),
  trace: async () => (await import('./commands/trace.js')).traceCommand(),
  map: async () => (await import('./commands/map.js')).mapCommand(),
  types: async () => (await import('./commands/types.js')).typesCommand(),
  size: async () => (await import('./commands/size.js')).sizeCommand(),
  import: async () => (await import('./commands/import.js')).importCommand(),
  replay: async () => (await import('./commands/replay.js')).replayCommand(),
  'dead-letters': async () => (await import('./commands/dead-letters.js')).deadLettersCommand(),
  revoke: async () => (await import('./commands/revoke.js')).revokeCommand(),
  publish: async () => (await import('./commands/publish.js')).publishCommand(),
  tail: async () => (await import('./commands/tail.js')).tailCommand(),
};

/** How wide the column of names is. What a longer name means stands in the next line. */
const NAME_CHARACTERS = 24;

async function commandLine(name: string | undefined): Promise<Command> {
  const isNamed = name !== undefined && Object.hasOwn(COMMANDS, name);
  const program = new Command('millrace')
    .description('A GraphQL subscription gateway over events')
    // Not the help itself: the error would scroll out of sight.
    .showHelpAfterError(`Run 'millrace ${isNamed ? `${name} ` : ''}--help' for its options.`)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'millrace: ')) })
    .configureHelp({ optionDescription });
  const commands = isNamed ? [COMMANDS[name]] : Object.values(COMMANDS);
  for (const command of commands) {
    if (command !== undefined) program.addCommand((await command()).copyInheritedSettings(program));
  }
  if (!isNamed) program.addHelpText('after', await environmentHelp());
  throwUsageErrors(program);
  return program;
}

/** Without `(default: false)`, which says nothing of a switch. */
function optionDescription(option: Option): string {
  return option.defaultValue === false ? option.description : new Help().optionDescription(option);
}

async function environmentHelp(): Promise<string> {
  const { ENVIRONMENT } = await import('../node/config.js');
  const environment = Object.entries(ENVIRONMENT).map(([name, about]) => {
    const gap = name.length > NAME_CHARACTERS ? `\n${' '.repeat(NAME_CHARACTERS + 2)}` : '';
    return `  ${name.padEnd(NAME_CHARACTERS)}${gap} ${about}`;
  });
  return `\nEnvironment:\n${environment.join('\n')}`;
}

/** Commander would end the process with 1, which is for what failed, not for wrong usage. */
function throwUsageErrors(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) throwUsageErrors(inner);
}

// The reader of a pipe has gone, as `head` does. A command that has its own way to notice has its own listener.
process.stdout.on('error', (error) => {
  const isGone = 'code' in error && error.code === 'EPIPE';
  if (!isGone && process.stdout.listenerCount('error') === 1) throw error;
});

try {
  await (await commandLine(process.argv[2])).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    const { explain } = await import('./explain.js');
    const { message, exitCode } = explain(error);
    // `undefined`: the process that failed has printed its own message.
    if (message !== undefined) process.stderr.write(`millrace: ${message}\n`);
    process.exitCode = exitCode;
  }
}
