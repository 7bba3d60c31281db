import { createHash } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AdaptedSource, GatheredSource, Source, SourceType, StoredSource, TensorJob } from "../src/merge/run/job.ts";
import { SourceReader, sizeOf } from "../src/merge/run/read-source.ts";
import { streamKey } from "../src/merge/run/stream-key.ts";

const content = Uint8Array.from({ length: 70_000 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 255);
let folder: string;
let fd: number;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "amalgam-stream-key-"));
  writeFileSync(join(folder, "a"), content);
  fd = openSync(join(folder, "a"), "r");
});
afterAll(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

const stored = (dtype: SourceType, position: number): StoredSource => ({ kind: "stored", file: 0, position, dtype });
const keyOf = (source: Source, elements: number, { seed = 7, name = "w", input = 0 } = {}) => {
  const tensor: TensorJob = { name, spec: 0, elements, columns: elements, inputs: [source], output: null, measured: {} };
  return streamKey(seed, tensor, input, new SourceReader([{ path: join(folder, "a"), fd }]));
};

/** Straight from the definition: the parts that are looked at, each as type, position and elements. */
function expected(elements: number, parts: readonly (readonly [SourceType, number, number])[], { seed = 7, name = "w" } = {}) {
  const hash = createHash("sha256").update(JSON.stringify(["amalgam.mask.1", seed, name, elements]));
  for (const [type, position, count] of parts) {
    hash.update(type);
    const bytes = content.subarray(position, position + sizeOf(type, count));
    const size = sizeOf(type, 1);
    if (bytes.length <= 4096) hash.update(bytes);
    else
      for (let i = 0; i < 16; i += 1) {
        const begin = size * Math.floor((i * (count - 256 / size)) / 15);
        hash.update(bytes.subarray(begin, begin + 256));
      }
  }
  const digest = hash.digest();
  return [digest.readInt32LE(0), digest.readInt32LE(4)];
}

describe("the key of a stream of random numbers", () => {
  it.each([
    ["F32", 0],
    ["F32", 1],
    ["F32", 1023],
    ["F32", 1024],
    ["F32", 1025],
    ["F32", 15_001],
    ["BF16", 2048],
    ["BF16", 2049],
    ["F16", 30_000],
    ["U8", 4096],
    ["U8", 4097],
    ["F64", 512],
    ["F64", 513],
  ] as const)("is of the type, the size and 16 windows of 256 bytes: %s, %i values", (type, elements) => {
    expect(keyOf(stored(type, 9), elements)).toEqual(expected(elements, [[type, 9, elements]]));
  });

  it("is another for another seed, name, content or type, and the same wherever the content is", () => {
    const all = [
      keyOf(stored("F32", 0), 100),
      keyOf(stored("F32", 0), 100, { seed: 8 }),
      keyOf(stored("F32", 0), 100, { name: "v" }),
      keyOf(stored("F32", 4), 100),
      keyOf(stored("I32", 0), 100),
      keyOf(stored("F32", 0), 101),
    ].map(String);
    expect(new Set(all).size).toBe(6);
  });

  it("is of nothing but the name where there is no such input", () => {
    expect(keyOf(stored("F32", 0), 100, { input: 1 })).toEqual(expected(100, []));
  });

  it("of gathered rows is of the model's own matrix, whole", () => {
    const none = new Int32Array();
    const map: GatheredSource["map"] = {
      matrix: none,
      row: none,
      averages: { starts: none, matrix: none, row: none },
      hasMean: false,
    };
    const source = {
      kind: "gathered",
      map,
      columns: 30,
      matrices: [null, stored("BF16", 5), stored("F32", 11)],
      rows: 70,
      mean: null,
    } as const;
    expect(keyOf({ ...source, model: 1 }, 600)).toEqual(expected(600, [["BF16", 5, 2100]]));
    expect(keyOf({ ...source, model: 2 }, 600)).toEqual(expected(600, [["F32", 11, 2100]]));
    expect(keyOf({ ...source, model: 0 }, 600)).toEqual(expected(600, []));
  });

  it.each([
    ["as it is", false, 6, 32],
    ["transposed", true, 32, 6],
  ])("of a weight with an adapter is of weight and factors, whole: %s", (_, isTransposed, ofA, ofB) => {
    const parts = { weight: stored("BF16", 0), a: stored("F32", 400), b: stored("F32", 800) };
    const source: AdaptedSource = { kind: "adapted", ...parts, rows: 16, columns: 3, rank: 2, scale: 1, isTransposed };
    const looked = [["BF16", 0, 48] as const, ["F32", 400, ofA] as const, ["F32", 800, ofB] as const];
    expect(keyOf(source, 48)).toEqual(expected(48, looked));
  });
});
