import { Text, ThemeIcon } from '@mantine/core';
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { KINDS } from './kinds';
import type { MapNode } from './map-data';
import classes from './map-node.module.css';

export type DrawnNode = Node<{ readonly node: MapNode; readonly note: string }, 'part'>;

/** One part on the map: its kind as an icon, and its name. */
export function PartNode({ data: { node, note }, selected }: NodeProps<DrawnNode>) {
  const { icon: Icon, color, one } = KINDS[node.kind];
  return (
    <div className={classes['node']} data-selected={selected || undefined} title={`${one} ${node.name}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} className={classes['handle']} />
      <ThemeIcon variant="light" color={color} size="md" aria-hidden>
        <Icon size={16} />
      </ThemeIcon>
      <div className={classes['text']}>
        <Text size="sm" fw={550} truncate>
          {node.name}
        </Text>
        {note !== '' && (
          <Text size="xs" c="dimmed" className="tabular" truncate>
            {note}
          </Text>
        )}
      </div>
      <Handle type="source" position={Position.Right} isConnectable={false} className={classes['handle']} />
    </div>
  );
}
