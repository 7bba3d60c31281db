import { describe, expect, it } from "vitest";
import { type CheckpointHeader, parseRecipe, plan, RefusedError } from "../src/merge/index.ts";

const header = (label: string): CheckpointHeader => ({
  label,
  config: null,
  space: "weights",
  tensors: [0, 1, 2].map((i) => ({ name: `layers.${i}.weight`, dtype: "F32", shape: [8, 8] })),
});
const headers = { base: header("base"), parents: [header("a"), header("b")] };
const planOf = (method: string, own: object, parameters: object) =>
  plan(
    parseRecipe({
      method,
      base: "base",
      parents: [{ model: "a", ...own }, ...(method === "dppa" ? [] : [{ model: "b", ...own }])],
      parameters,
    }),
    { ...headers, parents: headers.parents.slice(0, method === "dppa" ? 1 : 2) },
  );

describe("what is decided for the whole model", () => {
  it.each([
    ["a density of a trim over the model", "ties", { density: [0.1, 0.9] }, { trim: "model" }],
    ["where to trim", "ties", {}, { trim: [{ filter: "0", value: "model" }, { value: "tensor" }] }],
    ["the share of PCB", "pcb", {}, { ratio: [0.1, 0.5] }],
    ["the sparsity of DPPA", "dppa", {}, { sparsity: [0.5, 0.9] }],
  ])("cannot vary over it: %s", (_, method, own, parameters) => {
    expect(() => planOf(method, own, parameters)).toThrow(RefusedError);
    expect(() => planOf(method, own, parameters)).toThrow(/decided for the whole model/);
  });

  it.each([
    ["a density of a trim by tensor", "ties", { density: [0.1, 0.9] }, {}],
    ["lambda", "ties", {}, { trim: "model", lambda: [0.5, 1] }],
    ["lambda of PCB", "pcb", {}, { lambda: [0.5, 1] }],
    ["the multiple of DPPA's modules", "dppa", {}, { multiple: [3, 5] }],
  ])("leaves the rest free to vary: %s", (_, method, own, parameters) => {
    expect(planOf(method, own, parameters).tensors).toHaveLength(3);
  });
});
