import { Code, Text } from '@mantine/core';
import { collapseAllNested, JsonView } from 'react-json-view-lite';
import classes from './data-tree.module.css';

/** Levels that are open at first. */
const OPEN_LEVELS = 2;
const MAX_BINARY_SHOWN = 512;

const STYLE = {
  container: classes['tree'] ?? '',
  label: classes['label'] ?? '',
  clickableLabel: classes['label'] ?? '',
  nullValue: classes['other'] ?? '',
  undefinedValue: classes['other'] ?? '',
  numberValue: classes['number'] ?? '',
  stringValue: classes['string'] ?? '',
  booleanValue: classes['number'] ?? '',
  otherValue: classes['other'] ?? '',
  punctuation: classes['punctuation'] ?? '',
  basicChildStyle: classes['child'] ?? '',
  childFieldsContainer: classes['children'] ?? '',
  collapsedContent: classes['collapsed'] ?? '',
  expandIcon: classes['expand'] ?? '',
  collapseIcon: classes['collapse'] ?? '',
  ariaLables: { expandJson: 'Show', collapseJson: 'Hide' },
  stringifyStringValues: true,
};

/** Data as a tree of text. Markup in it is shown, and never interpreted. */
export function DataTree({ value, label = 'Data' }: { readonly value: unknown; readonly label?: string }) {
  if (typeof value !== 'object' || value === null)
    return <Code block>{JSON.stringify(value) ?? 'undefined'}</Code>;
  return (
    <JsonView
      data={value}
      style={STYLE}
      shouldExpandNode={(level) => !collapseAllNested(level) || level < OPEN_LEVELS}
      clickToExpandNode
      aria-label={label}
    />
  );
}

/** Bytes that are neither JSON nor text, in base64. */
export function BinaryData({ base64 }: { readonly base64: string }) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const shown = [...bytes.subarray(0, MAX_BINARY_SHOWN)].map((byte) => byte.toString(16).padStart(2, '0'));
  const rows = Array.from({ length: Math.ceil(shown.length / 16) }, (_, row) =>
    shown.slice(row * 16, row * 16 + 16).join(' '),
  );
  return (
    <>
      <Text size="sm" c="dimmed">
        {bytes.length.toLocaleString('en')} bytes that are not text
        {bytes.length > MAX_BINARY_SHOWN && `; the first ${MAX_BINARY_SHOWN}`}
      </Text>
      <Code block>{rows.join('\n')}</Code>
    </>
  );
}
