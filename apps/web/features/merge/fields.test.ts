import { describe, expect, it } from "vitest";
import { fieldsOf, valuesOf } from "./fields.ts";

const schema = {
  type: "object",
  properties: {
    t: { type: "number", minimum: 0, maximum: 1, default: 0.5, description: "0 keeps the first" },
    normalize: { type: "boolean", default: true },
    top_k: { type: "integer", minimum: 1 },
    sign: { enum: ["sum", "count"], default: "sum" },
    layers: { type: "array", items: { type: "number" } },
    odd: { anyOf: [{ type: "null" }] },
    seed: { type: "integer", minimum: -9007199254740991, maximum: 9007199254740991 },
  },
};

describe("fields of a method", () => {
  const fields = fieldsOf(schema);
  it("come in the schema's order with their bounds, help and defaults", () => {
    expect(fields.map((field) => field.name)).toEqual(["t", "normalize", "top_k", "sign", "layers", "seed"]);
    expect(fields[0]).toMatchObject({ type: "number", low: 0, high: 1, initial: 0.5, help: "0 keeps the first", label: "t" });
    expect(fields[2]).toMatchObject({ isInteger: true, low: 1, high: null, step: 1, label: "Top k" });
    expect(fields[3]).toMatchObject({ type: "choice", options: ["sum", "count"], initial: "sum" });
  });
  it("take the limits of a safe integer as no limit", () => {
    expect(fields.at(-1)).toMatchObject({ low: null, high: null });
  });
  it("are none for a method without parameters, or a schema that is not one", () => {
    expect(fieldsOf({ type: "object" })).toEqual([]);
    expect(fieldsOf(null)).toEqual([]);
  });
  it("show the draft's value, else the default", () => {
    expect(valuesOf(fields, { t: 0.2, stray: 1 })).toEqual({ t: 0.2, normalize: true, sign: "sum", layers: [] });
  });
});
