/** A parent in a drawing: who, which colour, how much. */
export interface Strand {
  key: string;
  label: string;
  colour: string;
  /** Null when the method gives it none, or it varies: such strands are as wide as the others on average. */
  coefficient: number | null;
}

/** The size that strands without a coefficient are drawn with: the mean of the others, else 1. */
function standIn(strands: readonly Pick<Strand, "coefficient">[]): number {
  const sizes = strands.map(({ coefficient }) => Math.abs(coefficient ?? 0)).filter((size) => size > 0);
  return sizes.length > 0 ? sum(sizes) / sizes.length : 1;
}

/** The same strands, each with a size to draw. */
export function sized<Item extends Pick<Strand, "coefficient">>(strands: readonly Item[]): (Item & { coefficient: number })[] {
  const size = standIn(strands);
  return strands.map((strand) => ({ ...strand, coefficient: strand.coefficient ?? size }));
}

/** A strand with its place: `from` and `to` are centre lines in px, `width` the stroke. */
interface Band extends Strand {
  width: number;
  isHollow: boolean;
  from: number;
  to: number;
}

export interface Fuse {
  bands: Band[];
  /** The base's hairline, above the bands. */
  hairline: { from: number; to: number } | null;
  /** The ink bar that marks the fuse. */
  bar: { top: number; bottom: number };
}

export const gap = 1.5;
export const floorWidth = 1.2;
/** Two edges and a gap between them need this much to read as hollow. */
const hollowFloor = 4;
const cableGap = 0.8;
const mostStrands = 8;

export interface FuseOptions {
  strands: readonly Strand[];
  /** Centre of each strand's row at the left, same order as `strands`. */
  rows: readonly number[];
  /** Row of the base, when the method adds to one. */
  baseRow?: number | null;
  centre: number;
  /** Height the fused bands may take. */
  mostHeight: number;
  /** Width one strand may take. */
  mostWidth: number;
}

/** Widths are |coefficient| × k with one k for the drawing; order is the order of the recipe, so strands never cross. */
export function fuse({ strands, rows, baseRow = null, centre, mostHeight, mostWidth }: FuseOptions): Fuse {
  const drawn = sized(strands)
    .map((strand, i) => ({ strand, row: rows[i] ?? centre }))
    .filter(({ strand }) => strand.coefficient !== 0);
  const k = scaleOf(
    drawn.map(({ strand }) => strand),
    mostHeight - gap * Math.max(0, drawn.length - 1),
    mostWidth,
  );
  const widths = drawn.map(({ strand }) => widthOf(strand.coefficient, k));
  const total = sum(widths) + gap * Math.max(0, drawn.length - 1);
  let top = centre - total / 2;
  const bands = drawn.map(({ strand, row }, i) => {
    const width = widths[i] ?? floorWidth;
    const to = top + width / 2;
    top += width + gap;
    return { ...strand, width, isHollow: strand.coefficient < 0, from: row, to };
  });
  fanOut(bands);
  const first = centre - total / 2;
  const hairline = baseRow === null ? null : { from: baseRow, to: first - 4 };
  return { bands, hairline, bar: { top: (hairline ? hairline.to : first) - 7, bottom: centre + total / 2 + 7 } };
}

/** Strands of one row (a parent that is itself a merge) leave it side by side, as a cable. */
function fanOut(bands: Band[]): void {
  for (const row of new Set(bands.map((band) => band.from))) {
    const cable = bands.filter((band) => band.from === row);
    let top = row - (sum(cable.map((band) => band.width)) + cableGap * (cable.length - 1)) / 2;
    for (const band of cable) {
      band.from = top + band.width / 2;
      top += band.width + cableGap;
    }
  }
}

/** Methods without coefficients count as equal parts. */
export function scaleOf(strands: readonly Strand[], mostHeight: number, mostWidth: number): number {
  const sizes = strands.map((strand) => Math.abs(strand.coefficient ?? 1));
  const total = sum(sizes);
  return total === 0 ? 0 : Math.min(mostHeight / total, mostWidth / Math.max(...sizes));
}

export function widthOf(coefficient: number | null, k: number): number {
  const width = Math.abs(coefficient ?? 1) * k;
  return Math.max((coefficient ?? 1) < 0 ? hollowFloor : floorWidth, width);
}

/** A level start and a level end: with x as shares of the width the curve keeps its shape at any width. */
export function curve(x0: number, y0: number, x1: number, y1: number, bend = 0.5): string {
  const middle = x0 + (x1 - x0) * bend;
  return `M${x0} ${round(y0)}C${round(middle)} ${round(y0)} ${round(middle)} ${round(y1)} ${x1} ${round(y1)}`;
}

export interface Past {
  from: number;
  to: number;
  y: number;
}

/** The same around what stands between `from` and `to`: out to the height `y`, along it, and in again. */
export function detour(x0: number, y0: number, x1: number, y1: number, past: Past): string {
  const { from, to, y } = past;
  return `${curve(x0, y0, from, y)}L${to} ${round(y)}${curve(to, y, x1, y1).replace(/^M[^C]*/, "")}`;
}

/** Past eight parents the seven widest keep their colours and the rest becomes one grey strand. */
export function gatherRest<Input extends Strand>(strands: readonly Input[]): { strands: (Input | Strand)[]; rest: Input[] } {
  if (strands.length <= mostStrands) return { strands: [...strands], rest: [] };
  const widest = sized(strands)
    .sort((a, b) => Math.abs(b.coefficient) - Math.abs(a.coefficient))
    .slice(0, mostStrands - 1);
  const kept = new Set(widest.map((strand) => strand.key));
  const rest = strands.filter((strand) => !kept.has(strand.key));
  const together: Strand = {
    key: "rest",
    label: `+ ${rest.length} more`,
    colour: "var(--s0)",
    coefficient: rest.some((strand) => strand.coefficient !== null) ? sum(rest.map((s) => Math.abs(s.coefficient ?? 0))) : null,
  };
  return { strands: [...strands.filter((strand) => kept.has(strand.key)), together], rest };
}

/** Segments of a strip: shares of the summed absolute coefficients, zeros left out. */
export function shares(strands: readonly Strand[]): { key: string; colour: string; share: number; isHollow: boolean }[] {
  const drawn = sized(strands);
  const total = sum(drawn.map((strand) => Math.abs(strand.coefficient)));
  if (total === 0) return [];
  return drawn
    .filter((strand) => strand.coefficient !== 0)
    .map((strand) => ({
      key: strand.key,
      colour: strand.colour,
      share: Math.abs(strand.coefficient) / total,
      isHollow: strand.coefficient < 0,
    }));
}

/** Slot 1 to 8 of a model in its namespace; bases and latecomers are graphite. */
export function strandColour(slot: number | null | undefined): string {
  return slot && slot >= 1 && slot <= mostStrands ? `var(--s${slot})` : "var(--s0)";
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
