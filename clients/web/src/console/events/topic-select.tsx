import { Select } from '@mantine/core';
import type { EventTopicsQuery } from './operations';

const GROUPS = [
  ['SCHEMA', 'Topics of the schema'],
  ['DEAD_LETTER', 'Dead letters'],
  ['OTHER', 'Other topics of the log'],
] as const;

interface TopicSelectProps {
  readonly topics: EventTopicsQuery['eventTopics']['topics'];
  readonly value: string | undefined;
  readonly onChange: (topic: string) => void;
}

export function TopicSelect({ topics, value, onChange }: TopicSelectProps) {
  const data = GROUPS.map(([kind, group]) => ({
    group,
    items: topics.filter((one) => one.kind === kind).map(({ name }) => name),
  })).filter(({ items }) => items.length > 0);
  // A link may name a topic that is gone: it is shown, and the page says what is wrong.
  const isListed = value === undefined || topics.some(({ name }) => name === value);
  return (
    <Select
      label="Topic"
      placeholder="Choose a topic"
      searchable
      nothingFoundMessage="No topic of this name"
      data={isListed ? data : [...data, { group: 'Not in the log', items: [value] }]}
      value={value ?? null}
      onChange={(topic) => topic !== null && onChange(topic)}
      comboboxProps={{ withinPortal: true }}
      maxDropdownHeight={360}
      allowDeselect={false}
    />
  );
}
