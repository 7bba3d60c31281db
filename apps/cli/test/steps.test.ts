import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseRecipeStages } from "@amalgam/engine/merge";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { mergeRecipeFile } from "../src/local/merge-stages.ts";
import { faultsIn, here } from "./run-here.ts";
import { tinyCheckpoint, tinyFile, weights } from "./tiny-checkpoint.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
const at = (...parts: string[]): string => path.join(folder, ...parts);

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "amalgam steps "));
  const models = { base: 1, a: 2, b: 4, c: 3 };
  for (const [name, value] of Object.entries(models)) await tinyCheckpoint(at(name), weights(value));
  await tinyCheckpoint(at("one"), { other: { shape: [1], values: [1] } });
});

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  for (const name of readdirSync(folder)) if (/^(out|recipe)/.test(name)) rmSync(at(name), { recursive: true });
});

const recipe = (text: string): string => {
  writeFileSync(at("recipe.yaml"), text);
  return at("recipe.yaml");
};

const jsonOf = async (args: readonly string[]): Promise<Record<string, unknown>> => {
  const outcome = await here([...args, "--json"]);
  expect(outcome).toMatchObject({ code: 0 });
  return JSON.parse(outcome.stdout) as Record<string, unknown>;
};

const steps = `name: soup
method: linear
parents: [{model: a}, {model: b}]
---
method: linear
parents: [{model: soup}, {model: c, weight: 3}]
`;

test("steps are checked together, run in order, and only the result stays", async () => {
  const checked = await jsonOf(["check", recipe(steps)]);
  expect(checked).toMatchObject({ name: null, readBytes: 128, writeBytes: 64, steps: [{ name: "soup" }, { name: null }] });
  const before = readdirSync(folder);
  const told: string[] = [];
  const report = await mergeRecipeFile(at("recipe.yaml"), {
    outDir: at("out"),
    onStage: ({ name, number, count }) => told.push(`${number} of ${count} ${name}`),
  });
  expect(told).toEqual(["1 of 2 soup", "2 of 2 null"]);
  expect(readdirSync(folder)).toEqual([...before, "out"].sort());
  // (3 + 3·3) / 4
  expect(readFileSync(at("out/model.safetensors")).equals(Buffer.from(await tinyFile(weights(3), { format: "pt" })))).toBe(true);
  expect(report.files.map(({ path: name }) => name)).toContain("model.safetensors");
  const manifest = JSON.parse(readFileSync(at("out/amalgam.json"), "utf8")) as { steps: { name: string; recipe: unknown }[] };
  expect(manifest.steps).toMatchObject([
    { name: "soup", recipe: { method: "linear", parents: [{ model: "a" }, { model: "b" }] } },
  ]);
});

test("a step at fault stops all of them before any work, and those that need it are not judged", async () => {
  const file = recipe(steps.replace("{model: b}", "{model: one}").replace("weight: 3", "weight: 0"));
  const before = readdirSync(folder);
  const outcome = await here(["check", file, "--json"]);
  const faults = faultsIn(outcome);
  expect(new Set(faults.map(({ path: where }) => where.join(".")))).toEqual(new Set(["soup.parents.1"]));
  expect(faults[0]?.message).toMatch(/^Step soup: Tensor encoder/);
  await expect(mergeRecipeFile(file, { outDir: at("out") })).rejects.toThrow(/Step soup/);
  expect(readdirSync(folder)).toEqual(before);
});

test("a step that fails in its work takes the others with it", async () => {
  await tinyCheckpoint(at("broken"), { ...weights(1), "encoder.bias": { shape: [2], values: [Number.NaN, 1] } });
  const before = readdirSync(folder);
  const file = recipe(steps.replace("{model: c,", "{model: broken,"));
  await expect(mergeRecipeFile(file, { outDir: at("out") })).rejects.toThrow(/encoder\.bias/);
  expect(readdirSync(folder).filter((name) => name !== "recipe.yaml")).toEqual(before);
});

test("export refuses by name what mergekit cannot say", async () => {
  const outcome = await here([
    "export",
    recipe("method: ties\nbase: base\nparents: [{model: a}]\nparameters: {trim: model}\nexclude: ['x']\n"),
    "--json",
  ]);
  expect(outcome.code).toBe(1);
  expect(faultsIn(outcome).map(({ code, path: where }) => `${code} ${where.join(".")}`)).toEqual([
    "MERGEKIT_INEXPRESSIBLE parameters.trim",
    "MERGEKIT_INEXPRESSIBLE exclude",
  ]);
  expect(await here(["export", at("recipe.yaml"), "--to", "peft"])).toMatchObject({ code: 2 });
});

test("a server takes one recipe, known before it is asked", async () => {
  const outcome = await here(["request", recipe(steps), "--as", "acme/x", "--json"]);
  expect(faultsIn(outcome)).toMatchObject([{ code: "STAGES_UNSUPPORTED" }]);
});

test("export gives a mergekit file that reads back the same, each step as a document", async () => {
  const exported = await here(["export", recipe(steps)]);
  expect(exported).toMatchObject({ code: 0, stderr: "" });
  expect(exported.stdout.match(/^merge_method: linear$/gm)).toHaveLength(2);
  const before = parseRecipeStages(steps).map(({ name, recipe: read }) => ({ name, read }));
  expect(parseRecipeStages(exported.stdout).map(({ name, recipe: read }) => ({ name, read }))).toEqual(before);
});
