import { type Client, ClientError, type Step } from 'millrace-client';
import type { Happening, Origin } from '../log/entry.js';
import { resultHappening } from '../log/happenings.js';
import type { PlaygroundOperation } from './operation.js';
import type { ShownResult } from './run.js';

export interface Following {
  log(happening: Happening): void;
  show(result: ShownResult): void;
  /** Called last. */
  ended(): void;
}

const originOf = ({ snapshot, replayed }: Step<unknown>): Origin =>
  snapshot ? 'snapshot' : replayed ? 'replayed' : 'live';

/**
 * Runs a subscription until it ends. It resumes when its connection is lost.
 * @param after the cursor it starts after; `undefined`: where its arguments say
 * @returns a function that stops it
 */
export function follow(
  client: Client,
  { query, variables }: PlaygroundOperation,
  after: string | undefined,
  { log, show, ended }: Following,
): () => void {
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    forgetStates();
    ended();
  };
  const fail = (error: ClientError): void => {
    const { code, message, errors, extensions } = error;
    log({ kind: 'error', code, message });
    show({ errors: errors.length > 0 ? errors : [{ message, extensions: { ...extensions, code } }] });
    end();
  };
  const forgetStates = client.onState((state) => {
    // Its credentials are those of the editor of headers, so the next attempt would fail as this one.
    if (state.state === 'needs-auth') {
      fail(new ClientError('UNAUTHENTICATED', refused(state.because)));
      steps.stop();
    } else if (state.state === 'waiting')
      log({ kind: 'state', message: `Connection lost: ${state.because}` });
    else if (state.state === 'connected')
      log({ kind: 'state', message: `Connected over ${state.over === 'sse' ? 'SSE' : 'WebSocket'}.` });
  });
  const steps = client.subscribe(query, {
    ...(variables !== undefined && { variables }),
    ...(after !== undefined && { from: { cursor: after } }),
    onGap: ({ reason, earliest }) => log({ kind: 'gap', reason, earliest }),
  });
  let position = after;
  steps.observe({
    next: (step) => {
      const { data, errors, cursor, event, snapshot } = step;
      position = cursor;
      log(resultHappening({ data, errors }, { origin: originOf(step), cursor, event }));
      show({
        data,
        ...(errors !== undefined && { errors }),
        extensions: { event, ...(snapshot && { snapshot }), cursor },
      });
    },
    state: (state) => {
      const { cursor } = steps;
      const isPosition = state.state === 'live' || state.state === 'replaying';
      if (!isPosition || cursor === undefined || cursor === position) return;
      position = cursor;
      log({ kind: 'position', cursor, behind: state.state === 'replaying' ? state.behind : 0 });
    },
    error: fail,
    complete: () => {
      if (!isOver) log({ kind: 'state', message: 'The gateway completed the subscription.' });
      end();
    },
  });
  return () => {
    if (isOver) return;
    isOver = true;
    forgetStates();
    steps.stop();
    log({ kind: 'state', message: 'Stopped.' });
    ended();
  };
}

const refused = (because: string): string =>
  `The gateway refused the credentials: ${because} Change them in the editor of headers and run again, or resume from a result.`;
