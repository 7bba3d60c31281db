import ELK, { type ElkNode } from "elkjs/lib/elk.bundled.js";
import type { Dag } from "./dag.ts";
import { nodeHeight, nodeWidth, type Placed } from "./placed.ts";

const options = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.layered.spacing.nodeNodeBetweenLayers": "132",
  "elk.spacing.nodeNode": "18",
  // Rows stay in the order they are given, the order of the recipe, so that strands do not cross before the fuse.
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.crossingMinimization.forceNodeModelOrder": "true",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.nodePlacement.bk.fixedAlignment": "BALANCED",
  "elk.padding": "[top=16,left=16,bottom=16,right=16]",
};

/**
 * Layers from left to right. Runs on the server: nodes have one size, so nothing needs measuring, and the browser is
 * spared a megabyte and a half of layout code.
 */
export async function layoutDag(dag: Dag): Promise<Placed> {
  const heights = new Map(dag.nodes.map((node) => [node.id, Math.max(nodeHeight, node.fuseHeight + 12)]));
  const graph: ElkNode = {
    id: "root",
    layoutOptions: options,
    children: dag.nodes.map((node) => ({ id: node.id, width: nodeWidth, height: heights.get(node.id) ?? nodeHeight })),
    edges: dag.edges.map((edge) => ({ id: edge.id, sources: [edge.source], targets: [edge.target] })),
  };
  const placed = await new ELK().layout(graph);
  return {
    width: placed.width ?? nodeWidth,
    height: placed.height ?? nodeHeight,
    positions: Object.fromEntries(
      (placed.children ?? []).map((child) => [
        child.id,
        { x: child.x ?? 0, y: (child.y ?? 0) + (child.height ?? nodeHeight) / 2 },
      ]),
    ),
  };
}
