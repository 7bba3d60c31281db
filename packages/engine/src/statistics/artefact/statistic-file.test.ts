import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { saveTensors } from "../../runtime/save-tensors.ts";
import { readStatistic } from "./read-statistic.ts";
import { type StatisticAbout, statisticKey } from "./statistic-about.ts";
import { aboutToMetadata, writeStatistic } from "./write-statistic.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "amalgam-statistic-"));
});
afterAll(() => rm(folder, { recursive: true }));

const about: StatisticAbout = {
  ...{ kind: "fisher", estimator: "sampled", estimatorVersion: 1, settings: { draws: 3, head: "a".repeat(64) } },
  ...{ model: "1".repeat(64), base: null, lambda: 1, data: "2".repeat(64), examples: 30, seed: 7 },
};
const tensor = (values: number[]) => ({ shape: [values.length], values: Float32Array.from(values) });

test("what is written is read back, under the same key", async () => {
  const file = join(folder, "fisher.safetensors");
  const key = await writeStatistic(file, about, [
    ["b", tensor([0, 0.25])],
    ["a", { shape: [2, 1], values: Float32Array.of(1, 2) }],
  ]);
  const found = await readStatistic(file, { kind: "fisher", shapes: new Map([["a", [2, 1]]]) });
  expect(found.about).toEqual(about);
  expect(found.tensors.get("b")?.values).toEqual(Float32Array.of(0, 0.25));
  expect(key).toBe(statisticKey(found.about));
  const again = join(folder, "again.safetensors");
  await writeStatistic(again, about, [
    ["a", { shape: [2, 1], values: Float32Array.of(1, 2) }],
    ["b", tensor([0, 0.25])],
  ]);
  expect(await readFile(again)).toEqual(await readFile(file));
});

test("whatever decides the numbers decides the key; the order of settings does not", () => {
  const change = fc.constantFrom<Partial<StatisticAbout>>(
    ...[{ kind: "gram" as const }, { estimator: "exact" }, { estimatorVersion: 2 }, { settings: { draws: 4 } }, { examples: 31 }],
    ...[
      { model: "3".repeat(64) },
      { base: "4".repeat(64) },
      { lambda: 0.5 },
      { data: "5".repeat(64) },
      { seed: 8 },
      { seed: null },
    ],
  );
  fc.assert(fc.property(change, (part) => statisticKey({ ...about, ...part }) !== statisticKey(about)));
  const { draws, head } = { draws: 3, head: "a".repeat(64) };
  expect(statisticKey({ ...about, settings: { head, draws } })).toBe(statisticKey({ ...about, settings: { draws, head } }));
});

describe("refused", () => {
  test.each([
    ["of another kind", { kind: "gram" }, "holds a statistic of the kind fisher; gram is needed."],
    ["without a tensor", { shapes: new Map([["c", [1]]]) }, 'has nothing on the tensor "c".'],
    ["of another shape", { shapes: new Map([["a", [3]]]) }, 'tensor "a" has the shape [2]; the model has [3].'],
  ] as const)("a file %s", async (_, options, message) => {
    const file = join(folder, "one.safetensors");
    await writeStatistic(file, about, [["a", tensor([1, 2])]]);
    await expect(readStatistic(file, options)).rejects.toThrow(`${file}${message.startsWith("tensor") ? ": " : " "}${message}`);
  });

  test.each([
    ["weights", new Map<string, string>(), [1], "holds no statistic"],
    ["changed facts", new Map([...aboutToMetadata(about), ["amalgam.statistic.examples", "31"]]), [1], "so they were changed"],
    [
      "a digest that is none",
      new Map([...aboutToMetadata(about), ["amalgam.statistic.model", "x"]]),
      [1],
      "amalgam.statistic.model: not a sha256",
    ],
    ["an unknown kind", new Map([...aboutToMetadata(about), ["amalgam.statistic.kind", "tea"]]), [1], "amalgam.statistic.kind: "],
    ["negative information", aboutToMetadata(about), [-1], "Fisher information is not negative"],
    ["NaN", aboutToMetadata(about), [Number.NaN], "element 0 is NaN"],
  ])("a file with %s", async (_, metadata, values, message) => {
    const file = join(folder, "bad.safetensors");
    await saveTensors(file, [["a", tensor(values)]], metadata);
    await expect(readStatistic(file)).rejects.toThrow(message);
  });

  test("what is no safetensors file, or no file", async () => {
    const file = join(folder, "text.safetensors");
    await writeFile(file, "hello, this is no tensor file at all");
    await expect(readStatistic(file)).rejects.toThrow(file);
    await expect(readStatistic(join(folder, "absent"))).rejects.toThrow("ENOENT");
  });

  test("values that cannot be are not written, and nothing is left behind", async () => {
    const empty = await mkdtemp(join(tmpdir(), "amalgam-statistic-"));
    const file = join(empty, "x.safetensors");
    await expect(writeStatistic(file, about, [["w", tensor([0, Number.NaN])]])).rejects.toThrow('tensor "w": element 1 is NaN');
    expect(await readdir(empty)).toEqual([]);
    await rm(empty, { recursive: true });
  });
});
