import { Command, InvalidArgumentError, Option } from 'commander';
import { type Client, ClientError, type ConnectionState, type Gap, type Steps } from '#client';
import { printable } from '../../core/terminal-text.js';
import { addClientOptions, type ClientFlags, connect } from '../client/client-options.js';
import { parseOperation, withArguments } from '../client/document.js';
import { LineOutput } from '../client/line-output.js';
import { textOf } from '../client/text-input.js';
import { parseVariables } from '../client/variables.js';
import { positiveInteger } from '../options.js';
import { abortOnSignal, endBySignal, SignalReceived } from '../signals.js';
import { type End, follow } from '../tail/follow.js';
import { renderJson, renderText } from '../tail/render.js';
import { stateFile } from '../tail/state-file.js';
import { StatusLine } from '../tail/status-line.js';
import { UserError } from '../user-error.js';

/** Events are gone that were never printed. */
const GAP_EXIT_CODE = 3;

interface TailFlags extends ClientFlags {
  readonly variables?: string;
  readonly after?: string;
  readonly since?: string;
  readonly state?: string;
  readonly snapshot: boolean;
  readonly count?: number;
  readonly json: boolean;
  readonly onGap: 'stop' | 'continue';
}

export function tailCommand(): Command {
  const command = new Command('tail')
    .description('print what a subscription of a running gateway sends, and resume by itself')
    .argument(
      '<document>',
      "the subscription, such as 'subscription { said { text } }'; @file, or - for standard input",
    )
    .option('--variables <json>', 'the variables as a JSON object, or @file')
    .addOption(new Option('--after <cursor>', 'start after a cursor').conflicts('since'))
    .option(
      '--since <time>',
      "start with the events at or after a time such as 2026-01-31T09:30:00Z; 'earliest': all",
      time,
    )
    .option('--state <file>', 'keep the position in a file, and start there the next time')
    .option('--snapshot', "print the state of the field's view first", false)
    .option('--count <n>', 'end after so many lines', positiveInteger)
    .option('--json', 'print one JSON object per line, also on a terminal', false)
    .addOption(
      new Option('--on-gap <action>', 'what to do when events are gone that were not printed yet')
        .choices(['stop', 'continue'])
        .default('stop'),
    );
  return addClientOptions(command).addHelpText('after', TAIL_HELP).action(tail);
}

const TAIL_HELP = `
On a terminal, lines are for people. In a pipe or file each line is a JSON object: data, errors, event, snapshot,
replayed, cursor. Rate and state are shown on standard error, if that is a terminal.

A position counts once its line is written. With --state, a restart continues there, whatever --after and --since say:
nothing is missed, and after a crash at most the last line is repeated. Give each command its own file.

Exit codes: 0 after --count, at the end of the subscription, or when the reader of the pipe has gone; 1 for an error;
2 for wrong usage; 3 when events are gone; 130 and 143 after Ctrl-C and SIGTERM.`;

/** @returns RFC 3339, as the gateway takes it */
function time(text: string): string {
  if (text === 'earliest') return new Date(0).toISOString();
  if (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) &&
    Number.isFinite(Date.parse(text))
  )
    return text;
  throw new InvalidArgumentError(
    "Expected a time with its offset, such as 2026-01-31T09:30:00Z, or 'earliest'.",
  );
}

async function tail(given: string, flags: TailFlags): Promise<void> {
  const document = parseOperation(textOf(given, 'document'), 'subscription');
  const { since, snapshot, state } = flags;
  const store = state === undefined ? undefined : stateFile(state);
  const controller = new AbortController();
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    controller.abort();
  };
  const stopped = abortOnSignal((name) => new SignalReceived(name));
  const variables =
    flags.variables === undefined ? {} : parseVariables(textOf(flags.variables, 'variables'), '--variables');
  const { client, url, mayRenew } = connect(flags, {
    ...(store !== undefined && { store }),
    // Otherwise the next line would be repeated after a restart, without a warning.
    onProblem: ({ message }) => fail(new UserError(message, 1)),
  });
  const report = (sentence: string): void => {
    status?.clear();
    process.stderr.write(`millrace: ${printable(sentence)}\n`);
  };
  let steps: Steps<unknown> | undefined;
  using status = process.stderr.isTTY
    ? new StatusLine(process.stderr, () => shown(client.state, steps?.state))
    : undefined;
  const onRunning = reportOutages(client, url, report, (because) => {
    if (mayRenew) return false;
    fail(new UserError(`UNAUTHENTICATED: ${printable(because)}`, 1));
    return true;
  });
  const isTerminal = process.stdout.isTTY;
  const end = await follow({
    client,
    document: withArguments(document, { since, snapshot }),
    variables,
    after: flags.after,
    output: new LineOutput(process.stdout),
    render: flags.json || !isTerminal ? renderJson : renderText(process.stdout.hasColors()),
    count: flags.count,
    continuesAfterGap: flags.onGap === 'continue',
    onGap: (gap) => report(`${gapOf(gap)} Continuing with the earliest event that is left.`),
    onUnresumable: once(() => {
      const sentence = 'The server sends no cursors: after a lost connection, events may be missing.';
      if (state === undefined) report(sentence);
      else fail(new UserError(`${sentence} There is no position for --state to keep.`, 1));
    }),
    onLine: (isWritten) => {
      if (isWritten) status?.counted();
      if (!isTerminal) return;
      if (isWritten) status?.restore();
      else status?.clear();
    },
    onSteps: (running) => {
      steps = running;
    },
    onRunning,
    signal: AbortSignal.any([stopped, controller.signal]),
  });
  client.close();
  if (failure !== undefined) throw failure;
  if (stopped.aborted) return endBySignal(stopped.reason);
  conclude(end, state);
}

const once = (act: () => void): (() => void) => {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
};

/**
 * Reports each loss of the connection once: its attempts are many.
 * @param onRefused the server refuses the credentials. @returns whether that is the end
 * @returns to be called when the subscription runs. A connection alone says little: whatever answers may be no gateway
 */
function reportOutages(
  client: Client,
  url: string,
  report: (sentence: string) => void,
  onRefused: (because: string) => boolean,
): () => void {
  let isOut = false;
  client.onState((now) => {
    if (now.state === 'needs-auth' && onRefused(now.because)) return;
    if ((now.state === 'waiting' || now.state === 'needs-auth') && !isOut) {
      report(`Not connected to ${url}: ${now.because}. Retrying.`);
      isOut = true;
    }
  });
  return () => {
    if (isOut) report('Connected again.');
    isOut = false;
  };
}

/**
 * @param state the file of the position
 * @throws {UserError} unless it ended well
 */
function conclude(end: End, state: string | undefined): void {
  switch (end.why) {
    case 'gap':
      throw new UserError(
        `${gapOf(end.gap)} Nothing after it was printed. To continue with the earliest event that is left, add --on-gap continue.`,
        GAP_EXIT_CODE,
      );
    case 'failed':
      throw failureOf(end.error, state);
    default:
      end.why satisfies 'counted' | 'completed' | 'gone' | 'stopped';
  }
}

/** An error of the server with its code. */
function failureOf(error: Error, state: string | undefined): UserError {
  if (!(error instanceof ClientError)) return new UserError(printable(error.message), 1);
  const text = printable(`${error.code}: ${error.message}`);
  return new UserError(`${text}${hintFor(error, state)}`, 1);
}

function hintFor({ code, message }: ClientError, state: string | undefined): string {
  if (code === 'CURSOR_INVALID' && state !== undefined)
    return ` The position is that of ${state}: name another file, or delete it to start without a position.`;
  // The user wrote an option, not an argument.
  if (message.startsWith('Unknown argument "snapshot"'))
    return ' Only fields with @view have snapshots: leave out --snapshot.';
  return '';
}

const gapOf = ({ reason }: Gap): string =>
  `RESYNC_REQUIRED: events after the position are gone from the log (${printable(reason)}).`;

/** State for the status line. */
function shown(connection: ConnectionState, steps: Steps<unknown>['state'] | undefined): string {
  if (connection.state === 'waiting') {
    const seconds = Math.max(0, Math.ceil((connection.until - Date.now()) / 1_000));
    return `not connected, next attempt in ${seconds} s`;
  }
  if (connection.state !== 'connected') return connection.state;
  if (steps?.state === 'replaying') return `replaying, ${steps.behind} behind`;
  return steps?.state ?? 'starting';
}
