import type { ParsedRecipe } from "@amalgam/engine/merge";
import { printable } from "./format.ts";
import { type Style, width } from "./style.ts";
import { wrapRow } from "./wrap.ts";

type FidelityRow = NonNullable<ParsedRecipe["fidelity"]>[number];

const titles = ["Field", "Verdict", "Why"];

/** What became of each field of a mergekit configuration: what changed first. */
export function renderFidelity(rows: readonly FidelityRow[], style: Style, columns: number): string {
  const order = ["refused", "approximated", "same"];
  const sorted = [...rows].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const cells = sorted.map(({ field, verdict, why }) => [printable(field, 60), verdict, printable(why, 1000)]);
  const widths = titles.slice(0, 2).map((title, i) => Math.max(width(title), ...cells.map((row) => width(row[i] ?? ""))));
  return [style.dim(wrapRow(titles, widths, columns).join("\n")), ...cells.flatMap((row) => wrapRow(row, widths, columns))].join(
    "\n",
  );
}
