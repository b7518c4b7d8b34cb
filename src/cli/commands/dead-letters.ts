import { Command } from 'commander';
import * as deadLetters from '../../dead-letters/command.js';
import { openBackends } from '../../node/backends.js';
import type { Config } from '../../node/config.js';
import { redriveGroup } from '../../node/groups.js';
import { topicFormats, topicNames } from '../../node/topics.js';
import { openLogger } from '../../observe/log.js';
import { Metrics } from '../../observe/metrics.js';
import { load } from '../load.js';
import { positiveInteger } from '../options.js';
import { abortOnSignal } from '../signals.js';
import { UserError } from '../user-error.js';

export function deadLettersCommand(): Command {
  const command = new Command('dead-letters').description(
    'list and redrive the records in dead-letter topics',
  );
  command.addCommand(listCommand()).addCommand(retryCommand());
  return command;
}

function listCommand(): Command {
  return new Command('list')
    .description('list the dead letters, newest last')
    .argument(
      '[topic...]',
      'the original topics, or their dead-letter topics (default: all topics of the project)',
    )
    .option('--json', 'print one JSON object per line', false)
    .option('--limit <n>', 'the maximum number to list', positiveInteger, 1_000)
    .action((topics: string[], options: { json: boolean; limit: number }) =>
      withLog(topics, (context) => deadLetters.list(context, options)),
    );
}

function retryCommand(): Command {
  return new Command('retry')
    .description('put the records of dead letters back into their original topics, each once')
    .argument(
      '[topic...]',
      'the original topics, or their dead-letter topics (default: all topics of the project)',
    )
    .option(
      '--at <position>',
      'only the record at partition@offset of the topic, or at topic/partition@offset; may be repeated',
      (position: string, others: readonly string[]) => [...others, position],
      [],
    )
    .addHelpText('after', deadLetters.REDRIVE_HELP)
    .action((topics: string[], { at }: { at: readonly string[] }) =>
      withLog(topics, async (context, config) => {
        const group = redriveGroup(config);
        if (!(await deadLetters.retry(context, { group, at }))) process.exitCode = 1;
      }),
    );
}

/** Opens the log for `work`, and nothing else. */
async function withLog(
  named: readonly string[],
  work: (context: deadLetters.DeadLettersCommand, config: Config) => Promise<void>,
): Promise<void> {
  const { config, project, bindings } = await load();
  const known = topicNames(bindings, project.services ?? []);
  const signal = abortOnSignal((name) => new UserError(`Stopped by ${name}.`, 1));
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const printError = (line: string): void => void process.stderr.write(`millrace: ${line}\n`);
  await using backends = await openBackends({ config, project }, new Metrics(), openLogger(config.LOG_LEVEL));
  const suffix = config.DEAD_LETTER_SUFFIX;
  const formats = topicFormats(bindings, project, backends.registry);
  await work({ log: backends.log, known, formats, suffix, named, print, printError, signal }, config);
}
