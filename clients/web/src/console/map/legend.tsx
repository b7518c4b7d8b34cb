import { Button, Group } from '@mantine/core';
import { KIND_NAMES, KINDS } from './kinds';
import type { MapNode } from './map-data';
import type { TopologyNodeKind } from './operations';

/** Green on light green would be hard to read: the icon alone has the colour. */
const READABLE = { label: { color: 'var(--mantine-color-text)' } };

interface LegendProps {
  readonly nodes: readonly MapNode[];
  readonly hidden: ReadonlySet<TopologyNodeKind>;
  readonly onToggle: (kind: TopologyNodeKind) => void;
}

/** What the icons mean, how many there are of each, and which are shown. */
export function Legend({ nodes, hidden, onToggle }: LegendProps) {
  return (
    <Group gap={6} role="group" aria-label="Kinds of parts that are shown">
      {KIND_NAMES.map((kind) => {
        const { icon: Icon, many, color } = KINDS[kind];
        const count = nodes.filter((node) => node.kind === kind).length;
        if (count === 0) return null;
        const isShown = !hidden.has(kind);
        return (
          <Button
            key={kind}
            size="compact-sm"
            variant={isShown ? 'light' : 'default'}
            color={color}
            aria-pressed={isShown}
            leftSection={<Icon size={14} aria-hidden />}
            onClick={() => onToggle(kind)}
            td={isShown ? undefined : 'line-through'}
            styles={READABLE}
          >
            {many} {count}
          </Button>
        );
      })}
    </Group>
  );
}
