import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeToF32, fileSource, readHeader } from "../src/formats/index.ts";
import { mergeToFolder, parseRecipe, RefusedError } from "../src/merge/index.ts";
import { safetensorsBytes, tensorOf, writeFolder } from "./checkpoints.ts";

const golden = join(import.meta.dirname, "golden", "merge");
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-baked-"));
  for (const name of ["base", "m1"]) {
    await mkdir(join(root, name));
    await copyFile(join(golden, `${name}.safetensors`), join(root, name, "model.safetensors"));
  }
  await cp(join(golden, "adapters"), join(root, "adapters"), { recursive: true });
});
afterAll(() => rm(root, { recursive: true }));

async function readTensors(file: string): Promise<Map<string, Float32Array>> {
  const bytes = await readFile(file);
  const source = await fileSource(file);
  const { tensors } = await readHeader(source);
  await source.close();
  return new Map(tensors.map(({ name, begin, end }) => [name, decodeToF32("F32", bytes.subarray(begin, end))]));
}

const adapterPath = (name: string) => join(root, "adapters", name);

async function bake(model: string, adapter: string, options: { threads?: number; tileBytes?: number } = {}) {
  const outDir = join(await mkdtemp(join(root, "merge-")), "out");
  const recipe = parseRecipe({ method: "passthrough", parents: [{ model: `${model}+${adapter}` }] });
  const adapters = { parents: [adapterPath(adapter)] };
  const report = await mergeToFolder({ recipe, base: null, parents: [join(root, model)], adapters, outDir, ...options });
  return { report, file: join(outDir, "model.safetensors"), outDir };
}

describe("an adapter that is baked into a parent while it is read", () => {
  it.each([
    ["base", "a1"],
    ["base", "a3"],
    ["m1", "a1"],
  ])("gives the weights that PEFT gives: %s with %s", async (model, adapter) => {
    const expected = await readTensors(join(golden, "adapters", `bake-${adapter}-on-${model}.safetensors`));
    const actual = await readTensors((await bake(model, adapter)).file);
    expect(expected.size).toBeGreaterThan(0);
    for (const [name, values] of expected) {
      const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const far = values.findIndex((value, i) => !(Math.abs(value - (actual.get(name)?.[i] ?? Number.NaN)) <= 1e-6 * scale));
      expect(far, name).toBe(-1);
    }
  });

  it("gives the same bytes for any threads and tiles, has an identity of its own, and is named in the manifest", async () => {
    const [plain, small] = [await bake("base", "a1"), await bake("base", "a1", { threads: 1, tileBytes: 65536 })];
    expect(await readFile(plain.file)).toEqual(await readFile(small.file));
    expect(plain.report.identity).toBe(small.report.identity);
    expect(plain.report.identity).not.toBe((await bake("base", "a3")).report.identity);
    expect(await readFile(join(plain.outDir, "amalgam.json"), "utf8")).toContain('"adapter": "a1"');
  });

  it("can be smaller than what a random key looks at", async () => {
    const name = "model.layers.0.self_attn.q_proj";
    const folder = await writeFolder(join(root, "tiny"), [tensorOf({ name: `${name}.weight`, dtype: "F32", shape: [2, 16] }, 1)]);
    const factor = (which: string, shape: number[]) =>
      tensorOf({ name: `base_model.model.${name}.${which}.weight`, dtype: "F32", shape }, 3);
    await mkdir(adapterPath("tiny"));
    const bytes = await safetensorsBytes([factor("lora_A", [1, 16]), factor("lora_B", [2, 1])]);
    await writeFile(join(adapterPath("tiny"), "adapter_model.safetensors"), bytes);
    const config = { peft_type: "LORA", r: 1, lora_alpha: 1, target_modules: ["q_proj"] };
    await writeFile(join(adapterPath("tiny"), "adapter_config.json"), JSON.stringify(config));
    const recipe = parseRecipe({ method: "dare_linear", base: "base", parents: [{ model: "m", adapter: "a", density: 0.5 }] });
    const adapters = { parents: [adapterPath("tiny")] };
    const outDir = join(root, "tiny-out");
    const { files } = await mergeToFolder({ recipe, base: folder, parents: [folder], adapters, outDir, digests: "skip" });
    expect(files.map(({ path }) => path)).toContain("model.safetensors");
  });

  it("is refused for a model that it was not made for, before any work", async () => {
    await writeFolder(join(root, "other"), [tensorOf({ name: "unrelated", dtype: "F32", shape: [3] }, 1)]);
    const refused = bake("other", "a1");
    await expect(refused).rejects.toThrow(RefusedError);
    await expect(refused).rejects.toThrow(/use it with the model it was trained on/);
  });
});
