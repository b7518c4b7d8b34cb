import { useEffect, useState, useSyncExternalStore } from 'react';
import { useSession } from '../../shared/session';
import { type Chosen, type ReaderState, TopicReader } from './topic-reader';

/** A reader of a topic, which begins again at another time or with other credentials. Its page makes another for another topic. */
export function useTopicReader(
  chosen: Chosen,
  from: string | undefined,
): { readonly reader: TopicReader; readonly state: ReaderState } {
  const [reader] = useState(() => new TopicReader(chosen));
  const state = useSyncExternalStore(reader.subscribe, reader.getState);
  const { generation } = useSession();
  // biome-ignore lint/correctness/useExhaustiveDependencies: other credentials begin again
  useEffect(() => {
    reader.begin(from === undefined ? undefined : { time: from });
    return () => reader.stop();
  }, [reader, from, generation]);
  return { reader, state };
}
