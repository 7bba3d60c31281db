import { describe, expect, it } from "vitest";
import { RefusedError } from "../src/merge/index.ts";
import { parseRecipeStages } from "../src/merge/recipe-text.ts";

const linear = (name: string | null, ...models: string[]) =>
  `${name === null ? "" : `name: ${name}\n`}merge_method: linear\nmodels: [${models.map((model) => `{model: ${model}, parameters: {weight: 1}}`).join(", ")}]\n`;
const stages = (...documents: string[]) => parseRecipeStages(documents.join("---\n"));

function faultsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    for (const { message } of error.faults) expect(message).toMatch(/^\S.*\.$/s);
    return error.faults.map(({ code, path }) => [code, ...path].join(" "));
  }
  return [];
}

describe("a recipe in stages", () => {
  it("is put in an order in which every stage finds what it uses, the unnamed one last", () => {
    const found = stages(linear(null, "second", "c"), linear("second", "first", "b"), linear("first", "a", "b"));
    expect(found.map(({ name, uses }) => [name, uses])).toEqual([
      ["first", []],
      ["second", ["first"]],
      [null, ["second"]],
    ]);
    expect(found[2]?.recipe.parents.map(({ model }) => model)).toEqual(["second", "c"]);
    expect(found[0]?.fidelity?.map(({ field }) => field)).toContain("name");
  });

  it("knows stages as bases, with adapters and in native documents", () => {
    const native = "name: one\nmethod: linear\nparents: [{model: a}, {model: b}]\n";
    const last = "method: task_arithmetic\nbase: one+lora\nparents: [{model: c}]\n";
    expect(stages(last, native).map(({ name, uses }) => [name, uses])).toEqual([
      ["one", []],
      [null, ["one"]],
    ]);
  });

  it("of one document is one stage", () => {
    expect(stages(linear(null, "a")).map(({ name }) => name)).toEqual([null]);
    expect(stages(linear("only", "a")).map(({ name }) => name)).toEqual(["only"]);
  });

  it.each<[string, string[], string[]]>([
    ["two documents without a name", [linear(null, "a"), linear(null, "b")], ["STAGE_UNNAMED name"]],
    ["the same name twice", [linear("x", "a"), linear("x", "b")], ["STAGE_TWICE 1 name"]],
    ["a circle", [linear("x", "y"), linear("y", "x"), linear(null, "x")], ["STAGE_CYCLE name"]],
    ["a stage that uses itself", [linear("x", "x", "a")], ["STAGE_CYCLE name"]],
    ["a name that is no text", ["name: 3\nmethod: linear\nparents: [{model: a}]\n"], ["STAGE_NAME_INVALID 0 name"]],
    ["a fault in one document", [linear("x", "a"), "method: lineer\nparents: [{model: x}]\n"], ["METHOD_UNKNOWN 1 method"]],
    ["broken syntax in one document", [linear("x", "a"), "method: [\n"], ["RECIPE_SYNTAX"]],
    ["65 documents", Array.from({ length: 65 }, (_, i) => linear(`n${i}`, "a")), ["RECIPE_TOO_LARGE"]],
  ])("is refused: %s", (_, documents, expected) => {
    expect(faultsOf(() => stages(...documents))).toEqual(expected);
  });
});
