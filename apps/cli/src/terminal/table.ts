import { type Style, width } from "./style.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Rows under dim titles, two spaces between columns; nothing is wrapped, so a pipe gets one line a row. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[], style: Style, indent = ""): string {
  const widths = columns.map(({ title }, index) => Math.max(width(title), ...rows.map((row) => width(row[index] ?? ""))));
  const pad = (text: string, index: number): string => {
    const space = " ".repeat(Math.max(0, (widths[index] ?? 0) - width(text)));
    return columns[index]?.align === "right" ? space + text : text + space;
  };
  const line = (cells: readonly string[]): string =>
    indent +
    columns
      .map((_, index) => pad(cells[index] ?? "", index))
      .join("  ")
      .trimEnd();
  const titles = line(columns.map(({ title }) => title));
  return [style.dim(titles), ...rows.map(line)].join("\n");
}

/** `name  value` pairs, names dim and of one width. */
export function renderFacts(facts: readonly (readonly [string, string])[], style: Style): string {
  const widest = Math.max(...facts.map(([name]) => width(name)));
  return facts.map(([name, value]) => `${style.dim(name.padEnd(widest))}  ${value}`).join("\n");
}
