import { useEffect, useState } from 'react';
import { useConsoleQuery } from '../../shared/use-console-query';
import { MonitorHistoryDocument } from './operations';
import { after, type Moment, momentOf, remembered } from './timeline';
import type { Monitor } from './wording';

/** The last hour, which goes on with each reading. */
export function useMoments(monitor: Monitor | undefined) {
  const { data, error, reload } = useConsoleQuery(MonitorHistoryDocument, {});
  const [live, setLive] = useState<readonly Moment[]>([]);
  const [past, setPast] = useState<readonly Moment[]>([]);
  useEffect(() => {
    if (monitor !== undefined) setLive((moments) => after(moments, momentOf(monitor)));
  }, [monitor]);
  const first = live[0]?.at;
  useEffect(() => {
    // Both are of the gateway's clock: the first reading came when the history did.
    if (data !== undefined && first !== undefined) setPast(remembered(data.monitorHistory, first * 1_000));
  }, [data, first]);
  const begins = live[0]?.at ?? Number.POSITIVE_INFINITY;
  return {
    moments: [...past.filter(({ at }) => at < begins), ...live],
    history: data?.monitorHistory,
    error,
    reload,
  };
}
