import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mergeToFolder, parseRecipe } from "../src/merge/index.ts";
import { type TensorSpec, tensorOf, writeFolder } from "./checkpoints.ts";
import { writeFisher } from "./statistic-files.ts";

const specs = Array.from({ length: 24 }, (_, i): TensorSpec => ({ name: `layer.${i}.weight`, dtype: "F32", shape: [300, 500] }));
const recipe = parseRecipe({
  method: "df_merge",
  base: "base",
  parents: ["a", "b"].map((model) => ({ model, statistics: [`${model}.0`, `${model}.1`], lambda: 0.4 })),
});

let root: string;
const place = (name: string): string => join(root, name);
const files = () => recipe.parents.map(({ statistics = [] }) => statistics.map(place));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-statistic-resume-"));
  for (const [seed, name] of ["base", "a", "b"].entries())
    await writeFolder(
      place(name),
      specs.map((spec) => tensorOf(spec, seed + 1)),
    );
  for (const [i, own] of files().entries())
    for (const [lambda, file] of own.entries()) await writeFisher(file, specs, 10 * i + lambda + 1, { lambda });
});
afterAll(() => rm(root, { recursive: true }));

async function merge(outDir: string, cancelAt = Number.POSITIVE_INFINITY) {
  const cancelling = new AbortController();
  const notes: string[] = [];
  const report = await mergeToFolder({
    ...{ recipe, outDir, resume: true, threads: 1, tileBytes: 16_384, digests: "skip", signal: cancelling.signal },
    base: place("base"),
    parents: [place("a"), place("b")],
    statistics: { base: [], parents: files() },
    onNote: (note) => void notes.push(note),
    onProgress: ({ tensorsDone }) => {
      if (tensorsDone >= cancelAt) cancelling.abort(new Error("cancelled"));
    },
  });
  return { report, notes };
}

const weightsOf = (folder: string) => readFile(join(folder, "model.safetensors"));

it("a merge on statistics goes on after a cut with the same bytes, and not when a statistic has changed since", async () => {
  await merge(place("whole"));
  const out = place("cut");
  await expect(merge(out, 6)).rejects.toThrow("cancelled");
  const { report } = await merge(out);
  expect(report.tensorsResumed).toBeGreaterThan(0);
  expect(Buffer.compare(await weightsOf(out), await weightsOf(place("whole")))).toBe(0);

  const other = place("changed");
  await expect(merge(other, 6)).rejects.toThrow("cancelled");
  const [, [changed = ""] = []] = files();
  await writeFisher(changed, specs, 99, { lambda: 0 });
  const again = await merge(other);
  expect(again.report.tensorsResumed).toBe(0);
  expect(again.notes).toEqual([expect.stringContaining(changed)]);
  expect(Buffer.compare(await weightsOf(other), await weightsOf(place("whole")))).not.toBe(0);
}, 60_000);
