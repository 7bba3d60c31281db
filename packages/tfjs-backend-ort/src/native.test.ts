import { createRequire } from "node:module";
import { Tensor } from "onnxruntime-common";
import { describe, expect, test } from "vitest";
import { DONE_OUTPUT, openNativeSession, runWithoutResult } from "./native.ts";
import { encodeModel } from "./onnx.ts";

// What this package takes for granted about onnxruntime-node's internal binding. When one of these fails after an upgrade,
// read native.ts first.

const negate = encodeModel({
  nodes: [{ op: "Neg", inputs: ["a"], outputs: ["out"] }],
  inputs: ["a"],
  outputs: [DONE_OUTPUT, "out"],
  constants: [{ name: DONE_OUTPUT, value: 0 }],
});
const floats = (...values: number[]) => new Tensor("float32", Float32Array.from(values), [values.length]);

describe("the native binding", () => {
  test("is of the version it was checked with", () => {
    const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
    expect(version).toBe("1.30.0");
  });

  test("runs before it returns, into the array that it is given", () => {
    const session = openNativeSession(negate, 1);
    const out = floats(0, 0, 0);
    const result: unknown = session.run({ a: floats(1, -2, 3) }, { out }, {});
    expect([...out.data]).toEqual([-1, 2, -3]);
    expect(result).not.toBeInstanceOf(Promise);
    expect(Object.keys(result as object)).toEqual(["out"]);
  });

  test("hands results out as the library's tensors, also after a run without result", () => {
    const session = openNativeSession(negate, 1);
    runWithoutResult(session, { a: floats(1) }, { out: floats(0) });
    const result = session.run({ a: floats(4) }, { out: null }, {});
    expect(result["out"]).toBeInstanceOf(Tensor);
    expect(result["out"]?.data).toEqual(Float32Array.of(-4));
  });

  test("writes every output of a run without result, and nothing beyond the view", () => {
    const session = openNativeSession(negate, 1);
    const memory = new Float32Array(40_000).fill(7);
    const view = memory.subarray(100, 30_100);
    const a = new Tensor("float32", new Float32Array(30_000).fill(2), [30_000]);
    runWithoutResult(session, { a }, { out: new Tensor("float32", view, [30_000]) });
    expect(view.every((value) => value === -2)).toBe(true);
    expect(memory.subarray(0, 100).every((value) => value === 7)).toBe(true);
    expect(memory.subarray(30_100).every((value) => value === 7)).toBe(true);
  });

  test("says what is wrong with a run: a missing input, an output of the wrong shape", () => {
    const session = openNativeSession(negate, 1);
    expect(() => runWithoutResult(session, {}, { out: floats(0) })).toThrow(/input/i);
    expect(() => runWithoutResult(session, { a: floats(1, 2) }, { out: floats(0, 0, 0) })).toThrow(/shape/i);
  });

  test("refuses a model that is not one", () => {
    expect(() => openNativeSession(new Uint8Array([1, 2, 3]), 1)).toThrow();
  });
});
