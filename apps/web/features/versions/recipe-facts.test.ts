import { expect, it } from "vitest";
import { methodTitle, recipeFacts } from "./recipe-facts.ts";

it("names the method and its settings", () => {
  expect(
    recipeFacts({
      method: "task_arithmetic",
      parameters: { lambda: 0.30000000000000004, normalize: true },
      dtype: "F16",
      seed: 0,
    }),
  ).toEqual({
    method: "Task arithmetic",
    items: [
      { label: "Lambda", value: "0.3" },
      { label: "Normalize", value: "yes" },
      { label: "Stored as", value: "F16" },
    ],
  });
});

it("tells what varies, and how layers are stacked", () => {
  const recipe = { method: "slerp", parameters: { t: [{ filter: "mlp", value: [0, 1] }, { value: 0.5 }] }, slices: [{}, {}] };
  expect(recipeFacts(recipe).items).toEqual([
    { label: "t", value: "mlp: 0 → 1 over the layers, else 0.5" },
    { label: "Layers", value: "2 slices" },
  ]);
});

it("says nothing about what is not a recipe", () => {
  expect(recipeFacts(null)).toEqual({ method: "", items: [] });
  expect(recipeFacts("x")).toEqual({ method: "", items: [] });
});

it("short method names are initials", () => {
  expect(methodTitle("slerp")).toBe("SLERP");
  expect(methodTitle("linear")).toBe("Linear");
});
