import { pMapIterable } from 'p-map';
import { type Client, ClientError } from '#client';
import { oneLine } from '../../core/terminal-text.js';
import { unmarked } from '../client/exact-numbers.js';
import type { LineOutput } from '../client/line-output.js';
import { parseVariables } from '../client/variables.js';
import { UserError } from '../user-error.js';
import type { InputLine } from './input-lines.js';
import type { Progress } from './progress-file.js';

export interface PublishOptions {
  readonly client: Client;
  readonly document: string;
  readonly lines: AsyncIterable<InputLine>;
  /** How many mutations may be in flight. With 1 they keep their order. */
  readonly concurrency: number;
  /** Whether the lines after a failed line are published. */
  readonly keepsGoing: boolean;
  readonly timeoutMs: number;
  readonly progress: Progress;
  readonly output: LineOutput;
  readonly onFailure: (line: number, failure: Failure) => void;
  readonly signal: AbortSignal;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface Published {
  readonly published: number;
  readonly failed: number;
}

type Outcome =
  | { readonly kind: 'published'; readonly data: unknown }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly error: ClientError | undefined }
  /** It was not sent, because a line before it failed or the command was stopped; or it was published before. */
  | { readonly kind: 'skipped' };

/**
 * Runs one mutation for each line, and prints the outcome of each, in the order of the input. All attempts at a line have one
 * idempotency key. The progress moves with the outcomes, so everything before it is done.
 */
export async function publishLines(options: PublishOptions): Promise<Published> {
  const { lines, concurrency, progress, output, keepsGoing, signal } = options;
  let isOver = false;
  let published = 0;
  let failed = 0;
  const outcomes = pMapIterable(
    lines,
    async (line): Promise<{ readonly line: InputLine; readonly outcome: Outcome }> => {
      if (isOver || signal.aborted || progress.isDone(line)) return { line, outcome: { kind: 'skipped' } };
      const outcome = await publishLine(line, options);
      // At once: with `concurrency` 1 the next line is not sent.
      if (outcome.kind === 'failed' && !keepsGoing) isOver = true;
      return { line, outcome };
    },
    { concurrency, backpressure: concurrency },
  );
  let last = 0;
  for await (const { line, outcome } of outcomes) {
    if (signal.aborted) break;
    last = line.number;
    if (outcome.kind === 'skipped') {
      if (isOver) break;
      continue;
    }
    await output.write(render(line.number, outcome));
    if (outcome.kind === 'published') published += 1;
    else {
      failed += 1;
      options.onFailure(line.number, outcome.failure);
    }
    // Once a line failed, the progress stays before it.
    if (!isOver || failed === 0) progress.done(line);
  }
  if (!isOver && !signal.aborted && last < progress.line)
    throw new UserError(
      `The input ends before line ${progress.line}, which is published: the progress belongs to another input.`,
      1,
    );
  return { published, failed };
}

async function publishLine(line: InputLine, options: PublishOptions): Promise<Outcome> {
  const { client, document, progress, timeoutMs, signal } = options;
  try {
    if (line.text === undefined) throw new UserError('The line is not UTF-8.', 1);
    const variables = parseVariables(line.text, 'The line');
    const idempotencyKey = progress.keyOf(line);
    const data = await client.mutate(document, { variables, idempotencyKey, timeoutMs, signal });
    return { kind: 'published', data };
  } catch (error) {
    if (error instanceof ClientError)
      return { kind: 'failed', failure: { code: error.code, message: error.message }, error };
    if (error instanceof UserError)
      return { kind: 'failed', failure: { code: 'BAD_INPUT', message: error.message }, error: undefined };
    throw error;
  }
}

function render(line: number, outcome: Exclude<Outcome, { kind: 'skipped' }>): string {
  if (outcome.kind === 'published') return shown({ line, data: outcome.data });
  const { failure, error } = outcome;
  return shown({ line, error: { ...error?.extensions, ...failure } });
}

const shown = (value: unknown): string => oneLine(unmarked(JSON.stringify(value)));
