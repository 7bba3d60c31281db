export const percent = (value: number, digits = 1): string => (100 * value).toFixed(digits);
const signed = (value: number): string => `${value < 0 ? "−" : "+"}${percent(Math.abs(value), 2)}`;
export const interval = ({ value, low, high }: { value: number; low: number; high: number }): string =>
  `${signed(value)} (${signed(low)} to ${signed(high)})`;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** What an interval says of a direction that was written down before. */
export function verdictOf({ low, high }: { low: number; high: number }, expected: "better" | "worse"): string {
  const found = low > 0 ? "better" : high < 0 ? "worse" : null;
  return found === null ? "open: the interval includes 0" : found === expected ? "as expected" : "the other way round";
}
