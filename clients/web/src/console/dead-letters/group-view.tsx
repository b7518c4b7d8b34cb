import { Button, Code, Group as Row, Stack, Text, Title } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { counted } from '../../shared/counted';
import { Failure } from '../../shared/failure';
import { Loading } from '../../shared/loading';
import { RelativeTime } from '../../shared/relative-time';
import { useConsoleQuery } from '../../shared/use-console-query';
import { DryRunSummary } from './dry-run-summary';
import { LettersTable } from './letters-table';
import { DeadLettersOfGroupDocument } from './operations';
import { PutBack } from './put-back';
import { FORMATS, type Group, whatFailed } from './wording';

const MAX_LISTED = 1_000;
const NOTHING: ReadonlySet<string> = new Set();

interface GroupViewProps {
  readonly group: Group;
  readonly isReadOnly: boolean;
  readonly onOpen: (id: string) => void;
}

/** The records of one cause, and what can be done with them. */
export function GroupView({ group, isReadOnly, onOpen }: GroupViewProps) {
  const [selected, setSelected] = useState(NOTHING);
  const [isTesting, setTesting] = useState(false);
  const { data, error, reload } = useConsoleQuery(DeadLettersOfGroupDocument, {
    group: group.id,
    limit: MAX_LISTED,
  });
  // The group says that something has changed: another dead letter, or one that was put back.
  const version = `${group.letters} ${group.putBack}`;
  const seen = useRef(version);
  useEffect(() => {
    if (seen.current === version) return;
    seen.current = version;
    reload();
  }, [version, reload]);
  // The table above may fill the window.
  const section = useRef<HTMLDivElement>(null);
  useEffect(() => section.current?.scrollIntoView({ block: 'nearest' }), []);
  const { format, records, putBack, topic } = group;
  const left = records - putBack;
  const isKnown = format !== 'UNKNOWN';
  const list = data?.deadLetters;
  const chosen = selected.size > 0 ? { letters: [...selected] } : { group: group.id };
  const count = selected.size > 0 ? selected.size : left;
  return (
    <Stack gap="sm" component="section" ref={section} aria-label="Records of the group">
      <div>
        <Title order={2} size="h4">
          {whatFailed(group)}: {counted(records, 'record')} of {topic}
        </Title>
        <Code block mt={4} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {group.reason === '' ? 'No reason was given.' : group.reason}
        </Code>
        <Text size="sm" c="dimmed" mt={4}>
          First <RelativeTime at={group.firstAt} />, last <RelativeTime at={group.lastAt} />. Kind{' '}
          {group.kind}, written by {FORMATS[format] ?? format} to {group.deadLetterTopic}.
        </Text>
      </div>
      {isKnown && (
        <Row gap="xs">
          <Button variant="default" disabled={count === 0} onClick={() => setTesting(true)}>
            Dry run
          </Button>
          <PutBack
            selection={chosen}
            count={count}
            topic={topic}
            label={labelOf(selected.size, left)}
            isDisabled={isReadOnly || count === 0}
            onDone={() => {
              setSelected(NOTHING);
              setTesting(false);
            }}
          />
          {selected.size > 0 && (
            <Button variant="subtle" onClick={() => setSelected(NOTHING)}>
              Clear the selection
            </Button>
          )}
        </Row>
      )}
      {!isKnown && (
        <Text size="sm">Nothing says which records these are about, so they cannot be put back.</Text>
      )}
      {isTesting && (
        <DryRunSummary key={[...selected].join()} selection={chosen} onClose={() => setTesting(false)} />
      )}
      {error !== undefined && (
        <Failure title="The records cannot be listed." error={error} onRetry={reload} />
      )}
      {list === undefined && error === undefined && <Loading what="the records" onRetry={reload} />}
      {list !== undefined && (
        <>
          <LettersTable letters={list.letters} selected={selected} onSelect={setSelected} onOpen={onOpen} />
          {list.leftOut > 0 && (
            <Text size="sm" c="dimmed">
              The newest {counted(list.letters.length, 'record')} are listed. Dry run and put back work on all
              of the group.
            </Text>
          )}
        </>
      )}
    </Stack>
  );
}

function labelOf(selected: number, left: number): string {
  if (selected > 0) return `Put back ${counted(selected, 'record')}…`;
  return left === 0 ? 'All put back' : `Put all ${left.toLocaleString('en')} back…`;
}
