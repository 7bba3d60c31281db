import { createHash } from "node:crypto";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  bytesSource,
  type Dtype,
  dtypes,
  elementCount,
  fileSource,
  inspectSafetensors,
  layoutHeader,
  readHeader,
  type TensorData,
} from "../src/formats/index.ts";
import { safetensorsBytes, tensorOf } from "./checkpoints.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 60_000 });

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const name = fc
  .string({ minLength: 1, maxLength: 20 })
  .filter((text) => /^[\x20-\x7eäß字]+$/.test(text) && !/\.\.|^[/]|\\|^__/.test(text));
const tensor = fc
  .tuple(name, fc.constantFrom(...(Object.keys(dtypes) as Dtype[])), fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }))
  .chain(([tensorName, dtype, shape]) => {
    const sizeBytes = elementCount(shape) * dtypes[dtype].sizeBytes;
    return fc
      .uint8Array({ minLength: sizeBytes, maxLength: sizeBytes })
      .map((data): TensorData => ({ name: tensorName, dtype, shape, data }));
  });
const tensors = fc.uniqueArray(tensor, { selector: (t) => t.name, maxLength: 8 });
const metadata = fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 }).map((object) => new Map(Object.entries(object)));

describe("a written file", () => {
  it("reads back as the same tensors and metadata, aligned, whatever the order they were given in", async () => {
    await fc.assert(
      fc.asyncProperty(tensors, metadata, async (written, meta) => {
        const file = await safetensorsBytes(written, meta);
        const header = await readHeader(bytesSource(file));
        expect(new Map(header.metadata)).toEqual(meta);
        expect(header.dataBegin % 8).toBe(0);
        const found = new Map(header.tensors.map((entry) => [entry.name, entry]));
        expect(found.size).toBe(written.length);
        for (const { name: key, dtype, shape, data } of written) {
          const entry = found.get(key);
          expect(entry).toMatchObject({ dtype, shape });
          expect(Buffer.compare(file.subarray(entry?.begin, entry?.end), data)).toBe(0);
          expect((entry?.begin ?? 1) % dtypes[dtype].sizeBytes).toBe(0);
        }
        expect(Buffer.compare(await safetensorsBytes([...written].reverse(), meta), file)).toBe(0);
      }),
    );
  });

  it("refuses two tensors of one name and data of the wrong size", async () => {
    const a = tensorOf({ name: "a", dtype: "F32", shape: [2] }, 1);
    await expect(safetensorsBytes([a, a])).rejects.toThrow("same name");
    await expect(safetensorsBytes([{ ...a, data: new Uint8Array(7) }])).rejects.toThrow("Tensor a has 7 bytes");
  });
});

describe("inspection", () => {
  it("gives digest, norm, range and finiteness of every tensor and the digest of the file", async () => {
    const values = {
      F32: Float32Array.of(3, -4, 0),
      F64: Float64Array.of(1e100, -1),
      I8: Int8Array.of(-128, 2),
      U16: Uint16Array.of(65535),
      I64: BigInt64Array.of(-5n, 12n),
    };
    const written = Object.entries(values).map(
      ([dtype, array]): TensorData => ({
        name: dtype,
        dtype: dtype as Dtype,
        shape: [array.length],
        data: new Uint8Array(array.buffer),
      }),
    );
    written.push({ name: "BF16", dtype: "BF16", shape: [2], data: new Uint8Array(Uint16Array.of(0x3f80, 0xc000).buffer) });
    written.push({ name: "F16", dtype: "F16", shape: [2], data: new Uint8Array(Uint16Array.of(0x3c00, 0x0001).buffer) });
    written.push({ name: "F8_E4M3", dtype: "F8_E4M3", shape: [3], data: Uint8Array.of(0x38, 0x7e, 0x01) });
    written.push({ name: "F8_E5M2", dtype: "F8_E5M2", shape: [2], data: Uint8Array.of(0x3c, 0xc0) });
    written.push({ name: "empty", dtype: "F32", shape: [0, 3], data: new Uint8Array(0) });
    const file = await safetensorsBytes(written, new Map([["format", "pt"]]));
    const report = await inspectSafetensors(bytesSource(file));
    expect(report.sha256).toBe(sha256(file));
    const byName = new Map(report.tensors.map((t) => [t.name, t]));
    const expected: Record<string, [norm: number, min: number, max: number]> = {
      F32: [5, -4, 3],
      F64: [1e100, -1, 1e100],
      I8: [Math.hypot(128, 2), -128, 2],
      U16: [65535, 65535, 65535],
      I64: [13, -5, 12],
      BF16: [Math.sqrt(5), -2, 1],
      F16: [Math.sqrt(1 + 2 ** -48), 2 ** -24, 1],
      F8_E4M3: [Math.sqrt(1 + 448 ** 2 + 2 ** -18), 2 ** -9, 448],
      F8_E5M2: [Math.sqrt(5), -2, 1],
      empty: [0, 0, 0],
    };
    for (const { name: key, data } of written) {
      const [norm, min, max] = expected[key] ?? [];
      expect(byName.get(key)).toMatchObject({ sha256: sha256(data), sizeBytes: data.length, min, max, finite: true });
      expect((byName.get(key)?.norm ?? 0) / (norm || 1)).toBeCloseTo(norm === 0 ? 0 : 1, 12);
    }
  });

  it.each([
    ["F32", Uint32Array.of(0x3f800000, 0x7fc00000)],
    ["F16", Uint16Array.of(0x3c00, 0xfc00)],
    ["BF16", Uint16Array.of(0x3f80, 0x7f80)],
    ["F8_E4M3", Uint8Array.of(0x38, 0xff)],
  ] as const)("says when %s holds NaN or infinity, and measures the rest", async (dtype, bits) => {
    const file = await safetensorsBytes([{ name: "w", dtype, shape: [2], data: new Uint8Array(bits.buffer) }]);
    expect((await inspectSafetensors(bytesSource(file))).tensors[0]).toMatchObject({ finite: false, norm: 1, min: 1, max: 1 });
  });

  it("reads the file once, in order, in bounded pieces, over chunk boundaries", async () => {
    const file = await safetensorsBytes([
      tensorOf({ name: "a", dtype: "F32", shape: [700_001] }, 1),
      tensorOf({ name: "b", dtype: "U8", shape: [1_500_003] }, 2),
    ]);
    const reads: [number, number][] = [];
    const inner = bytesSource(file);
    let progress = 0;
    const source = {
      size: file.length,
      read: (offset: number, into: Uint8Array) => {
        reads.push([offset, into.length]);
        return inner.read(offset, into);
      },
    };
    const report = await inspectSafetensors(source, {
      onProgress: ({ bytesDone }) => {
        progress = bytesDone;
      },
    });
    const { dataBegin } = report.header;
    const body = reads.filter(([offset]) => offset >= dataBegin);
    expect(body.reduce((total, [, size]) => total + size, dataBegin)).toBe(file.length);
    expect(Math.max(...reads.map(([, size]) => size))).toBeLessThanOrEqual(1 << 20);
    expect(body).toEqual([...body].sort(([a], [b]) => a - b));
    expect(progress).toBe(file.length);
    expect(report.sha256).toBe(sha256(file));
    const a = new Float32Array(file.buffer.slice(report.header.tensors[0]?.begin, report.header.tensors[0]?.end));
    expect(report.tensors[0]?.norm).toBe(Math.sqrt(a.reduce((sum, v) => sum + v * v, 0)));
  });

  it("stops when it is aborted", async () => {
    const file = await safetensorsBytes([tensorOf({ name: "a", dtype: "U8", shape: [5_000_000] }, 1)]);
    const controller = new AbortController();
    const run = inspectSafetensors(bytesSource(file), {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(run).rejects.toThrow("enough");
  });
});

describe("a file source", () => {
  it("reports a file that shrinks while it is read, and refuses a folder", async () => {
    const folder = await mkdtemp(join(tmpdir(), "amalgam-source-"));
    try {
      const path = join(folder, "x");
      await writeFile(path, new Uint8Array(100));
      const source = await fileSource(path);
      await truncate(path, 50);
      await expect(source.read(0, new Uint8Array(100))).rejects.toThrow("became shorter");
      await source.close();
      await expect(fileSource(folder)).rejects.toThrow("not a regular file");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("a layout", () => {
  it("escapes names so that any name reads back", async () => {
    const odd = ['quote"', "back\\slash-free"].map((key) => ({ name: key.replace("\\", "_"), dtype: "U8" as const, shape: [1] }));
    const { header, tensors: placed, sizeBytes } = layoutHeader(odd);
    const file = new Uint8Array(sizeBytes);
    file.set(header);
    expect((await readHeader(bytesSource(file))).tensors.map((t) => t.name).sort()).toEqual(placed.map((t) => t.name).sort());
  });
});
