import { Alert } from '@mantine/core';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { useConsoleClient } from '../../shared/console-client';
import { setSkew } from '../../shared/relative-time';
import { useConsoleSubscription } from '../../shared/use-console-subscription';
import { ClockDocument } from './operations';

/** Most losses of a connection are over before anybody notices. */
const QUIET_MS = 3_000;
/** Below it, times read right. */
const MAX_SKEW_MS = 5_000;

/** What is wrong with what the pages show: the connection, or the clock of this machine. Nothing, if nothing is. */
export function ConnectionLine() {
  const client = useConsoleClient();
  const connection = useSyncExternalStore(
    useCallback((listener: () => void) => client.onState(listener), [client]),
    () => client.state,
  );
  const isLost = connection.state === 'waiting' || connection.state === 'connecting';
  const isLate = useLasting(isLost, QUIET_MS);
  const skewMs = useClockSkew();
  return (
    <div aria-live="polite">
      {connection.state === 'closed' ? (
        <Alert color="red" mb="md" title="The gateway has closed the connection.">
          {connection.because} Reload the page to try again.
        </Alert>
      ) : (
        isLate && (
          <Alert color="yellow" mb="md" title="Reconnecting…">
            The gateway does not answer. You see the last state that it sent.
          </Alert>
        )
      )}
      {Math.abs(skewMs) > MAX_SKEW_MS && (
        <Alert color="yellow" mb="md" title="The clock of this device is wrong.">
          It is {inWords(Math.abs(skewMs))} {skewMs > 0 ? 'ahead of' : 'behind'} the gateway's. Relative times
          here follow the gateway.
        </Alert>
      )}
    </div>
  );
}

/** Whether something has been so for a while. */
function useLasting(isSo: boolean, ms: number): boolean {
  const [lasts, setLasts] = useState(false);
  useEffect(() => {
    if (!isSo) {
      setLasts(false);
      return;
    }
    const timer = setTimeout(() => setLasts(true), ms);
    return () => clearTimeout(timer);
  }, [isSo, ms]);
  return lasts;
}

/** How far this machine's clock is ahead of the gateway's, as of the newest message. */
function useClockSkew(): number {
  const { data } = useConsoleSubscription(ClockDocument);
  const time = data?.clock.time;
  const [skewMs, setSkewMs] = useState(0);
  useEffect(() => {
    if (time === undefined) return;
    const ms = Date.now() - Date.parse(time);
    setSkewMs(ms);
    setSkew(Math.abs(ms) > MAX_SKEW_MS ? ms : 0);
  }, [time]);
  return skewMs;
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 2 ? `${Math.round(ms / 1_000)} seconds` : `${minutes.toLocaleString('en')} minutes`;
}
