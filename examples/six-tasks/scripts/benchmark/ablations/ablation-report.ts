import type { CorrectBits } from "@amalgam/engine/scores";
import { interval, percent, table, verdictOf } from "../markdown.ts";
import { deviation, differenceOverSeeds, mean } from "../over-seeds.ts";
import { macro } from "../tune-arm.ts";
import { ablationComparisons } from "./comparisons.ts";
import type { AblationStudy } from "./run.ts";
import { variants } from "./variants.ts";

type Found = ReadonlyMap<string, readonly (readonly CorrectBits[])[]>;

export function ablationReport(found: Found, { seeds, budget, examples }: AblationStudy): string {
  return [
    "# What carries DF-Merge: one change at a time",
    "",
    `Written by \`npm run benchmark:six-tasks -- ablations --budget ${budget} --examples ${examples} --seeds ${seeds.join(",")}\`. The experts, seeds and draws of [the table of methods](six-tasks.md); report`,
    `split. The reference is DF-Merge with λ by task, Fisher information conditional on the scaled model from ${examples} examples a task, all validation items, ${budget} merges.`,
    "",
    resultTable(found),
    "",
    "## Comparisons, written down before the first run",
    "",
    verdictTable(found),
    "",
    "Intervals are 95 %, for the chance in test items and over seeds together. [What was registered](registered.md).",
    "",
  ].join("\n");
}

function resultTable(found: Found): string {
  const reference = found.get("df") ?? [];
  const rows = variants.flatMap(({ id, title, group }) => {
    const bits = found.get(id);
    if (bits === undefined) return [];
    const values = bits.map(macro);
    const over = id === "df" ? "" : interval(differenceOverSeeds(bits, reference));
    return [[group, title, `${percent(mean(values), 2)} ± ${percent(deviation(values), 2)}`, over]];
  });
  return table(["what", "how", "accuracy, %", "against the reference"], rows);
}

function verdictTable(found: Found): string {
  const title = (id: string): string => {
    const variant = variants.find((each) => each.id === id);
    return variant === undefined ? id : `${variant.group.toLowerCase()}: ${variant.title}`;
  };
  const rows = ablationComparisons.map(({ first, second, expected }) => {
    const [a, b] = [found.get(first), found.get(second)];
    const what = [title(first), title(second), expected];
    if (a === undefined || b === undefined || a.length !== b.length) return [...what, "", "not run yet"];
    const estimate = differenceOverSeeds(a, b);
    return [...what, interval(estimate), verdictOf(estimate, expected)];
  });
  return table(["this", "against", "expected", "difference in points", "verdict"], rows);
}
