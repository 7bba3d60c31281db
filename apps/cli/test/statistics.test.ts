import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readStatistic, tensorsToGram } from "@amalgam/engine/statistics";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultsIn, here } from "./run-here.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const six = path.join(root, "examples/six-tasks");
const golden = path.join(root, "packages/engine/src/runtime/golden");
const genre = path.join(six, "fixtures/genre");
const data = path.join(six, "tasks/genre/validation.jsonl");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "amalgam-cli-statistics-"));
});
afterAll(() => rm(folder, { recursive: true }));
const file = (name: string) => path.join(folder, name);

async function measured(args: readonly string[]) {
  const { code, stdout, stderr } = await here(["statistics", ...args, "--json"]);
  expect(code, stderr || stdout).toBe(0);
  return JSON.parse(stdout);
}

test("fisher writes what can be read back, and the same command has the same key", async () => {
  const out = file("fisher.safetensors");
  const args = ["fisher", genre, "--data", data, "--examples", "6", "--out", out];
  const first = await measured(args);
  expect(first).toMatchObject({ about: { kind: "fisher", estimator: "exact", examples: 6, lambda: 1, seed: null }, file: out });
  expect(first.passes).toBeGreaterThanOrEqual(6);
  expect(first.examplesPerSecond).toBeGreaterThan(0);
  const { about, tensors } = await readStatistic(out, { kind: "fisher" });
  expect(about).toEqual(first.about);
  expect(tensors.has("bert.pooler.dense.weight")).toBe(true);
  expect(tensors.has("classifier.weight")).toBe(false);
  expect((await measured([...args, "--batch", "2"])).key).toBe(first.key);
  const sampled = await measured([...args, "--estimator", "sampled", "--draws", "2", "--seed", "5"]);
  expect(sampled.about).toMatchObject({ seed: 5, settings: { draws: 2 } });
  expect(sampled.key).not.toBe(first.key);
  const shown = await here(["statistics", ...args, "--estimator", "empirical"]);
  expect(shown.stdout).toMatch(/statistic\s+fisher, empirical/);
  expect(shown.stdout).toMatch(/examples a second/);
});

test("fisher on the way from a base is kept for every λ, and is what DF-Merge needs", async () => {
  const out = file("way.safetensors");
  const base = path.join(six, "fixtures/base");
  const args = ["fisher", genre, "--data", data, "--examples", "4", "--base", base, "--lambda", "1,0,0.5", "--out", out];
  const { statistics } = await measured(args);
  const found = statistics as { about: { lambda: number; base: string | null }; file: string }[];
  expect(found.map(({ about, file: each }) => [about.lambda, path.basename(each)])).toEqual([
    [0, "way.lambda-0.safetensors"],
    [0.5, "way.lambda-0.5.safetensors"],
    [1, "way.lambda-1.safetensors"],
  ]);
  expect(found.map(({ about }) => about.base === null)).toEqual([false, false, true]);
  const [start, middle] = await Promise.all(found.map(({ file: each }) => readStatistic(each, { kind: "fisher" })));
  expect(start?.tensors.get("bert.pooler.dense.weight")).not.toEqual(middle?.tensors.get("bert.pooler.dense.weight"));
  const recipe = file("df.yaml");
  const names = found.map(({ file: each }) => path.basename(each));
  const parents = [{ model: genre, lambda: 0.7, statistics: names }];
  await writeFile(recipe, JSON.stringify({ method: "df_merge", base, parents }));
  expect(await here(["check", recipe])).toMatchObject({ code: 0 });
  const shown = await here(["inspect", found[1]?.file ?? ""]);
  expect(shown.stdout).toMatch(/at λ 0\.5 from the base/);
  const single = await here(["statistics", ...args.slice(0, 6), "--base", base, "--out", out]);
  expect(single.stderr).toContain("--base and --lambda go together");
});

test("gram keeps matrices and their rows", async () => {
  const out = file("gram.safetensors");
  await measured(["gram", genre, "--data", data, "--examples", "4", "--out", out]);
  const { grams, tables } = tensorsToGram((await readStatistic(out, { kind: "gram" })).tensors);
  expect(grams.get("bert.pooler.dense.weight")).toMatchObject({ inputs: 96, rows: 4 });
  expect(tables.has("bert.embeddings.word_embeddings.weight")).toBe(true);
  await expect(readStatistic(out, { kind: "fisher" })).rejects.toThrow("of the kind gram; fisher is needed");
});

test("plain texts are measured on a masked-language head, with share and seed of the masks in the key", async () => {
  const texts = file("texts.jsonl");
  await writeFile(texts, '{"text":"the cat sat on the mat and slept"}\n{"text":"a boat on the river"}\n');
  const base = path.join(six, "fixtures/base");
  const args = ["fisher", base, "--data", texts, "--estimator", "empirical", "--out", file("masked.safetensors")];
  const plain = await measured(args);
  expect(plain.about).toMatchObject({ examples: 2, settings: { asks: "tokens", maskShare: 0.15, maskSeed: 0 } });
  expect((await measured([...args, "--mask-share", "0.15"])).key).toBe(plain.key);
  const other = await measured([...args, "--mask-share", "0.5", "--mask-seed", "7"]);
  expect(other.about.settings).toMatchObject({ maskShare: 0.5, maskSeed: 7 });
  expect(other.key).not.toBe(plain.key);
  const gram = await measured(["gram", base, "--data", texts, "--out", file("masked.safetensors")]);
  expect(gram.about.settings).toEqual({ asks: "tokens", maskShare: 0.15, maskSeed: 0 });
  const exact = await here(["statistics", ...args.slice(0, 4), "--out", file("never.safetensors")]);
  expect(exact).toMatchObject({ code: 1, stderr: expect.stringContaining("use sampled or empirical") });
  const headless = await here(["statistics", "fisher", base, "--data", data, "--out", file("never.safetensors")]);
  expect(headless).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("base has no classification head, which lines with"),
  });
  const labelled = await here([
    "statistics",
    "gram",
    genre,
    "--data",
    data,
    "--out",
    file("never.safetensors"),
    "--mask-seed",
    "1",
  ]);
  expect(labelled).toMatchObject({ code: 1, stderr: expect.stringContaining("are for plain texts and a model with a masked") });
});

test("task-vectors relates models, in JSON and as a table", async () => {
  const [base, ...models] = ["base", "spam", "genre"].map((name) => path.join(six, "fixtures", name));
  const found = await measured(["task-vectors", base ?? "", ...models]);
  expect(found.total.cosines[0][1]).toBeGreaterThan(-1);
  expect(found.total.cosines[0][1]).toBeLessThan(0.2);
  expect(found.layers.map(({ name }: { name: string }) => name)).toContain("bert.encoder.layer.1");
  expect(found.skipped.length).toBeGreaterThan(0);
  expect(found.key).toBeNull();
  const out = file("vectors.safetensors");
  const kept = await measured(["task-vectors", base ?? "", ...models, "--out", out]);
  const statistic = await readStatistic(out, { kind: "task-vectors" });
  expect(statistic.about.settings).toEqual({ density: 0.2 });
  expect(statistic.tensors.get("cosines.*")?.values[1]).toBeCloseTo(kept.total.cosines[0][1], 6);
  expect(kept.key).toMatch(/^[0-9a-f]{64}$/);
  const { code, stdout } = await here(["statistics", "task-vectors", base ?? "", ...models, "--density", "0.1"]);
  expect(code).toBe(0);
  expect(stdout).toContain("top 10% shared");
  expect(stdout).toMatch(/pulled both ways/);
});

describe("refused", () => {
  const out = () => ["--out", file("never.safetensors")];
  test.each([
    [["espresso", genre], "statistics takes fisher, gram, router, task-vectors, not espresso."],
    [["fisher", genre, "--out", "x"], "statistics fisher needs --data."],
    [["fisher", genre, "--data", data], "statistics fisher needs --out."],
    [["fisher", genre, genre, "--data", data, "--out", "x"], "statistics fisher takes one model."],
    [["fisher", genre, "--data", data, "--out", "x", "--estimator", "guess"], "--estimator takes exact, sampled, empirical"],
    [["fisher", genre, "--data", data, "--out", "x", "--seed", "1"], "--draws and --seed go with --estimator sampled."],
    [["fisher", genre, "--data", data, "--out", "x", "--likelihood", "max"], "--likelihood takes sum or mean"],
    [["fisher", genre, "--data", data, "--out", "x", "--mask-share", "1.5"], "--mask-share takes a share above 0"],
    [["task-vectors", genre], "needs a base and at least one model"],
    [["task-vectors", genre, genre, "--density", "2"], "--density takes a share"],
  ])("usage: %j", async (args, message) => {
    const { code, stderr } = await here(["statistics", ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  const lines = async (name: string, text: string) => {
    await writeFile(file(name), text);
    return file(name);
  };

  test("with one message that names what is wrong, and nothing is written", async () => {
    const labelled = await lines("labels.jsonl", '{"text":"a","label":0}\n{"text":"b","label":9}\n');
    const broken = await lines("broken.jsonl", '{"text":"a","label":0}\nnot json\n');
    const texts = await lines("texts.jsonl", '{"text":"a b c"}\n');
    const choices = await lines("choices.jsonl", '{"context":"a","choices":["b","c"],"answer":0}\n');
    const cases: [string[], string][] = [
      [["fisher", genre, "--data", labelled, ...out()], "label is 9"],
      [["fisher", genre, "--data", broken, ...out()], "broken.jsonl: line 2: not JSON."],
      [["fisher", genre, "--data", file("absent.jsonl"), ...out()], "absent.jsonl"],
      [["fisher", genre, "--data", choices, ...out()], "no head for lines with choices"],
      [["fisher", genre, "--data", texts, "--estimator", "empirical", ...out()], "Example 0 has the label undefined"],
      [["fisher", genre, "--data", data, "--labels", "a,b", ...out()], "the task has 2 labels"],
      [["fisher", path.join(six, "fixtures/base"), "--data", data, ...out()], "has no classification head"],
      [["fisher", genre, "--data", data, "--memory-limit", "1MB", ...out()], "memory"],
      [["fisher", genre, "--data", data, "--out", path.join(folder, "no/such/folder.safetensors")], "There is no folder"],
      [["router", genre, "--data", texts], "num_experts_per_tok"],
      [["fisher", path.join(golden, "vit"), "--data", texts, ...out()], "takes images"],
    ];
    for (const [args, message] of cases) {
      const outcome = await here(["statistics", ...args, "--json"]);
      expect(outcome.code, `${args.join(" ")}: ${outcome.stderr}${outcome.stdout.slice(0, 300)}`).toBe(1);
      expect(faultsIn(outcome)).toHaveLength(1);
      expect(faultsIn(outcome)[0]?.message).toContain(message);
    }
    expect((await readdir(folder)).filter((name) => name.startsWith("never"))).toEqual([]);
  });
});
