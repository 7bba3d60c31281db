import { readFileSync, writeFileSync } from "node:fs";
import type { Results } from "./results.ts";

const begin = "<!-- results: written by npm run train -->";
const end = "<!-- end of results -->";
const percent = (x: number): string => (100 * x).toFixed(1);

/** Replaces what stands between the two marks of the README. */
export function writeReadmeTable(path: string, results: Results): void {
  const text = readFileSync(path, "utf8");
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${path} lacks the marks "${begin}" and "${end}"; put them where the table goes.`);
  writeFileSync(
    path,
    `${before}${begin}\n\n${accuracies(results)}\n\n${dataCounts(results)}\n\n${vectors(results)}\n\n${end}${after}`,
  );
}

function accuracies({ tasks, rows }: Results): string {
  const header = `| test accuracy, % | ${tasks.join(" | ")} | mean |\n| --- | ${tasks.map(() => "---").join(" | ")} | --- |`;
  const lines = rows.map(({ name, note, scores, mean }) => {
    const cells = tasks.map((task) => {
      const score = scores[task];
      return score ? `${percent(score.value)} <sub>${percent(score.low)}–${percent(score.high)}</sub>` : "";
    });
    return `| **${name}**${note ? `<br><sub>${note}</sub>` : ""} | ${cells.join(" | ")} | ${percent(mean.value)} <sub>${percent(mean.low)}–${percent(mean.high)}</sub> |`;
  });
  return [header, ...lines].join("\n");
}

function dataCounts({ tasks, data }: Results): string {
  const header =
    "| task | train | validation | test | removed as copies | removed as near-duplicates | removed for two labels |\n| --- | --- | --- | --- | --- | --- | --- |";
  const lines = tasks.flatMap((task) => {
    const counts = data.tasks[task];
    if (!counts) return [];
    const { train, validation, test, removed } = counts;
    return [`| ${[task, train, validation, test, removed.exact, removed.near, removed.conflicting].join(" | ")} |`];
  });
  const { documents, passages, words } = data.corpus;
  const corpus = `Unlabelled corpus: ${documents} documents, ${passages} passages, ${(words / 1e6).toFixed(1)} million words, training splits only.`;
  return [header, ...lines, "", corpus].join("\n");
}

function vectors({ tasks, taskVectors }: Results): string {
  const header = `| task vector | norm / base | ${tasks.map((task) => `cos ${task}`).join(" | ")} |\n| --- | --- | ${tasks.map(() => "---").join(" | ")} |`;
  const lines = tasks.map((task) => {
    const cosines = tasks.map((other) => (taskVectors.cosines[task]?.[other] ?? 0).toFixed(2));
    return `| ${task} | ${(taskVectors.relativeNorms[task] ?? 0).toFixed(3)} | ${cosines.join(" | ")} |`;
  });
  return [header, ...lines].join("\n");
}
