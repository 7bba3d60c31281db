import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GroupChoice, groupsOf } from "./df-groups.ts";

const trunk = [
  "bert.embeddings.word_embeddings.weight",
  ...Array.from({ length: 12 }, (_, layer) => [
    `bert.encoder.layer.${layer}.attention.weight`,
    `bert.encoder.layer.${layer}.output.bias`,
  ]).flat(),
  "bert.pooler.dense.weight",
];

/** The first case that is a part of the name, as recipes read them. */
function valueAt(setting: ReturnType<ReturnType<typeof groupsOf>["settingOf"]>, tensor: string): number | undefined {
  if (typeof setting === "number") return setting;
  return setting.find(({ filter }) => filter === undefined || tensor.includes(filter))?.value;
}

describe("groups of tensors", () => {
  test.each<[string, GroupChoice]>([
    ["the whole model", "model"],
    ["blocks of layers", 3],
    ["more blocks than layers", 40],
    ["kinds", ["attention", "embeddings"]],
  ])("what a recipe says is what the search has used: %s", (_, choice) => {
    const groups = groupsOf(choice, trunk);
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: groups.names.length, maxLength: groups.names.length }), (values) => {
        const setting = groups.settingOf(values);
        for (const tensor of trunk) expect(valueAt(setting, tensor)).toBe(values[groups.of(tensor)]);
      }),
    );
  });

  test("blocks are consecutive and equally deep; what is around the layers goes with the nearest", () => {
    const { of, names } = groupsOf(3, trunk);
    expect(names).toHaveLength(3);
    expect(Array.from({ length: 12 }, (_, layer) => of(`bert.encoder.layer.${layer}.attention.weight`))).toEqual([
      0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2,
    ]);
    expect([of("bert.embeddings.word_embeddings.weight"), of("bert.pooler.dense.weight")]).toEqual([0, 2]);
  });
});
