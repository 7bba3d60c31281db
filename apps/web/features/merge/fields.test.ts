import { describe, expect, it } from "vitest";
import { carriedOver, fieldsOf, rangeWords, valuesOf } from "./fields.ts";

const schema = {
  type: "object",
  properties: {
    t: { type: "number", minimum: 0, maximum: 1, default: 0.5, description: "0 keeps the first" },
    normalizeWeights: { type: "boolean", default: true },
    top_k: { type: "integer", minimum: 1 },
    sign: { enum: ["sum", "count"], default: "sum" },
    odd: { anyOf: [{ type: "null" }] },
    seed: { type: "integer", minimum: -9007199254740991, maximum: 9007199254740991 },
    eps: { type: "number", default: 1e-8, minimum: 0, maximum: 0.01 },
    task: { type: "string" },
  },
};

describe("fields of a method", () => {
  const fields = fieldsOf(schema);
  const find = (name: string) => fields.find((field) => field.name === name);
  it("come in the schema's order with their bounds, help and defaults", () => {
    expect(fields.map((field) => field.name)).toEqual(["t", "normalizeWeights", "top_k", "sign", "seed", "eps", "task"]);
    expect(find("t")).toMatchObject({ type: "number", low: 0, high: 1, initial: 0.5, help: "0 keeps the first", label: "t" });
    expect(find("top_k")).toMatchObject({ isInteger: true, low: 1, high: null, step: 1, label: "Top k", initial: null });
    expect(find("normalizeWeights")).toMatchObject({ type: "boolean", label: "Normalize weights" });
    expect(find("sign")).toMatchObject({ type: "choice", options: ["sum", "count"], initial: "sum" });
    expect(find("task")).toMatchObject({ type: "text", initial: null });
  });
  it("step by what a small default needs", () => {
    expect(["t", "eps"].map(find)).toMatchObject([{ step: 0.01 }, { step: 1e-8 }]);
  });
  it("take the limits of a safe integer as no limit", () => {
    expect(find("seed")).toMatchObject({ low: null, high: null });
  });
  it("are none for a method without parameters, or a schema that is not one", () => {
    expect(fieldsOf({ type: "object" })).toEqual([]);
    expect(fieldsOf(null)).toEqual([]);
  });
  it("show the draft's value, else the default", () => {
    expect(valuesOf(fields, { t: [0.2, 1], stray: 1 })).toEqual({ t: [0.2, 1], normalizeWeights: true, sign: "sum", eps: 1e-8 });
  });
  it("say their range and default", () => {
    expect(fields.map(rangeWords)).toEqual([
      "0 to 1; usually 0.5",
      "usually yes",
      "1 or more",
      "sum, count; usually sum",
      "",
      "0 to 0.01; usually 1e−8",
      "",
    ]);
  });
});

describe("settings under another method", () => {
  const of = (properties: object) => fieldsOf({ properties });
  const from = of({
    lambda: { type: "number", default: 0.3 },
    sign: { enum: ["a", "b"], default: "a" },
    t: { type: "number", default: 1 },
  });
  it("stay where the field means the same, and go where it does not", () => {
    const to = of({
      lambda: { type: "number", default: 1 },
      sign: { enum: ["a", "c"], default: "a" },
      t: { type: "number", default: 1, minimum: 0 },
    });
    expect(carriedOver({ lambda: 0.4, sign: "a", t: [0, 1] }, from, to)).toEqual({ sign: "a", t: [0, 1] });
    expect(carriedOver({ lambda: 0.4, sign: "b", t: [-1, 1] }, from, to)).toEqual({});
  });
});
