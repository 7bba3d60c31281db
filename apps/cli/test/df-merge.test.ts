import { existsSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeToF32 } from "@amalgam/engine/formats";
import { openCheckpoint } from "@amalgam/engine/merge";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { here } from "./run-here.ts";

const example = join(import.meta.dirname, "../../../examples/six-tasks");
const model = (name: string) => join(example, "fixtures", name);

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "df-merge-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function linesOf(task: string, file: string, count: number): Promise<string> {
  const place = join(folder, `${task}-${file}`);
  const lines = readFileSync(join(example, "tasks", task, file), "utf8")
    .split("\n")
    .slice(0, count);
  await writeFile(place, `${lines.join("\n")}\n`);
  return place;
}

async function recipe(changes: object = {}): Promise<string> {
  const parents = [];
  for (const task of ["pos", "era"])
    parents.push({
      model: model(task),
      data: await linesOf(task, "validation.jsonl", 30),
      report: await linesOf(task, "test.jsonl", 30),
    });
  const content = { method: "df_merge", base: model("base"), parents, parameters: { examples: 4, grid: 2 }, ...changes };
  const file = join(folder, "recipe.json");
  await writeFile(file, JSON.stringify(content));
  return file;
}

test("finds λ, writes a folder with every trial in it, and does the same again", async () => {
  const file = await recipe();
  const once = await here(["df-merge", file, join(folder, "out"), "--budget", "7", "--json"]);
  expect(once.code).toBe(0);
  const told = JSON.parse(once.stdout) as { lambdas: Record<string, number>; rows: { name: string }[]; trials: unknown[] };
  expect(told.rows.map(({ name }) => name)).toEqual(["base", "pos", "era", "average", "df_merge"]);
  expect(told.trials).toHaveLength(7);
  const manifest = JSON.parse(readFileSync(join(folder, "out/df-merge.json"), "utf8")) as { parents: { lambda: number }[] };
  expect(manifest.parents.map(({ lambda }) => lambda)).toEqual(Object.values(told.lambdas));
  for (const name of ["config.json", "tokenizer.json", "README.md"]) expect(existsSync(join(folder, "out", name))).toBe(true);
  await here(["df-merge", file, join(folder, "again"), "--budget", "7"]);
  expect(readFileSync(join(folder, "again/model.safetensors")).equals(readFileSync(join(folder, "out/model.safetensors")))).toBe(
    true,
  );
}, 120_000);

async function weightsIn(place: string): Promise<Map<string, Float32Array>> {
  const bytes = readFileSync(join(place, "model.safetensors"));
  const { tensors } = await openCheckpoint(place);
  return new Map(
    [...tensors.values()].map(({ name, begin, end }) => [name, decodeToF32("F32", new Uint8Array(bytes.subarray(begin, end)))]),
  );
}

test.each([
  ["conditional", {}],
  ["frozen", { fisher: "frozen" }],
  ["trimmed", { density: 0.3 }],
  ["none", { fisher: "none" }],
  ["two blocks of layers, by Thompson sampling", { groups: 2, acquisition: "thompson", granularity: "row" }],
  ["kinds of tensors, sampled information, shared", { groups: ["attention"], estimator: "sampled", shared: true }],
])(
  "what it has measured is kept with a recipe that merges to the same weights: %s",
  async (_, parameters) => {
    const file = await recipe({ parameters: { examples: 4, grid: 3, ...parameters } });
    const [out, kept, again] = ["out", "kept", "again"].map((name) => join(folder, name));
    const found = await here(["df-merge", file, out ?? "", "--budget", "6", "--keep-statistics", kept ?? "", "--json"]);
    expect(found.code, found.stderr).toBe(0);
    const merged = await here(["merge", join(kept ?? "", "recipe.yaml"), again ?? ""]);
    expect(merged.code, merged.stderr).toBe(0);
    const [wanted, given] = [await weightsIn(out ?? ""), await weightsIn(again ?? "")];
    expect([...given.keys()].sort()).toEqual([...wanted.keys()].sort());
    for (const [name, values] of wanted) {
      const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
      const worst = values.reduce((most, value, p) => Math.max(most, Math.abs(value - (given.get(name)?.[p] ?? Number.NaN))), 0);
      expect(worst, name).toBeLessThan(2e-6 * scale);
    }
  },
  120_000,
);

describe("refused, and nothing is written", () => {
  test.each([
    ["another method", { method: "ties" }, "method: "],
    ["a key that does not exist", { parameters: { lambda: 1 } }, 'parameters: Unrecognized key: "lambda".'],
    ["reversed bounds", { parameters: { low: 1, high: 0.5 } }, "parameters.low: 1 is not below parameters.high, 0.5."],
    ["no parents", { parents: [] }, "parents: "],
    ["a missing base", { base: "nowhere" }, "base: "],
  ])("%s", async (_, changes, message) => {
    const { code, stderr } = await here(["df-merge", await recipe(changes), join(folder, "out")]);
    expect(stderr).toContain(message);
    expect(code).toBe(1);
    expect(existsSync(join(folder, "out"))).toBe(false);
  });

  test("search data and report data that are one file", async () => {
    const data = await linesOf("pos", "validation.jsonl", 10);
    const file = await recipe({ parents: [{ model: model("pos"), data, report: data }] });
    const { code, stderr } = await here(["df-merge", file, join(folder, "out")]);
    expect(stderr).toContain("parents.0.report is the file that is searched on");
    expect(code).toBe(1);
  });

  test("more than fits into the memory, before any weight is read", async () => {
    const base = join(folder, "huge");
    await cp(model("base"), base, { recursive: true });
    const rows = 2 ** 36;
    const shape = { dtype: "F32", shape: [rows, 4], data_offsets: [0, rows * 16] };
    const header = Buffer.from(JSON.stringify({ "bert.encoder.layer.0.output.dense.weight": shape }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const file = join(base, "model.safetensors");
    await writeFile(file, Buffer.concat([length, header]));
    await truncate(file, 8 + header.length + rows * 16); // a hole: it takes no room on the disk
    const parents = [{ model: base, data: await linesOf("pos", "validation.jsonl", 10) }];
    const given = await recipe({ base, parents });
    const { code, stderr } = await here(["df-merge", given, join(folder, "out")]);
    expect(stderr).toMatch(/The search holds base, experts and Fisher information in memory: about \d/);
    expect(code).toBe(1);
    expect(existsSync(join(folder, "out"))).toBe(false);
  });

  test("a limit of the user's own, with the grid that fits it", async () => {
    const given = await recipe({ parameters: { examples: 4, grid: 9 } });
    const { code, stderr } = await here(["df-merge", given, join(folder, "out"), "--memory-limit", "120MB"]);
    expect(stderr).toMatch(/120 MB may be used\. With a grid of \d λ it needs 1\d\d MB\./);
    expect(code).toBe(1);
  });

  test("a label outside the head, by file and line", async () => {
    const data = join(folder, "bad.jsonl");
    await writeFile(data, '{"text":"a","label":0}\n{"text":"b","label":99}\n');
    const { code, stderr } = await here([
      "df-merge",
      await recipe({ parents: [{ model: model("pos"), data }] }),
      join(folder, "out"),
    ]);
    expect(stderr).toContain("line 2");
    expect(code).toBe(1);
  });
});
