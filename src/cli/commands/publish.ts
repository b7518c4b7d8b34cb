import { createReadStream, openSync } from 'node:fs';
import { Readable } from 'node:stream';
import { Command, Option } from 'commander';
import { print } from 'graphql';
import { messageOf } from '../../core/errors.js';
import { printable } from '../../core/terminal-text.js';
import { addClientOptions, type ClientFlags, connect } from '../client/client-options.js';
import { hasVariables, parseOperation } from '../client/document.js';
import { exactFetch } from '../client/exact-fetch.js';
import { LineOutput, ReaderGone } from '../client/line-output.js';
import { textOf } from '../client/text-input.js';
import { positiveInteger } from '../options.js';
import { inputLines } from '../publish/input-lines.js';
import { Progress } from '../publish/progress-file.js';
import { publishLines } from '../publish/publish-lines.js';
import { abortOnSignal, endBySignal, SignalReceived } from '../signals.js';
import { UserError } from '../user-error.js';

interface PublishFlags extends ClientFlags {
  readonly variables?: string;
  readonly input?: string;
  readonly concurrency: number;
  readonly keepGoing: boolean;
  readonly state?: string;
  readonly timeout: number;
}

export function publishCommand(): Command {
  const command = new Command('publish')
    .description('run a mutation of a running gateway, once or for each line of JSON variables')
    .argument(
      '<document>',
      "the mutation, such as 'mutation($text: String!) { say(text: $text) { offset } }'; @file, or - for standard input",
    )
    .addOption(
      new Option(
        '--variables <json>',
        'run it once, with these variables: a JSON object, or @file',
      ).conflicts('input'),
    )
    .option('--input <file>', 'read the variables from a file (default: standard input)')
    .option(
      '--concurrency <n>',
      'how many mutations may be in flight; above 1 their order may change',
      positiveInteger,
      1,
    )
    .option('--keep-going', 'continue after a line that failed', false)
    .option('--state <file>', 'keep the progress in a file, and continue there the next time')
    .option('--timeout <seconds>', 'how long each mutation is retried', positiveInteger, 60);
  return addClientOptions(command).addHelpText('after', PUBLISH_HELP).action(publish);
}

const PUBLISH_HELP = `
A mutation with variables and without --variables runs for each line of its input: a JSON object of variables. Blank lines
are passed over. Each outcome is one line: {"line":1,"data":…} or {"line":1,"error":{"code":…,"message":…}}.

All attempts at a line have one idempotency key, so it acts once, also when its answer is lost. With --state the keys outlive
the command: after a crash it continues with the first line whose outcome it does not know, and publishes nothing twice.

Exit codes: 0 when everything is published; 1 when a line failed, which ends the command unless there is --keep-going;
2 for wrong usage; 130 and 143 after Ctrl-C and SIGTERM.`;

async function publish(given: string, flags: PublishFlags): Promise<void> {
  const document = parseOperation(textOf(given, 'document'), 'mutation');
  const isSingle = flags.variables !== undefined || !hasVariables(document);
  if (isSingle && flags.input !== undefined)
    throw new UserError('--input has variables for a document that declares none.', 2);
  if (!isSingle && flags.input === undefined && given === '-')
    throw new UserError('Standard input has the document: name a file of variables with --input.', 2);
  const stopped = abortOnSignal((name) => new SignalReceived(name));
  const { client } = connect(flags, { fetch: fetchOrReport(flags.timeout) });
  const single = (): AsyncIterable<Buffer> =>
    Readable.from([Buffer.from(textOf(flags.variables ?? '{}', 'variables').replace(/\r?\n/g, ' '))]);
  const output = new LineOutput(process.stdout);
  const progress = new Progress(flags.state);
  if (progress.line > 0) report(`Continuing after line ${progress.line}.`);
  const input = isSingle ? single() : openInput(flags.input);
  const { published, failed } = await publishLines({
    client,
    document: print(document),
    lines: inputLines(input),
    concurrency: flags.concurrency,
    keepsGoing: flags.keepGoing,
    timeoutMs: flags.timeout * 1_000,
    progress,
    output,
    onFailure: (line, { code, message }) => report(`${isSingle ? '' : `Line ${line}: `}${code}: ${message}`),
    signal: stopped,
  }).catch((error: unknown) => {
    if (error instanceof ReaderGone)
      throw new UserError('The reader of the output has gone. What follows was not published.', 1);
    throw error;
  });
  client.close();
  if (stopped.aborted) {
    report(`Stopped. Published: ${published}. Mutations that were in flight may have acted.`);
    endBySignal(stopped.reason);
  }
  if (published + failed === 0 && progress.line > 0) report('All of it was published before.');
  if (failed > 0) process.exitCode = 1;
}

function openInput(file: string | undefined): AsyncIterable<Buffer> {
  if (file !== undefined) {
    try {
      return createReadStream(file, { fd: openSync(file, 'r') });
    } catch (error) {
      throw new UserError(`The variables cannot be read from ${file}: ${messageOf(error)}.`, 2);
    }
  }
  if (process.stdin.isTTY)
    report('Reading variables from the terminal, one JSON object per line. Ctrl-D ends.');
  return process.stdin;
}

/**
 * Reports each loss of the connection once: a mutation is retried for a minute, and nothing else would say why it takes so long.
 * @param timeout in seconds
 */
function fetchOrReport(timeout: number): typeof fetch {
  let isOut = false;
  return async (address, init) => {
    try {
      const response = await exactFetch(address, init);
      isOut = false;
      return response;
    } catch (error) {
      if (!isOut && init?.signal?.aborted !== true)
        report(`Not connected to ${String(address)}: ${reasonOf(error)}. Retrying for ${timeout} s.`);
      isOut = true;
      throw error;
    }
  };
}

/** `fetch` itself says only "fetch failed". */
const reasonOf = (error: unknown): string =>
  messageOf(error instanceof Error && error.cause instanceof Error ? error.cause : error);

const report = (sentence: string): void => void process.stderr.write(`millrace: ${printable(sentence)}\n`);
