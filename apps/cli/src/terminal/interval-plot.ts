export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Limits that hold every interval of the ranked rows, with a little air. */
export function axisOf(intervals: readonly Interval[]): readonly [number, number] | null {
  if (intervals.length === 0) return null;
  const low = Math.min(...intervals.map((each) => each.low));
  const high = Math.max(...intervals.map((each) => each.high));
  const air = Math.max(0.002, (high - low) * 0.05);
  return [low - air, high + air];
}

/** `  ├──●──┤    ` on the axis; what lies outside is an arrow at the edge. */
export function drawInterval({ value, low, high }: Interval, [from, to]: readonly [number, number], columns = 24): string {
  const at = (x: number): number => Math.round(((x - from) / (to - from)) * (columns - 1));
  if (high < from) return `◂${" ".repeat(columns - 1)}`;
  if (low > to) return `${" ".repeat(columns - 1)}▸`;
  const cells = Array.from({ length: columns }, () => " ");
  const put = (position: number, mark: string): void => {
    if (position >= 0 && position < columns) cells[position] = mark;
  };
  for (let x = at(low); x <= at(high); x += 1) put(x, "─");
  put(at(low), "├");
  put(at(high), "┤");
  put(at(value), "●");
  if (at(low) < 0) cells[0] = "◂";
  if (at(high) >= columns) cells[columns - 1] = "▸";
  return cells.join("");
}
