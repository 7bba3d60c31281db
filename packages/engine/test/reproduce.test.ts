import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type Manifest,
  type MergeOptions,
  mergeToFolder,
  methodChange,
  parseManifest,
  parseRecipe,
  reproduceMerge,
} from "../src/merge/index.ts";
import { engineVersion } from "../src/merge/run/engine-version.ts";
import { tensorOf, writeFolder } from "./checkpoints.ts";

vi.setConfig({ testTimeout: 60_000 });

let root: string;
const recipe = parseRecipe({
  method: "task_arithmetic",
  base: "../base",
  parents: [{ model: "../a" }, { model: "../b", weight: 0.5 }],
  parameters: { lambda: 0.7 },
  dtype: "BF16",
  seed: 7,
});
const where = () => ({ base: join(root, "base"), parents: [join(root, "a"), join(root, "b")] });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-reproduce-test-"));
  for (const [seed, name] of ["base", "a", "b"].entries())
    await writeFolder(
      join(root, name),
      ["x", "y"].map((tensor) => tensorOf({ name: tensor, dtype: "F32", shape: [30, 100] }, seed)),
      { config: { model_type: "bert" }, files: { "tokenizer.json": "{}" } },
    );
});
afterAll(() => rm(root, { recursive: true }));

let runs = 0;
async function merged(options: Partial<MergeOptions> = {}): Promise<{ folder: string; manifest: Manifest; text: string }> {
  runs += 1;
  const folder = join(root, `out-${runs}`);
  await mergeToFolder({ recipe, ...where(), outDir: folder, maxShardBytes: 7000, ...options });
  const text = await readFile(join(folder, "amalgam.json"), "utf8");
  return { folder, manifest: parseManifest(text, "amalgam.json"), text };
}
const again = (manifest: Manifest, folder: string) =>
  reproduceMerge({ manifest, folder, ...where(), outDir: join(root, `again-${runs}`) });

describe("a manifest", () => {
  it("is the same whatever the threads, and says all that decides the bytes", async () => {
    const [one, two] = [await merged({ threads: 1 }), await merged({ threads: 3, tileBytes: 16_384 })];
    expect(two.text).toBe(one.text);
    expect(JSON.parse(one.text)).toMatchObject({
      version: 1,
      engine: engineVersion,
      method: { id: "task_arithmetic", version: 1 },
      recipe: { dtype: "BF16", seed: 7, parameters: { lambda: 0.7 } },
      maxShardBytes: 7000,
      models: ["../base", "../a", "../b"].map((reference) => ({ reference, digest: expect.stringMatching(/^[0-9a-f]{64}$/) })),
    });
  });

  it("names the version of the package", async () => {
    const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
    expect(engineVersion).toBe(version);
  });

  it.each([
    ["{", "it is not JSON"],
    ["[]", "it is not a JSON object"],
    ["{}", "version: "],
  ])("that is none is refused: %s", (text, words) => {
    expect(() => parseManifest(text, "m.json")).toThrow(`m.json is not the manifest of a merge: ${words}`);
  });

  it("with a recipe that this engine does not know is refused", async () => {
    const { text } = await merged();
    const other = text.replace('"method": "task_arithmetic"', '"method": "task_arithmetics"');
    expect(() => parseManifest(other, "m.json")).toThrow("m.json: There is no merge method");
  });

  it("of another version of its method says so", async () => {
    const { manifest } = await merged();
    expect(methodChange(manifest)).toBeNull();
    expect(methodChange({ ...manifest, method: { id: "task_arithmetic", version: 9 } })).toMatch(/version 9 of task_arithmetic/);
  });
});

describe("a merge that is reproduced", () => {
  it("has the same bytes in every file, labels and further fields of the manifest included", async () => {
    const options = { labels: { base: "acme/base@1", parents: ["acme/a@2", "acme/b@3"] }, manifest: { requestedBy: "test" } };
    const { folder, manifest, text } = await merged(options);
    const { same, files, report } = await again(manifest, folder);
    expect(same).toBe(true);
    expect(files.map(({ outcome }) => outcome)).toEqual(files.map(() => "same"));
    expect(files.length).toBe(report.files.length - 1);
    expect(await readFile(join(root, `again-${runs}`, "amalgam.json"), "utf8")).toBe(text);
  });

  it("without digests of weights is compared with the files themselves, if they are there", async () => {
    const { folder, manifest } = await merged({ hash: false });
    expect(manifest.files.filter(({ sha256 }) => sha256 === null).map(({ path }) => path)).toEqual([
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
    ]);
    expect((await again(manifest, folder)).same).toBe(true);
    await rm(join(root, `again-${runs}`), { recursive: true });
    const { same, files } = await again(manifest, join(root, "nowhere"));
    expect(same).toBe(false);
    expect(files.filter(({ outcome }) => outcome === "unknown")).toHaveLength(2);
  });

  it("says which files have other digests", async () => {
    const { folder, manifest } = await merged();
    const [first, ...others] = manifest.files;
    if (first === undefined) throw new Error("There are no files.");
    const files = [{ ...first, sha256: "0".repeat(64) }, { ...first, path: "gone.txt" }, ...others];
    const outcome = await again({ ...manifest, files }, folder);
    expect(outcome.same).toBe(false);
    expect(outcome.files.filter((file) => file.outcome !== "same").map((file) => [file.path, file.outcome])).toEqual([
      [first.path, "differs"],
      ["gone.txt", "missing"],
    ]);
  });

  it("is refused before any work when models have other content, each with its place", async () => {
    const { folder, manifest } = await merged();
    const models = manifest.models.map((model, i) => (i === 1 ? model : { ...model, digest: "1".repeat(64) }));
    const error: unknown = await again({ ...manifest, models }, folder).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      faults: [
        { code: "DIGEST_DIFFERS", path: ["base"], message: expect.stringContaining("is not the ../base that was merged") },
        { code: "DIGEST_DIFFERS", path: ["parents", "1"] },
      ],
    });
    await writeFile(join(root, "a", "notes.md"), "new");
    await expect(again(manifest, folder)).rejects.toThrow(/^parents\.0/);
    await rm(join(root, "a", "notes.md"));
  });
});
