import type { Client, Gap, Steps, SubscribeOptions } from '#client';
import { type LineOutput, OutputFailed, ReaderGone } from '../client/line-output.js';
import type { Render } from './render.js';

export interface FollowOptions {
  readonly client: Client;
  readonly document: string;
  readonly variables: Record<string, unknown>;
  /** Where it starts if there is no stored position. `undefined`: now, or where the document says. */
  readonly after: string | undefined;
  readonly output: LineOutput;
  readonly render: Render;
  /** How many lines are printed. `undefined`: no limit. */
  readonly count: number | undefined;
  /** Whether it continues after events were lost. */
  readonly continuesAfterGap: boolean;
  /** Events are gone, and it continues. */
  readonly onGap: (gap: Gap) => void;
  /** A result has no cursor. */
  readonly onUnresumable: () => void;
  /** Around each line: the terminal may show something else meanwhile. */
  readonly onLine: (isWritten: boolean) => void;
  readonly onSteps: (steps: Steps<unknown>) => void;
  /** The server has taken the subscription, for the first time or again. */
  readonly onRunning: () => void;
  readonly signal: AbortSignal;
}

/** Why it ended. */
export type End =
  /** `counted`: all lines that were asked for are printed. `gone`: nobody reads the output any more. */
  | { readonly why: 'counted' | 'completed' | 'gone' | 'stopped' }
  | { readonly why: 'gap'; readonly gap: Gap }
  | { readonly why: 'failed'; readonly error: Error };

/**
 * Prints the results of a subscription, each on one line, until it ends. A position is stored once the output has taken its line,
 * and before the next line is written.
 */
export function follow(options: FollowOptions): Promise<End> {
  const { client, document, variables, after, output, render, count, signal } = options;
  let lines = 0;
  let writing: Promise<void> | undefined;
  let gapAt: Gap | undefined;
  const subscribing: SubscribeOptions<Record<string, unknown>> = {
    variables,
    key: 'tail',
    ...(after !== undefined && { from: { cursor: after } }),
    onGap: (gap) => {
      if (options.continuesAfterGap) return options.onGap(gap);
      gapAt = gap;
      // The position stays before the gap: the next start finds it again.
      steps.stop();
    },
  };
  const steps = client.subscribe(document, subscribing);
  options.onSteps(steps);
  return new Promise<End>((resolve) => {
    const stop = (end: End): void => {
      resolve(end);
      steps.stop();
    };
    steps.observe({
      next: async (step) => {
        if (step.cursor === undefined) options.onUnresumable();
        options.onLine(false);
        writing = output.write(render(step));
        await writing;
        options.onLine(true);
        lines += 1;
        if (lines !== count) return;
        step.ack();
        stop({ why: 'counted' });
      },
      state: ({ state }) => {
        if (state === 'snapshot' || state === 'replaying' || state === 'live') options.onRunning();
      },
      error: (error) => {
        const { cause } = error;
        if (cause instanceof ReaderGone) resolve({ why: 'gone' });
        else resolve({ why: 'failed', error: cause instanceof OutputFailed ? cause : error });
      },
      complete: () => {
        if (gapAt !== undefined) resolve({ why: 'gap', gap: gapAt });
        else resolve({ why: signal.aborted ? 'stopped' : 'completed' });
      },
    });
    const onAbort = (): void => {
      steps.stop();
      // A line that is half written would be torn.
      void Promise.resolve(writing)
        .catch(() => undefined)
        .then(() => resolve({ why: 'stopped' }));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
}
