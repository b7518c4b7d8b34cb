import { Command } from 'commander';
import { topic } from '../../core/ids.js';
import * as deadLetters from '../../dead-letters/command.js';
import { dryRun as dryRunOf } from '../../dead-letters/dry-run-command.js';
import { type EditArguments, edit } from '../../dead-letters/edit-command.js';
import { groups } from '../../dead-letters/groups-command.js';
import { openBackends } from '../../node/backends.js';
import { deadLetterOffice } from '../../node/dead-letter-office.js';
import { topicFormats, topicNames } from '../../node/topics.js';
import { openLogger } from '../../observe/log.js';
import { Metrics } from '../../observe/metrics.js';
import { load } from '../load.js';
import { positiveInteger } from '../options.js';
import { abortOnSignal } from '../signals.js';
import { UserError } from '../user-error.js';

export function deadLettersCommand(): Command {
  const command = new Command('dead-letters').description(
    'list, test, correct and redrive the records in dead-letter topics',
  );
  return command
    .addCommand(groupsCommand())
    .addCommand(listCommand())
    .addCommand(retryCommand())
    .addCommand(editCommand());
}

const TOPICS_HELP = 'the original topics, or their dead-letter topics (default: all topics of the project)';
const RECORDS_OPTION = [
  '--records <n>',
  'the most records to read of each dead-letter topic, the newest ones',
] as const;
const MAX_RECORDS = 1_000_000;
const MAX_TESTED = 100_000;

function groupsCommand(): Command {
  return new Command('groups')
    .description('count dead letters by topic, kind and reason; reasons that differ only in values are one')
    .argument('[topic...]', TOPICS_HELP)
    .option('--json', 'print one JSON object per line', false)
    .option(...RECORDS_OPTION, positiveInteger, MAX_RECORDS)
    .action((topics: string[], options: { json: boolean; records: number }) =>
      withLog(topics, (context) => groups(context, options)),
    );
}

function listCommand(): Command {
  return new Command('list')
    .description('list the dead letters, newest last')
    .argument('[topic...]', TOPICS_HELP)
    .option('--json', 'print one JSON object per line', false)
    .option('--limit <n>', 'the maximum number to list', positiveInteger, 1_000)
    .option('--group <id>', 'only those of one group, as `groups` shows it')
    .action((topics: string[], options: { json: boolean; limit: number; group?: string }) =>
      withLog(topics, (context) => deadLetters.list(context, options)),
    );
}

interface RetryArguments {
  readonly at: readonly string[];
  readonly group?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly records: number;
}

function retryCommand(): Command {
  return new Command('retry')
    .description('put the records of dead letters back into their original topics, each once')
    .argument('[topic...]', TOPICS_HELP)
    .option(
      '--at <position>',
      'only the record at partition@offset of the topic, or at topic/partition@offset; may be repeated',
      (position: string, others: readonly string[]) => [...others, position],
      [],
    )
    .option('--group <id>', 'only those of one group, as `groups` shows it')
    .option('--dry-run', 'test what failed with the current schema, and write nothing', false)
    .option('--json', 'print one JSON object per record and line', false)
    .option(...RECORDS_OPTION, positiveInteger, MAX_RECORDS)
    .addHelpText('after', deadLetters.REDRIVE_HELP)
    .action((topics: string[], { dryRun, ...options }: RetryArguments) =>
      withLog(topics, async (context) => {
        const isWell = dryRun
          ? await dryRunOf(context, { ...options, limit: MAX_TESTED })
          : await deadLetters.retry(context, options);
        if (!isWell) process.exitCode = 1;
      }),
    );
}

function editCommand(): Command {
  return new Command('edit')
    .description('put a corrected copy of one record back into its original topic, once')
    .argument('<position>', 'topic/partition@offset of the original record, as `list` shows it')
    .option('--value <text>', 'the new value')
    .option('--value-file <file>', 'a file with the bytes of the new value')
    .option('--data-file <file>', "a file with the new data as JSON, which the topic's codec encodes")
    .option('--key <text>', 'the new key')
    .option('--headers-file <file>', 'a file with all new headers: a JSON object, or a list of [name, value]')
    .option(
      '--new-id',
      'give the event a new id, so that consumers that remember the old one act on it',
      false,
    )
    .option('--force', 'put it back even if it would fail with the current schema', false)
    .option('--dry-run', 'only say what would happen', false)
    .action((position: string, options: EditArguments) =>
      withLog([], async (context) => {
        if (!(await edit(context, position, options))) process.exitCode = 1;
      }),
    );
}

/** Opens the log for `work`, and nothing else. */
async function withLog(
  named: readonly string[],
  work: (context: deadLetters.DeadLettersCommand) => Promise<void>,
): Promise<void> {
  const { config, project, bindings } = await load();
  const known = topicNames(bindings, project.services ?? []);
  const signal = abortOnSignal((name) => new UserError(`Stopped by ${name}.`, 1));
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const printError = (line: string): void => void process.stderr.write(`millrace: ${line}\n`);
  await using backends = await openBackends({ config, project }, new Metrics(), openLogger(config.LOG_LEVEL));
  const { log, registry } = backends;
  const suffix = config.DEAD_LETTER_SUFFIX;
  const formats = topicFormats(bindings, project, registry);
  const office = deadLetterOffice({ config, project, bindings }, { log, formats }, named.map(topic));
  await work({ log, known, formats, office, suffix, named, print, printError, signal });
}
