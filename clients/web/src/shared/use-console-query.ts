import { ClientError, type Document } from 'millrace-client';
import { useCallback, useEffect, useReducer, useState } from 'react';
import { ask } from './console-client';
import { useSession } from './session';

interface QueryResult<Data> {
  /** The newest answer. It stays while another is on its way, and when that fails. */
  readonly data: Data | undefined;
  readonly error: ClientError | undefined;
  /** Whether an answer is on its way. */
  readonly isLoading: boolean;
  readonly reload: () => void;
}

interface Options {
  /** `true`: does not ask. */
  readonly skip?: boolean;
}

/** Asks the gateway, and again when the variables or the credentials change. Other variables begin without data. */
export function useConsoleQuery<Data, Variables extends object>(
  document: Document<Data, Variables>,
  variables: Variables,
  { skip = false }: Options = {},
): QueryResult<Data> {
  const { generation } = useSession();
  const [attempt, reload] = useReducer((count: number) => count + 1, 0);
  const identity = JSON.stringify([String(document), variables]);
  const [answer, setAnswer] = useState<{ of: string; data?: Data; error?: ClientError; isLoading: boolean }>({
    of: identity,
    isLoading: !skip,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `identity` stands for the document and its variables.
  useEffect(() => {
    if (skip) return;
    const abort = new AbortController();
    setAnswer((before) =>
      before.of === identity ? { ...before, isLoading: true } : { of: identity, isLoading: true },
    );
    ask(document, variables, abort.signal).then(
      (data) => setAnswer({ of: identity, data, isLoading: false }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const known = error instanceof ClientError ? error : new ClientError('UNKNOWN', String(error));
        setAnswer((before) => ({ ...before, error: known, isLoading: false }));
      },
    );
    return () => abort.abort();
  }, [identity, skip, attempt, generation]);
  const isCurrent = answer.of === identity;
  return {
    data: isCurrent ? answer.data : undefined,
    error: isCurrent ? answer.error : undefined,
    isLoading: !skip && (!isCurrent || answer.isLoading),
    reload: useCallback(() => reload(), []),
  };
}
