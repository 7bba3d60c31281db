/** Added to the scores of what must not be seen: far below any score, far from overflow. */
const HIDDEN = -1e9;

export interface MaskShape {
  /** Positions that look, the last of those that can be seen. */
  readonly rows: number;
  /** Positions that can be seen at all. */
  readonly seen: number;
  /** A position sees itself and window − 1 before it. */
  readonly window: number;
  /** How often the mask stands below itself. */
  readonly copies: number;
}

/** [copies·rows, seen]: 0 where the row's position sees the column's, else HIDDEN. */
export function causalMask({ rows, seen, window, copies }: MaskShape): Float32Array {
  const values = new Float32Array(copies * rows * seen).fill(HIDDEN);
  for (let row = 0; row < rows; row++) {
    const self = seen - rows + row;
    values.fill(0, row * seen + Math.max(0, self - window + 1), row * seen + self + 1);
  }
  for (let copy = 1; copy < copies; copy++) values.copyWithin(copy * rows * seen, 0, rows * seen);
  return values;
}
