import { BaseEdge, type EdgeProps } from '@xyflow/react';
import { NODE_HEIGHT } from './layout';

/** How far it goes past its ends before it turns, and below the lower one: clear of both parts. */
const TURN = 48;
const BELOW = NODE_HEIGHT / 2 + 24;

/** An edge to the left. A plain one would run behind the parts, and look as if it ended there. */
export function BackEdge({ id, sourceX, sourceY, targetX, targetY, label, markerEnd }: EdgeProps) {
  const lane = Math.max(sourceY, targetY) + BELOW;
  const [right, left] = [sourceX + TURN, targetX - TURN];
  const path =
    `M ${sourceX},${sourceY} C ${right},${sourceY} ${right},${lane} ${sourceX},${lane} ` +
    `L ${targetX},${lane} C ${left},${lane} ${left},${targetY} ${targetX},${targetY}`;
  return (
    <BaseEdge
      id={id}
      path={path}
      label={label}
      labelX={(sourceX + targetX) / 2}
      labelY={lane}
      labelBgPadding={[4, 2]}
      labelBgBorderRadius={4}
      {...(markerEnd !== undefined && { markerEnd })}
    />
  );
}
