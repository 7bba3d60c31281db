"use client";
import "@xyflow/react/dist/base.css";
import {
  BaseEdge,
  type Edge,
  type EdgeProps,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import clsx from "clsx";
import Link from "next/link";
import { createContext, useContext, useEffect, useMemo, useState } from "react";
import { Icon } from "../../components/icon.tsx";
import { KindGlyph, kindLabel } from "../../components/kind-glyph.tsx";
import { curve, detour, type Past } from "../../components/strands/geometry.ts";
import { IconButton } from "../../components/ui/button.tsx";
import { strandLabel } from "../../lib/format.ts";
import { versionPath } from "../versions/version-path.ts";
import { type Dag, type DagEdge, type DagNode, related } from "./dag.ts";
import { nodeHeight, nodeWidth, type Placed } from "./placed.ts";

type VersionNode = Node<{ node: DagNode }, "version">;
type StrandEdge = Edge<{ edge: DagEdge; y0: number; y1: number; past: Past | null; hasLabel: boolean }, "strand">;

/** What the pointer or the focus is on, and everything above and below it. */
const Focus = createContext<{ lit: Set<string> | null; focus: (id: string | null) => void }>({ lit: null, focus: () => {} });

const nodeTypes = { version: VersionBox };
const edgeTypes = { strand: StrandLine };
const barGap = 7;
/** Edges start at the very border of a box. */
const pointHandle = { width: 0, height: 0, minWidth: 0, minHeight: 0, border: 0, visibility: "hidden" } as const;

interface Props {
  dag: Dag;
  placed: Placed;
  label: string;
}

export function LineageGraph(props: Props) {
  return (
    <ReactFlowProvider>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

function Graph({ dag, placed, label }: Props) {
  const [id, focus] = useState<string | null>(null);
  const lit = useMemo(() => (id ? related(dag.edges, id) : null), [dag, id]);
  const context = useMemo(() => ({ lit, focus }), [lit]);
  const nodes = useMemo(() => flowNodes(dag, placed), [dag, placed]);
  const edges = useMemo(() => flowEdges(dag, placed), [dag, placed]);
  return (
    <Focus value={context}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        fitView
        // Nodes stay at least 24 px high, as targets must; a graph too wide for that is moved by hand.
        fitViewOptions={{ padding: "34px", maxZoom: 1.1, minZoom: 0.62 }}
        minZoom={0.2}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        aria-label={label}
      >
        <ZoomButtons />
      </ReactFlow>
    </Focus>
  );
}

function flowNodes(dag: Dag, placed: Placed): VersionNode[] {
  const at = (node: DagNode) => placed.positions[node.id] ?? { x: 0, y: 0 };
  return (
    [...dag.nodes]
      // Tab order follows the graph: left to right, top to bottom.
      .sort((a, b) => at(a).x - at(b).x || at(a).y - at(b).y)
      .map((node) => ({
        id: node.id,
        type: "version" as const,
        position: { x: at(node).x, y: at(node).y - nodeHeight / 2 },
        width: nodeWidth,
        height: nodeHeight,
        data: { node },
      }))
  );
}

function flowEdges(dag: Dag, placed: Placed): StrandEdge[] {
  const current = dag.nodes.find((node) => node.isCurrent)?.id;
  // Hairlines first: strands lie on top of them.
  const edges = [...dag.edges].sort((a, b) => Number(a.role === "PARENT") - Number(b.role === "PARENT"));
  return edges.map((edge) => ({
    id: edge.id,
    source: edge.source,
    target: edge.target,
    type: "strand" as const,
    data: {
      edge,
      y0: placed.positions[edge.source]?.y ?? 0,
      y1: placed.positions[edge.target]?.y ?? 0,
      past: edge.role === "PARENT" ? null : passed(placed, edge.source, edge.target),
      hasLabel: edge.target === current && edge.coefficient !== null && edge.role === "PARENT",
    },
  }));
}

/** Where a hairline must run so that it does not cross the nodes of the columns between its ends: above them. */
function passed({ positions }: Placed, source: string, target: string): Past | null {
  const [left, right] = [positions[source]?.x ?? 0, positions[target]?.x ?? 0];
  const between = Object.values(positions).filter(({ x }) => x > left && x < right);
  if (between.length === 0) return null;
  return {
    from: Math.min(...between.map(({ x }) => x)),
    to: Math.max(...between.map(({ x }) => x)) + nodeWidth,
    y: Math.min(...between.map(({ y }) => y)) - nodeHeight / 2 - 14,
  };
}

function VersionBox({ data: { node } }: NodeProps<VersionNode>) {
  const { lit, focus } = useContext(Focus);
  const { version } = node;
  return (
    <div
      className={clsx("relative transition-opacity", lit && !lit.has(node.id) && "opacity-25")}
      style={{ width: nodeWidth, height: nodeHeight }}
    >
      <Handle type="target" position={Position.Left} style={pointHandle} isConnectable={false} />
      <Handle type="source" position={Position.Right} style={pointHandle} isConnectable={false} />
      {node.fuseHeight > 0 && (
        <span
          className="absolute w-1 rounded-full bg-ink"
          style={{ left: -barGap, height: node.fuseHeight + 12, top: nodeHeight / 2 - node.fuseHeight / 2 - 6 }}
        />
      )}
      <Link
        href={versionPath(version, "lineage")}
        aria-current={node.isCurrent ? "true" : undefined}
        onMouseEnter={() => focus(node.id)}
        onMouseLeave={() => focus(null)}
        onFocus={() => focus(node.id)}
        onBlur={() => focus(null)}
        className={clsx(
          "nopan flex size-full items-center gap-2 rounded-[9px] bg-surface pr-2 pl-2.5 hover:bg-hover",
          node.isCurrent ? "border-[1.75px] border-ink" : "border border-line-2",
        )}
      >
        <KindGlyph kind={version.kind} colour={node.colour} />
        <span className="min-w-0 leading-none">
          <span className="block truncate text-table leading-[17px]">
            <span className={node.isCurrent ? "font-semibold" : "font-medium"}>{version.model.name}</span>{" "}
            <span className="text-ink-3">v{version.number}</span>
          </span>
          <span className="num block truncate text-[11.5px] leading-[15px] text-ink-3">
            {version.state === "READY" ? node.fact || kindLabel(version.kind).toLowerCase() : version.state.toLowerCase()}
          </span>
        </span>
      </Link>
    </div>
  );
}

function StrandLine({ sourceX, targetX, data }: EdgeProps<StrandEdge>) {
  const { lit } = useContext(Focus);
  if (!data) return null;
  const { edge, y0, y1, past, hasLabel } = data;
  const isLit = lit ? lit.has(edge.source) && lit.has(edge.target) : null;
  const x1 = targetX - (edge.isFuse ? barGap - 2 : 0);
  const widest = Math.max(...edge.bands.map((band) => band.width));
  return (
    <g style={{ opacity: isLit === false ? 0.18 : 1, transition: "opacity 120ms" }}>
      {edge.bands.map((band) => {
        const [from, to] = [y0 + band.from, y1 + band.to];
        const path = past ? detour(sourceX, from, x1, to, past) : curve(sourceX, from, x1, to);
        return (
          <g key={`${band.colour}${band.to}`}>
            <BaseEdge path={path} style={{ stroke: band.colour, strokeWidth: band.width, fill: "none" }} />
            {band.isHollow && (
              <BaseEdge
                path={path}
                style={{ stroke: "var(--surface)", strokeWidth: Math.max(0.8, band.width - 2.6), fill: "none" }}
              />
            )}
          </g>
        );
      })}
      {(hasLabel || (isLit && edge.coefficient !== null && edge.role === "PARENT")) && (
        <text
          x={sourceX + 9}
          y={y0 + widest / 2 + 14}
          className="num fill-ink-2 stroke-surface stroke-[3px] text-[11.5px] font-medium [paint-order:stroke]"
        >
          {strandLabel(edge.coefficient ?? 0)}
        </text>
      )}
    </g>
  );
}

function ZoomButtons() {
  const flow = useReactFlow();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (isTyping || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === "f") flow.fitView({ duration: 200 });
      if (event.key === "+") flow.zoomIn({ duration: 120 });
      if (event.key === "-" || event.key === "−") flow.zoomOut({ duration: 120 });
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [flow]);
  const look = "size-7 rounded-[7px] border border-line-2 bg-surface shadow-1";
  return (
    <div className="absolute bottom-3 left-3 z-10 flex gap-1">
      <IconButton label="Zoom in" className={look} onClick={() => flow.zoomIn({ duration: 120 })}>
        <Icon name="plus" className="size-3.5" />
      </IconButton>
      <IconButton label="Zoom out" className={look} onClick={() => flow.zoomOut({ duration: 120 })}>
        <Icon name="minus" className="size-3.5" />
      </IconButton>
      <IconButton label="Fit the graph" className={look} onClick={() => flow.fitView({ duration: 200 })}>
        <Icon name="fit" className="size-3.5" />
      </IconButton>
    </div>
  );
}
