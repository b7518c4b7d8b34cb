import { Button } from '@graphiql/react';
import { useMemo } from 'react';
import { JsonView, type Props as JsonViewProps } from 'react-json-view-lite';
import { cursorOf, type LogEntry, type ResultEntry } from '../log/entry.js';
import type { RunInfo } from '../run/run.js';
import { useLogParts } from './log-context.js';
import { messageOf, nameOf, sizeOf } from './texts.js';

interface EntryDetailsProps {
  readonly entry: LogEntry;
  readonly run: RunInfo | undefined;
  /** `undefined`: nothing can resume here. */
  readonly cursor: string | undefined;
}

export function EntryDetails({ entry, run, cursor }: EntryDetailsProps) {
  const { resume, lifeUrl } = useLogParts();
  const trace = entry.kind === 'result' ? entry.trace : undefined;
  return (
    <div className="result-log-details">
      {entry.kind === 'result' ? <ResultTree entry={entry} /> : <p>{messageOf(entry)}</p>}
      <dl>
        {factsOf(entry, run).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="result-log-links">
        {cursor !== undefined && (
          <Button type="button" onClick={() => resume(entry, cursor)}>
            Resume from here
          </Button>
        )}
        {trace !== undefined && lifeUrl !== undefined && <a href={lifeUrl(trace)}>Life of this event</a>}
      </p>
    </div>
  );
}

/** A large result opens with its first levels only. */
const expands: NonNullable<JsonViewProps['shouldExpandNode']> = (level, value) =>
  level < 2 || (level < 5 && Object.keys(value ?? {}).length <= 20);

function ResultTree({ entry: { text } }: { readonly entry: ResultEntry }) {
  const data = useMemo(() => treeOf(text), [text]);
  if (data === undefined)
    return <p>This result was too large to be kept. Resume before it to get it again.</p>;
  return (
    <JsonView
      data={data}
      style={TREE_STYLE}
      shouldExpandNode={expands}
      clickToExpandNode
      aria-label="Result"
    />
  );
}

/** What the tree shows: the data alone, unless there are errors. */
function treeOf(text: string | undefined): object | undefined {
  if (text === undefined) return undefined;
  const result: { readonly data?: unknown } = JSON.parse(text);
  const { data } = result;
  return 'errors' in result || typeof data !== 'object' || data === null ? result : data;
}

const TREE_STYLE: NonNullable<JsonViewProps['style']> = {
  container: 'result-tree',
  basicChildStyle: 'result-tree-child',
  childFieldsContainer: 'result-tree-children',
  label: 'result-tree-label',
  clickableLabel: 'result-tree-label',
  nullValue: 'result-tree-keyword',
  undefinedValue: 'result-tree-keyword',
  booleanValue: 'result-tree-keyword',
  numberValue: 'result-tree-number',
  stringValue: 'result-tree-string',
  otherValue: 'result-tree-string',
  punctuation: 'result-tree-punctuation',
  expandIcon: 'result-tree-expand',
  collapseIcon: 'result-tree-collapse',
  collapsedContent: 'result-tree-collapsed',
};

function factsOf(entry: LogEntry, run: RunInfo | undefined): readonly (readonly [string, string])[] {
  const event = entry.kind === 'result' ? entry.event : undefined;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Run', run === undefined ? String(entry.run) : `${run.id} ${nameOf(run)}`],
    ['Received', entry.kind === 'result' ? `${entry.origin}, ${sizeOf(entry.bytes)}` : undefined],
    ['Position', event && `${event.topic}/${event.partition}@${event.offset}`],
    ['Event', event?.id],
    ['Key', event?.key],
    ['Event time', event?.time],
    ['Correlation id', event?.correlationId],
    ['Cursor', cursorOf(entry)],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}
