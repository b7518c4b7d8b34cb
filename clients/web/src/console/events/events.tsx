import { Drawer, SimpleGrid, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Failure } from '../../shared/failure';
import { Loading } from '../../shared/loading';
import { NoTime } from '../../shared/no-time';
import { useAddress } from '../../shared/use-address';
import { useConsoleQuery } from '../../shared/use-console-query';
import { Page } from '../shell/page';
import { EventDetail } from './event-detail';
import { EventTable, nameOf } from './event-table';
import { FilterField } from './filter-field';
import { EventTopicsDocument } from './operations';
import { isFilterError, ReaderBar } from './reader-bar';
import { MAX_ROWS, type Row } from './row-buffer';
import { TopicSelect } from './topic-select';
import { useTopicReader } from './use-topic-reader';
import { VolumeTimeline } from './volume';

/** What is in a topic: now, from a time on, and as far as a filter matches. */
export default function Events() {
  const { data, error, reload } = useConsoleQuery(EventTopicsDocument, {});
  const [params, change] = useAddress();
  const topics = data?.eventTopics.topics ?? [];
  const topic = params.get('topic') ?? topics[0]?.name;
  const filter = params.get('filter') ?? '';
  const from = timeOf(params.get('from'));
  return (
    <Page title="Events" about="The records of a topic, as they arrive and as far back as the log goes.">
      {error !== undefined && data === undefined && (
        <Failure title="The topics cannot be listed." error={error} onRetry={reload} />
      )}
      {data === undefined && error === undefined && <Loading what="the list of topics" onRetry={reload} />}
      {data !== undefined && (
        <>
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
            <TopicSelect
              topics={topics}
              value={topic}
              onChange={(chosen) => change({ topic: chosen, from: undefined, filter: undefined })}
            />
            <FilterField
              topic={topic}
              value={filter}
              onApply={(applied) => change({ filter: applied === '' ? undefined : applied })}
            />
          </SimpleGrid>
          <NoTime name="from" text={params.get('from')} instead="The newest records are shown." />
          {data.eventTopics.problem !== null && (
            <Text size="sm" c="dimmed">
              {data.eventTopics.problem}
            </Text>
          )}
        </>
      )}
      {topic === undefined ? (
        data !== undefined && <Text>The log has no topics yet. Publish something, and come back.</Text>
      ) : (
        <TopicView
          key={JSON.stringify([topic, filter])}
          topic={topic}
          filter={filter === '' ? undefined : filter}
          from={from}
          onMove={(time) => change({ from: time })}
        />
      )}
    </Page>
  );
}

interface TopicViewProps {
  readonly topic: string;
  readonly filter: string | undefined;
  readonly from: string | undefined;
  readonly onMove: (from: string | undefined) => void;
}

function TopicView({ topic, filter, from, onMove }: TopicViewProps) {
  const { reader, state } = useTopicReader(topic, filter, from);
  const [selected, setSelected] = useState<Row>();
  const [isAtBottom, setAtBottom] = useState(true);
  const isFollowing = state.activity === 'LIVE' || state.activity === 'REPLAYING';
  const isFull = reader.rows.length >= MAX_ROWS;
  const looksBack = !isAtBottom || selected !== undefined;
  // The rows that somebody looks at would go, to make room for new ones.
  useEffect(() => {
    if (isFull && looksBack && reader.getState().activity === 'LIVE') reader.pause();
  }, [isFull, looksBack, reader]);
  const newest = (): void => {
    setAtBottom(true);
    if (from === undefined) reader.begin(undefined);
    else onMove(undefined);
  };
  return (
    <Stack gap="sm">
      <VolumeTimeline topic={topic} from={from} onMove={onMove} />
      <ReaderBar
        state={state}
        shown={reader.rows.length}
        from={from}
        onPause={() => reader.pause()}
        onGoOn={() => {
          setAtBottom(true);
          reader.goOn();
        }}
        onOlder={() => void reader.older()}
        onNewest={newest}
        onReplay={(range) => {
          setAtBottom(true);
          reader.replay(range);
        }}
      />
      {state.error !== undefined &&
        (isFilterError(state) ? (
          <Failure title="The filter has an error, so nothing is read." error={state.error} />
        ) : (
          <Failure title="The topic cannot be read." error={state.error} onRetry={() => reader.goOn()} />
        ))}
      {reader.rows.length === 0 ? (
        <Nothing
          isAtEnd={state.isAtEnd}
          read={state.read}
          hasFilter={filter !== undefined}
          hasFailed={state.error !== undefined}
        />
      ) : (
        <EventTable
          rows={reader.rows}
          version={state.version}
          follows={isFollowing && isAtBottom && selected === undefined}
          onSelect={setSelected}
          onFollow={setAtBottom}
          onStart={() => void reader.older()}
          onEnd={() => {
            if (state.activity === 'PAUSED' && state.hasMore && state.error === undefined) reader.more();
          }}
        />
      )}
      <Drawer
        opened={selected !== undefined}
        onClose={() => setSelected(undefined)}
        position="right"
        size="lg"
        closeButtonProps={{ 'aria-label': 'Close the record' }}
        title={selected && `${topic}/${nameOf(selected)}`}
        overlayProps={{ backgroundOpacity: 0.15 }}
      >
        {selected !== undefined && <EventDetail topic={topic} row={selected} />}
      </Drawer>
    </Stack>
  );
}

function Nothing(props: { isAtEnd: boolean; read: number; hasFilter: boolean; hasFailed: boolean }) {
  const { isAtEnd, read, hasFilter, hasFailed } = props;
  if (hasFailed) return null;
  if (!isAtEnd)
    return (
      <Loading what={read === 0 ? 'the records' : `a match. ${read.toLocaleString('en')} records are read`} />
    );
  return (
    <Text py="xl" ta="center" c="dimmed">
      {hasFilter && read > 0
        ? `None of the ${read.toLocaleString('en')} records here matches the filter. New ones are shown as they arrive.`
        : 'Nothing is here yet. New records are shown as they arrive; the timeline moves to others.'}
    </Text>
  );
}

/** A link may have anything in it. */
function timeOf(text: string | null): string | undefined {
  const time = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
