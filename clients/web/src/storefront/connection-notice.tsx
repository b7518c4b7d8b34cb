import { Affix, Alert, Loader } from '@mantine/core';
import type { Client, ConnectionState } from 'millrace-client';
import { useEffect, useState } from 'react';

/** A connection that comes back sooner than this was hardly lost: the customer need not know. */
const PATIENCE_MS = 2_000;

/** Whether something is the case for longer than the customer should wait without a word. */
export function useLasting(isCase: boolean): boolean {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    setLasts(false);
    if (!isCase) return;
    const timer = setTimeout(() => setLasts(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isCase]);
  return isCase && lasts;
}

function useConnection(client: Client): ConnectionState {
  const [state, setState] = useState(client.state);
  useEffect(() => {
    setState(client.state);
    return client.onState(setState);
  }, [client]);
  return state;
}

/** Says that the connection is lost when that lasts, and why when it does not come back by itself. */
export function ConnectionNotice({ client }: { readonly client: Client }) {
  const { state, ...more } = useConnection(client);
  const isLost = useLasting(state === 'waiting' || state === 'connecting');
  if (state === 'needs-auth' || state === 'closed') {
    const because = 'because' in more ? more.because : undefined;
    return because === undefined ? null : (
      <Notice color="red" text={`The shop refuses the connection: ${because}`} />
    );
  }
  return isLost ? <Notice color="yellow" text="Reconnecting… Your orders continue meanwhile." /> : null;
}

function Notice({ color, text }: { readonly color: string; readonly text: string }) {
  return (
    <Affix position={{ bottom: 16, left: 16, right: 16 }} style={{ pointerEvents: 'none' }}>
      <Alert
        role="status"
        color={color}
        variant="filled"
        autoContrast
        maw={420}
        mx="auto"
        p="sm"
        icon={<Loader size="xs" color="currentColor" aria-hidden />}
      >
        {text}
      </Alert>
    </Affix>
  );
}
