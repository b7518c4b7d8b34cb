import type { ClientError, Steps } from 'millrace-client';
import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import { useConsoleClient } from '../../shared/console-client';
import { deny, isDenial } from '../../shared/session';
import { Collection, type Found, NOTHING } from './found';
import { LifeDocument, type LifeSubscription } from './operations';

export type ReadingState = 'reading' | 'paused' | 'done' | 'failed';

export interface Life {
  readonly found: Found;
  readonly state: ReadingState;
  readonly error: ClientError | undefined;
  readonly pause: () => void;
  /** Goes on where it was paused, or failed. */
  readonly goOn: () => void;
  /** Reads further back, when it is done. @param since in milliseconds since 1970 */
  readonly readFrom: (since: number) => void;
}

/** What one subscription reads: the first window, or one further back. */
interface Window {
  readonly since: string | undefined;
  readonly further: string | undefined;
  readonly cursor: string | undefined;
}

/** Found events are collected for this long before the rows are laid out again: once for each batch would be too often. */
const RENDER_INTERVAL_MS = 200;

/**
 * Reads the life of an id, window by window. What was found stays while reading goes on further back. A component of another
 * id needs another key.
 */
export function useLife(id: string, since: string | undefined): Life {
  const client = useConsoleClient();
  const collection = useRef(new Collection());
  const running = useRef<Steps<LifeSubscription>>(undefined);
  const cursor = useRef<string>(undefined);
  const [found, setFound] = useState<Found>(NOTHING);
  const [state, setState] = useState<ReadingState>('reading');
  const [error, setError] = useState<ClientError>();
  const [window, setWindow] = useReducer((_: Window, next: Window) => next, {
    ...{ since, further: undefined, cursor: undefined },
  });

  const start = useCallback(
    (read: Window): (() => void) => {
      setError(undefined);
      setState('reading');
      let timer: ReturnType<typeof setTimeout> | undefined;
      const show = (): void => {
        clearTimeout(timer);
        timer = undefined;
        setFound(collection.current.found());
      };
      const variables = { id, since: read.since, further: read.further };
      const from = read.cursor === undefined ? undefined : { from: { cursor: read.cursor } };
      const steps = client.subscribe(LifeDocument, { variables, ...from });
      running.current = steps;
      const stop = steps.observe({
        next: (step) => {
          cursor.current = step.cursor;
          if (step.data === null) return;
          collection.current.add(step.data.life);
          timer ??= setTimeout(show, RENDER_INTERVAL_MS);
        },
        error: (failure) => {
          show();
          if (isDenial(failure.code)) deny({ code: failure.code, message: failure.message });
          setError(failure);
          setState('failed');
        },
        complete: () => {
          show();
          setState('done');
        },
      });
      return () => {
        clearTimeout(timer);
        stop();
      };
    },
    [client, id],
  );

  useEffect(() => start(window), [start, window]);

  return {
    found,
    state,
    error,
    pause: () => {
      running.current?.stop();
      setFound(collection.current.found());
      setState('paused');
    },
    goOn: () => setWindow({ ...window, cursor: cursor.current }),
    readFrom: (from) =>
      setWindow({ since: new Date(from).toISOString(), further: found.reading, cursor: undefined }),
  };
}
