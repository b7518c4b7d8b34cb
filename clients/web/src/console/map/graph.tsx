import '@xyflow/react/dist/style.css';
import { useComputedColorScheme } from '@mantine/core';
import {
  Background,
  Controls,
  type Edge,
  getViewportForBounds,
  MarkerType,
  MiniMap,
  type NodeChange,
  ReactFlow,
  type ReactFlowInstance,
} from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { BackEdge } from './back-edge';
import classes from './graph.module.css';
import { KINDS } from './kinds';
import { layoutOf, NODE_HEIGHT, NODE_WIDTH } from './layout';
import { type Flow, labelOf, type Part, shownRate } from './map-data';
import { type DrawnNode, PartNode } from './map-node';

const NODE_TYPES = { part: PartNode };
const EDGE_TYPES = { back: BackEdge };
/** Text below this size cannot be read, so a large map is moved rather than shrunk to a grey cloud. */
const MIN_FIT_ZOOM = 0.55;
/** Around the parts: a share of the map, and left of those that do not fit. */
const PADDING = 0.1;
const MARGIN_PX = 24;

interface GraphProps {
  readonly part: Part;
  readonly flows: ReadonlyMap<string, Flow>;
  /** By the id of the part. */
  readonly rates: ReadonlyMap<string, number>;
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
}

/** The parts and the ways of the events, drawn. The layout stays while only numbers change. */
export function Graph({ part, flows, rates, selected, onSelect }: GraphProps) {
  const scheme = useComputedColorScheme('light');
  const flow = useRef<ReactFlowInstance<DrawnNode, Edge>>(undefined);
  const fitted = useRef<unknown>(undefined);
  const frame = useRef<HTMLDivElement>(null);
  const [isWhole, setWhole] = useState(true);
  const positions = useMemo(() => layoutOf(part), [part]);
  const nodes = useMemo(
    () =>
      part.nodes.map((node): DrawnNode => {
        const rate = rates.get(node.id);
        return {
          id: node.id,
          type: 'part',
          position: positions.get(node.id) ?? { x: 0, y: 0 },
          width: NODE_WIDTH,
          height: NODE_HEIGHT,
          selected: node.id === selected,
          ariaLabel: `${KINDS[node.kind].one} ${node.name}`,
          data: { node, note: rate !== undefined && rate > 0 ? shownRate(rate) : '' },
        };
      }),
    [part, positions, rates, selected],
  );
  const edges = useMemo(
    () =>
      part.edges.map((edge) => ({
        ...drawnEdge(edge, flows.get(edge.id), selected),
        ...(isBack(edge, positions) && { type: 'back' }),
      })),
    [part, flows, positions, selected],
  );
  // What does not fit begins where events do, and a small map says that there is more.
  const show = useCallback(() => {
    if (flow.current === undefined || frame.current === null) return;
    const { clientWidth, clientHeight } = frame.current;
    const bounds = flow.current.getNodesBounds(flow.current.getNodes());
    const fit = getViewportForBounds(bounds, clientWidth, clientHeight, MIN_FIT_ZOOM, 1, PADDING);
    const fitsAcross = bounds.width * fit.zoom <= clientWidth;
    setWhole(fitsAcross && bounds.height * fit.zoom <= clientHeight);
    void flow.current.setViewport(fitsAcross ? fit : { ...fit, x: MARGIN_PX - bounds.x * fit.zoom });
  }, []);
  useEffect(() => {
    // Only when other nodes are drawn: a selection alone does not move the map. After their drawing.
    if (fitted.current === positions) return;
    fitted.current = positions;
    requestAnimationFrame(show);
  }, [positions, show]);
  const onNodesChange = (changes: readonly NodeChange<DrawnNode>[]): void => {
    for (const change of changes)
      if (change.type === 'select') {
        if (change.selected) onSelect(change.id);
        else if (
          change.id === selected &&
          !changes.some((other) => other.type === 'select' && other.selected)
        )
          onSelect(undefined);
      }
  };
  return (
    <div className={classes['graph']} ref={frame}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        colorMode={scheme}
        onInit={(instance) => {
          flow.current = instance;
          show();
        }}
        onNodesChange={onNodesChange}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        elementsSelectable
        deleteKeyCode={null}
        minZoom={0.05}
        onlyRenderVisibleElements={part.nodes.length > 100}
      >
        <Background />
        <Controls showInteractive={false} fitViewOptions={{ padding: PADDING }} />
        {!isWhole && (
          <MiniMap pannable zoomable ariaLabel="All parts of the map" style={{ width: 140, height: 90 }} />
        )}
      </ReactFlow>
    </div>
  );
}

/** A service that publishes to a topic on its left, which is what it reads from at times. */
function isBack({ from, to }: Part['edges'][number], positions: ReturnType<typeof layoutOf>): boolean {
  const [start, end] = [positions.get(from), positions.get(to)];
  return start !== undefined && end !== undefined && end.x <= start.x;
}

function drawnEdge(
  { id, from, to, kind }: Part['edges'][number],
  flow: Flow | undefined,
  selected: string | undefined,
): Edge {
  const state = flow?.isLagGrowing ? 'growing' : (flow?.perSecond ?? 0) > 0 ? 'moving' : 'still';
  const label = labelOf(flow);
  const isNear = selected === undefined || from === selected || to === selected;
  const dashed = kind === 'FAILS' || kind === 'ANSWERS';
  return {
    id,
    source: from,
    target: to,
    ...(label !== '' && { label: flow?.isLagGrowing ? `${label} ▲` : label }),
    className: [
      classes['edge'],
      classes[state],
      ...(isNear ? [] : [classes['far']]),
      ...(dashed ? [classes['dashed']] : []),
    ].join(' '),
    labelBgPadding: [4, 2],
    labelBgBorderRadius: 4,
    markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 },
    selectable: false,
  };
}
