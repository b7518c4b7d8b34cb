import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { useConsoleClient } from '../../shared/console-client';
import { type ReaderState, TopicReader } from './topic-reader';

/** A reader of a topic, which begins again at another time. Another one for another topic, filter or caller. */
export function useTopicReader(
  topic: string,
  filter: string | undefined,
  from: string | undefined,
): { readonly reader: TopicReader; readonly state: ReaderState } {
  const client = useConsoleClient();
  const reader = useMemo(() => new TopicReader(client, { topic, filter }), [client, topic, filter]);
  const state = useSyncExternalStore(reader.subscribe, reader.getState);
  useEffect(() => {
    reader.begin(from === undefined ? undefined : { time: from });
    return () => reader.stop();
  }, [reader, from]);
  return { reader, state };
}
