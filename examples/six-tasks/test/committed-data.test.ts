import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readExamples } from "@amalgam/engine/evaluate";
import { loadTokenizer } from "@amalgam/engine/runtime";
import { describe, expect, test } from "vitest";
import { normalise, SeenTexts } from "../scripts/data/near-duplicates.ts";

const example = fileURLToPath(new URL("..", import.meta.url));
const readJson = (path: string) => JSON.parse(readFileSync(join(example, path), "utf8"));
const manifest = readJson("example.json") as {
  base: { folder: string };
  experts: { name: string; folder: string; task: string }[];
  suite: { tasks: string[] };
};

test("the manifest names every folder of tasks and fixtures", () => {
  expect(manifest.suite.tasks.toSorted()).toEqual(readdirSync(join(example, "tasks")).sort());
  const folders = [manifest.base, ...manifest.experts].map(({ folder }) => folder);
  expect(folders.toSorted()).toEqual(
    readdirSync(join(example, "fixtures"))
      .map((name) => `fixtures/${name}`)
      .sort(),
  );
});

describe.each(manifest.suite.tasks)("%s", (task) => {
  const { labels } = readJson(`tasks/${task}/task.json`) as { labels: string[] };
  const read = (split: string) => readExamples(readFileSync(join(example, "tasks", task, `${split}.jsonl`)), labels);

  test("every label has the same number of items, in all splits", () => {
    for (const split of ["validation", "test", "second-test"]) {
      const counts = labels.map((_, label) => read(split).filter((item) => item.label === label).length);
      expect(new Set(counts).size).toBe(1);
      expect(counts[0]).toBeGreaterThanOrEqual(18);
    }
  });

  test("no test item copies or nearly copies an item of an earlier split, and none stands twice", () => {
    const seen = new SeenTexts();
    for (const { text } of read("validation")) seen.add(text);
    for (const split of ["test", "second-test"]) {
      const tests = read(split);
      expect(tests.filter(({ text }) => seen.judge(text) !== "new")).toEqual([]);
      expect(new Set(tests.map(({ text }) => normalise(text))).size).toBe(tests.length);
      for (const { text } of tests) seen.add(text);
    }
  });
});

describe.each(manifest.experts)("$name", ({ folder, task }) => {
  test("its classes are the task's labels, and tokenizer and vocabulary are the base's", async () => {
    const { labels } = readJson(`tasks/${task}/task.json`) as { labels: string[] };
    const config = readJson(`${folder}/config.json`) as {
      id2label: Record<string, string>;
      architectures: string[];
      vocab_size: number;
    };
    expect(Object.values(config.id2label)).toEqual(labels);
    expect(config.architectures).toEqual(["BertForSequenceClassification"]);
    expect((await loadTokenizer(join(example, folder))).vocabularySize).toBe(config.vocab_size);
    expect(readFileSync(join(example, folder, "tokenizer.json"))).toEqual(
      readFileSync(join(example, manifest.base.folder, "tokenizer.json")),
    );
    expect(existsSync(join(example, folder, "LICENSE"))).toBe(true);
  });
});
