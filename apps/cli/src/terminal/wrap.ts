import { width } from "./style.ts";

/** Columns to fill: the terminal's, else COLUMNS; a pipe without it gets lines as long as they are. */
export function columnsOf(stream: { readonly columns?: number | undefined }, env: NodeJS.ProcessEnv = process.env): number {
  const told = stream.columns ?? Number(env["COLUMNS"]);
  return Number.isInteger(told) && told > 0 ? told : Number.POSITIVE_INFINITY;
}

/** Breaks text at spaces so that no line is wider than `columns`; a longer word keeps a line of its own. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && width(line) + 1 + width(word) > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** Cells side by side, the last one wrapped under itself. */
export function wrapRow(cells: readonly string[], widths: readonly number[], columns: number, indent = ""): string[] {
  const fixed = cells.slice(0, -1).map((cell, i) => cell + " ".repeat(Math.max(0, (widths[i] ?? 0) - width(cell))));
  const head = indent + fixed.map((cell) => `${cell}  `).join("");
  const room = Math.max(20, columns - width(head));
  const [first = "", ...more] = wrap(cells.at(-1) ?? "", room);
  return [`${head}${first}`.trimEnd(), ...more.map((line) => `${" ".repeat(width(head))}${line}`)];
}
