import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readExamples } from "@amalgam/engine/evaluate";
import { type EncodedExample, type Laboratory, openLaboratory } from "@amalgam/engine/laboratory";
import { loadTokenizer } from "@amalgam/engine/runtime";

/** "second" is a second test split that nothing was ever chosen on. */
export type Split = "search" | "report" | "second";
const files: Readonly<Record<Split, string>> = {
  search: "validation.jsonl",
  report: "test.jsonl",
  second: "second-test.jsonl",
};

/** The six experts in memory, and their tasks' examples in the same order. */
export interface SixTasks {
  readonly tasks: readonly string[];
  readonly laboratory: Laboratory;
  readonly examples: Readonly<Record<Split, readonly (readonly EncodedExample[])[]>>;
}

/** @param folder with `tasks/<task>`. @param models with `<base|task>` */
export async function openSixTasks(
  folder: string,
  tasks: readonly string[],
  models = join(folder, "fixtures"),
): Promise<SixTasks> {
  const model = (name: string): string => join(models, name);
  const tokenizer = await loadTokenizer(model("base"));
  const experts = tasks.map((name) => ({ name, model: model(name) }));
  const laboratory = await openLaboratory(model("base"), experts);
  const longest = Math.min(...laboratory.experts.map(({ network }) => network.maxLength));
  const read = (split: Split): EncodedExample[][] =>
    tasks.map((task) => {
      const { labels } = JSON.parse(readFileSync(join(folder, "tasks", task, "task.json"), "utf8")) as { labels: string[] };
      const examples = readExamples(join(folder, "tasks", task, files[split]), labels);
      return examples.map(({ text, label }) => ({ input: tokenizer.encode(text, longest), label }));
    });
  return { tasks, laboratory, examples: { search: read("search"), report: read("report"), second: read("second") } };
}
