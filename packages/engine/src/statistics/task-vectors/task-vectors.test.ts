import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TensorValues } from "../../runtime/index.ts";
import { saveTensors } from "../../runtime/save-tensors.ts";
import { MagnitudeHistogram } from "./largest.ts";
import { layerOf, taskVectorStatistics } from "./task-vector-statistics.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "amalgam-vectors-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function save(name: string, tensors: Record<string, number[] | TensorValues>): Promise<string> {
  const file = join(folder, `${name}.safetensors`);
  const entries = Object.entries(tensors).map(
    ([key, value]) => [key, Array.isArray(value) ? { shape: [value.length], values: Float32Array.from(value) } : value] as const,
  );
  await saveTensors(file, entries, new Map());
  return file;
}

test("norms, cosines, conflicts and overlaps, by hand", async () => {
  const base = await save("base", { "h.0.w": [1, 1, 1, 1, 1], "h.1.w": [0, 0], "h.1.b": [5] });
  const a = await save("a", { "h.0.w": [4, 1, 5, 1, 1], "h.1.w": [1, 0], "h.1.b": [5] });
  const b = await save("b", { "h.0.w": [1, 3, -4, 1, 1], "h.1.w": [0, 2], "h.1.b": [5] });
  const found = await taskVectorStatistics(base, [a, b], { density: 0.4 });
  const tensor = found.tensors.get("h.0.w");
  // τ = (3, 0, 4, 0, 0) and (0, 2, −5, 0, 0)
  expect(tensor?.norms[0]).toBe(5);
  expect(tensor?.norms[1]).toBeCloseTo(Math.sqrt(29), 12);
  expect(tensor?.cosines[0]?.[1]).toBeCloseTo(-20 / (5 * Math.sqrt(29)), 12);
  expect(tensor?.cosines[0]?.[0]).toBe(1);
  expect(tensor?.signConflicts).toBeCloseTo(1 / 3, 12);
  expect(tensor?.topOverlaps[0]?.[1]).toBe(0.5);
  expect(found.layers.get("h.1")?.norms).toEqual([1, 2]);
  expect(found.layers.get("h.1")?.cosines[0]?.[1]).toBe(0);
  expect(found.tensors.get("h.1.b")).toMatchObject({
    norms: [0, 0],
    signConflicts: null,
    cosines: [
      [null, null],
      [null, null],
    ],
  });
  expect(found.total.elements).toBe(8);
  expect(found.total.signConflicts).toBeCloseTo(1 / 5, 12);
});

test("tiles do not change the result, nor does one model alone", async () => {
  const values = (phase: number) => Array.from({ length: 1000 }, (_, at) => Math.sin(at * at + phase) * (1 + (at % 7)));
  const base = await save("base", { w: values(0), v: values(5) });
  const paths = [await save("a", { w: values(1), v: values(6) }), await save("b", { w: values(2), v: values(7) })];
  const whole = await taskVectorStatistics(base, paths);
  const tiled = await taskVectorStatistics(base, paths, { tileElements: 37 });
  expect(tiled.total.signConflicts).toBe(whole.total.signConflicts);
  expect(tiled.total.topOverlaps).toEqual(whole.total.topOverlaps);
  expect(tiled.total.cosines[0]?.[1]).toBeCloseTo(whole.total.cosines[0]?.[1] ?? 2, 12);
  const alone = await taskVectorStatistics(base, paths.slice(0, 1));
  expect(alone.total.norms[0]).toBe(whole.total.norms[0]);
  expect(alone.total.signConflicts).toBe(0);
});

test("the threshold keeps what is wanted, and at most the equals within 0.4 % more", () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (list, share) => {
        const values = Float32Array.from(list);
        const histogram = new MagnitudeHistogram();
        histogram.add(values);
        const wanted = Math.floor(share * values.length);
        const threshold = histogram.threshold(wanted);
        const sorted = [...values].map(Math.abs).sort((x, y) => y - x);
        const exact = sorted[wanted - 1] ?? Number.POSITIVE_INFINITY;
        if (exact > 1e-30) {
          expect(threshold).toBeLessThanOrEqual(exact);
          if (wanted > 0) expect(threshold).toBeGreaterThan(exact * (1 - 1 / 128));
        } else expect(threshold).toBeGreaterThan(0);
      },
    ),
  );
});

test("a layer's name ends with its number", () => {
  expect(layerOf("bert.encoder.layer.11.attention.self.query.weight")).toBe("bert.encoder.layer.11");
  expect(layerOf("model.norm.weight")).toBe("model.norm");
  expect(layerOf("logit_scale")).toBe("logit_scale");
});

describe("what does not fit", () => {
  test("is skipped by name and reason, or refused", async () => {
    const base = await save("base", { w: [1, 2], v: [1], u: [1] });
    const a = await save("a", { w: [1, 3], v: [1, 2] });
    const found = await taskVectorStatistics(base, [a]);
    expect([...found.tensors.keys()]).toEqual(["w"]);
    expect(found.skipped.get("v")).toContain("has the shape [2], the base [1]");
    expect(found.skipped.get("u")).toContain("has no such tensor");
    const broken = await save("broken", { w: [1, Number.NaN] });
    await expect(taskVectorStatistics(base, [broken])).rejects.toThrow(
      `${broken}: tensor "w": element 1 is not a finite number.`,
    );
    await expect(taskVectorStatistics(broken, [base])).rejects.toThrow(`${broken}: tensor "w": element 1`);
    await expect(taskVectorStatistics(base, [])).rejects.toThrow("at least one model");
    await expect(taskVectorStatistics(base, [a], { density: 0 })).rejects.toThrow("density");
    await expect(taskVectorStatistics(base, [folder])).rejects.toThrow("has neither model.safetensors");
    await expect(taskVectorStatistics(base, [a], { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});
