/** Kept apart from the layout, which the browser must not load. */
export const nodeWidth = 168;
export const nodeHeight = 42;

export interface Placed {
  width: number;
  height: number;
  /** Middle of the left edge of each node. */
  positions: Record<string, { x: number; y: number }>;
}
