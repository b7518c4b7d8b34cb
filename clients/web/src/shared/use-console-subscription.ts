import type { Document } from 'millrace-client';
import { type HookOptions, type SubscriptionResult, useSubscription } from 'millrace-client/react';
import { useEffect, useRef } from 'react';
import { useConsoleClient } from './console-client';
import { deny, isDenial } from './session';

/**
 * The newest result of a subscription of the console. It stays while the connection is lost, and begins again when the
 * credentials change. `useEvents` of millrace-client/react, with `useConsoleClient()`, keeps several results.
 */
export function useConsoleSubscription<Data, Variables extends object>(
  document: Document<Data, Variables>,
  options: HookOptions<Variables> = {},
): SubscriptionResult<Data> {
  const result = useSubscription(useConsoleClient(), document, options);
  const { data, error } = result;
  useEffect(() => {
    if (error !== undefined && isDenial(error.code)) deny({ code: error.code, message: error.message });
  }, [error]);
  // A subscription that begins again has no result yet; its page has one to show until then.
  const identity = JSON.stringify([String(document), options.variables]);
  const last = useRef<{ readonly of: string; readonly data: typeof data }>(undefined);
  if (data !== undefined) last.current = { of: identity, data };
  return { ...result, data: data ?? (last.current?.of === identity ? last.current.data : undefined) };
}
