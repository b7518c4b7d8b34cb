import { ActionIcon, Code, Menu, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { BookOpen, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useConsoleQuery } from '../../shared/use-console-query';
import { CheckEventFilterDocument } from './operations';

const EXAMPLES = [
  ["event.status == 'PAID'", 'a field of the data'],
  ['event.total > 100', 'a number'],
  ['event.items.exists(i, i.quantity > 5)', 'an element of a list'],
  ["record.key == 'o-1'", 'all records of a key'],
  ["record.type == 'OrderPlaced'", 'a type of event'],
  ["record.correlationId == 'c-1'", 'all that one request caused'],
  ["record.headers['x-tenant'] == 'acme'", 'a header'],
  ['record.partition == 0 && record.offset >= 1000', 'a part of the log'],
] as const;

/** The answer to each key stroke would come too late for the next. */
const CHECK_AFTER_MS = 250;

interface FilterFieldProps {
  readonly topic: string | undefined;
  /** What the page shows now. */
  readonly value: string;
  readonly onApply: (filter: string) => void;
}

/** A filter in CEL. It is checked while it is typed, and applied with Enter. */
export function FilterField({ topic, value, onApply }: FilterFieldProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const [typed] = useDebouncedValue(text.trim(), CHECK_AFTER_MS);
  const { data } = useConsoleQuery(
    CheckEventFilterDocument,
    { topic: topic ?? '', filter: typed },
    { skip: topic === undefined || typed === '' },
  );
  const problem = typed === '' ? undefined : (data?.eventFilter.problem ?? undefined);
  const isChanged = text.trim() !== value;
  const apply = (): void => {
    if (text.trim() === typed && problem !== undefined) return;
    onApply(text.trim());
  };
  return (
    <TextInput
      label="Filter"
      description={isChanged && problem === undefined ? 'Press Enter to apply it.' : undefined}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      placeholder="event.status == 'PAID'"
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Enter' && apply()}
      error={problem === undefined ? undefined : `Character ${problem.start + 1}: ${problem.message}`}
      styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
      spellCheck={false}
      autoComplete="off"
      rightSectionWidth={64}
      rightSection={
        <>
          {text !== '' && (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label="Remove the filter"
              onClick={() => {
                setText('');
                onApply('');
              }}
            >
              <X size={16} aria-hidden />
            </ActionIcon>
          )}
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label="Examples of filters">
                <BookOpen size={16} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>A filter is an expression in CEL over event and record</Menu.Label>
              {EXAMPLES.map(([example, about]) => (
                <Menu.Item key={example} onClick={() => setText(example)}>
                  <Code>{example}</Code> {about}
                </Menu.Item>
              ))}
              {(data?.eventFilter.fields.length ?? 0) > 0 && (
                <Menu.Label maw={420}>Fields of event: {data?.eventFilter.fields.join(', ')}</Menu.Label>
              )}
            </Menu.Dropdown>
          </Menu>
        </>
      }
    />
  );
}
