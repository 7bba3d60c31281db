import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashText, seededRandom, shuffled } from "../random.ts";
import { writeJson } from "../write-json.ts";
import { readEra } from "./era.ts";
import { readGenre } from "./genre.ts";
import { readLanguage } from "./language.ts";
import { normalise, SeenTexts } from "./near-duplicates.ts";
import { readSpam } from "./spam.ts";
import type { Item, Split, TaskSource } from "./types.ts";
import { readWordNet } from "./wordnet.ts";

const splits: readonly Split[] = ["train", "validation", "test"];

export interface DataReport {
  tasks: Record<string, Record<Split, number> & { removed: { exact: number; near: number; conflicting: number } }>;
  corpus: { documents: number; passages: number; words: number };
}

/** Reads every package, removes duplicates, draws balanced splits and writes them; the same seed writes the same bytes. */
export function buildData(options: { modules: string; tasksDir: string; workDir: string; seed: number }): DataReport {
  const { modules, seed } = options;
  const wordNet = readWordNet(modules, seed);
  const sources = [
    readSpam(modules, seed),
    ...wordNet,
    readGenre(modules, seed),
    readLanguage(modules, seed),
    readEra(modules, seed),
  ];
  const report: DataReport = { tasks: {}, corpus: { documents: 0, passages: 0, words: 0 } };
  mkdirSync(options.workDir, { recursive: true });
  for (const source of sources) {
    const documents = source.documents.length > 0 ? source.documents : (wordNet[0]?.documents ?? []);
    report.tasks[source.name] = writeTask(source, documents, options);
  }
  writeCorpus(sources, options.workDir, report);
  return report;
}

type TaskReport = DataReport["tasks"][string];

function writeTask(
  source: TaskSource,
  documents: readonly (readonly string[])[],
  options: { tasksDir: string; workDir: string; seed: number },
): TaskReport {
  const { kept, removed } = withoutDuplicates(source.items, documents);
  const folder = join(options.tasksDir, source.name);
  mkdirSync(folder, { recursive: true });
  const counts = { train: 0, validation: 0, test: 0 };
  for (const split of splits) {
    const draw = (): Draw => ({
      items: kept.filter((item) => item.split === split),
      classes: source.labels.length,
      size: source.sizes[split],
      random: seededRandom(hashText(`${options.seed}/${source.name}/${split}`)),
    });
    const items = balanced(draw());
    counts[split] = items.length;
    const file = split === "train" ? join(options.workDir, `${source.name}.train.jsonl`) : join(folder, `${split}.jsonl`);
    writeItems(file, items);
    if (split !== "test") continue;
    const spare = kept.filter((item) => item.split === "spare");
    writeItems(join(folder, "second-test.jsonl"), balanced({ ...draw(), taken: items.length, spare }));
  }
  const { name, title, labels, licence } = source;
  const card = { name, title, labels, metric: "accuracy", expert: name, source: source.source, licence };
  writeJson(join(folder, "task.json"), card);
  return { ...counts, removed };
}

/**
 * Inside a split only the first of equal texts stays, and texts that stand under two labels go altogether. A validation item that
 * is a near-duplicate of anything a model trains on goes; so does a test item, also when it resembles a validation item.
 */
function withoutDuplicates(
  items: readonly Item[],
  documents: readonly (readonly string[])[],
): { kept: Item[]; removed: TaskReport["removed"] } {
  const removed = { exact: 0, near: 0, conflicting: 0 };
  const labelsOf = new Map<string, Set<number>>();
  for (const { text, label } of items) {
    const key = normalise(text);
    labelsOf.set(key, (labelsOf.get(key) ?? new Set()).add(label));
  }
  const seen = new SeenTexts();
  for (const document of documents) seen.add(document.join(" "));
  const kept: Item[] = [];
  const inTrain = new Set<string>();
  for (const split of [...splits, "spare"]) {
    for (const item of items) {
      if (item.split !== split) continue;
      const key = normalise(item.text);
      if ((labelsOf.get(key)?.size ?? 0) > 1) {
        removed.conflicting++;
        continue;
      }
      if (split === "train") {
        if (inTrain.has(key)) continue;
        inTrain.add(key);
        seen.add(item.text);
      } else {
        const verdict = seen.judge(item.text);
        if (verdict !== "new") {
          // Of spare items only what is kept matters.
          if (split !== "spare") removed[verdict]++;
          continue;
        }
        seen.add(item.text);
      }
      kept.push(item);
    }
  }
  return { kept, removed };
}

interface Draw {
  readonly items: readonly Item[];
  readonly classes: number;
  readonly size: number;
  readonly random: () => number;
  /** So many were drawn the same way before, and are passed over. */
  readonly taken?: number;
  /** Come after the others of their class. */
  readonly spare?: readonly Item[];
}

/** As many items of each class, at most `size` together, in random order. */
function balanced({ items, classes, size, random, taken = 0, spare = [] }: Draw): Item[] {
  const byClass = Array.from({ length: classes }, (_, label) => {
    const own = shuffled(
      items.filter((item) => item.label === label),
      random,
    );
    return [...own.slice(taken / classes), ...spare.filter((item) => item.label === label)];
  });
  const each = Math.min(Math.floor(size / classes), ...byClass.map((list) => list.length));
  return shuffled(
    byClass.flatMap((list) => list.slice(0, each)),
    random,
  );
}

const writeItems = (file: string, items: readonly Item[]): void =>
  writeFileSync(file, items.map(({ text, label }) => `${JSON.stringify({ text, label })}\n`).join(""));

/** One line a document: {"source", "passages"}. */
function writeCorpus(sources: readonly TaskSource[], workDir: string, report: DataReport): void {
  const lines: string[] = [];
  for (const source of sources) {
    for (const passages of source.documents) {
      const line = `${JSON.stringify({ source: source.corpus, passages })}\n`;
      lines.push(line);
      report.corpus.documents++;
      report.corpus.passages += passages.length;
      report.corpus.words += passages.reduce((sum, passage) => sum + passage.split(" ").length, 0);
    }
  }
  writeFileSync(join(workDir, "corpus.jsonl"), lines.join(""));
}
