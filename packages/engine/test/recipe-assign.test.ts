import { describe, expect, it } from "vitest";
import { assignTensors } from "../src/merge/assign-tensors.ts";
import type { CheckpointHeader } from "../src/merge/checkpoint-header.ts";
import { isBeforeLayers, layerCountKeys, restackedConfig } from "../src/merge/layer-stack.ts";
import { parseRecipe } from "../src/merge/recipe.ts";

const parts = ["self_attn.q_proj.weight", "mlp.up_proj.weight", "input_layernorm.weight"];
const header = (label: string, names: readonly string[], config: CheckpointHeader["config"] = null): CheckpointHeader => ({
  label,
  config,
  space: "weights",
  tensors: names.map((name) => ({ name, dtype: "F32", shape: [2, 2] })),
});
const layersOf = (count: number, stack = "model.layers") =>
  Array.from({ length: count }, (_, i) => parts.map((part) => `${stack}.${i}.${part}`)).flat();
const llama = (label: string, layers: number) =>
  header(label, ["model.embed_tokens.weight", ...layersOf(layers), "model.norm.weight", "lm_head.weight"], {
    num_hidden_layers: layers,
  });

const assign = (value: unknown, parents: readonly CheckpointHeader[], base: CheckpointHeader | null = null) =>
  assignTensors(parseRecipe(value), { base, parents });
const faults = (value: unknown, parents: readonly CheckpointHeader[], base: CheckpointHeader | null = null) =>
  assign(value, parents, base).faults.map(({ code, path }) => [code, ...path].join(" "));

describe("a recipe without slices", () => {
  const slerp = {
    method: "slerp",
    parents: [{ model: "a" }, { model: "b" }],
    parameters: { t: [{ filter: "self_attn", value: [0, 0.25, 1] }, { filter: "mlp", value: [1, 0] }, { value: 0.5 }] },
  };

  it("gives every tensor its values, as in mergekit", () => {
    const { assignments, layers, faults: none } = assign(slerp, [llama("a", 5), llama("b", 5)]);
    expect([none, layers]).toEqual([[], null]);
    const t = (part: string) => assignments.filter(({ name }) => name.includes(part)).map(({ parameters }) => parameters["t"]);
    expect(t("self_attn")).toEqual([0, 0.125, 0.25, 0.625, 1]);
    expect(t("mlp")).toEqual([1, 0.75, 0.5, 0.25, 0]);
    expect([t("embed"), t("model.norm"), t("lm_head"), t("layernorm")].flat().every((value) => value === 0.5)).toBe(true);
    expect(assignments.map(({ name }) => name)).toEqual(llama("a", 5).tensors.map(({ name }) => name));
    expect(assignments[3]).toMatchObject({ base: null, parents: [{ index: 0, tensor: assignments[3]?.name }, { index: 1 }] });
  });

  it("counts encoder and decoder apart, a single layer as the last, and what is outside as the first", () => {
    const names = [
      "shared.weight",
      ...layersOf(3, "encoder.block"),
      ...layersOf(2, "decoder.block"),
      ...layersOf(1, "head"),
      "0.bias",
    ];
    const { assignments } = assign({ method: "linear", parents: [{ model: "a", weight: [1, 2] }] }, [header("a", names)]);
    const weights = Object.fromEntries(assignments.map(({ name, parents }) => [name, parents[0]?.own["weight"]]));
    const q = parts[0];
    expect([0, 1, 2].map((i) => weights[`encoder.block.${i}.${q}`])).toEqual([1, 1.5, 2]);
    expect([0, 1].map((i) => weights[`decoder.block.${i}.${q}`])).toEqual([1, 2]);
    expect([weights[`head.0.${q}`], weights["0.bias"], weights["shared.weight"]]).toEqual([2, 2, 1]);
  });

  it("takes names and order from the base", () => {
    const base = llama("x", 1);
    const { assignments } = assign({ method: "task_arithmetic", base: "x", parents: [{ model: "a" }] }, [llama("a", 2)], base);
    expect(assignments.map(({ base: tensor }) => tensor)).toEqual(base.tensors.map(({ name }) => name));
  });

  it("lets the method judge what varies, where it occurs", () => {
    const cancel = {
      method: "linear",
      parents: [
        { model: "a", weight: [1, 0] },
        { model: "b", weight: [1, 0] },
      ],
    };
    const found = assign(cancel, [llama("a", 3), llama("b", 3)]).faults;
    expect(found.map(({ code }) => code)).toEqual(["WEIGHTS_SUM_ZERO"]);
    expect(found[0]?.message).toMatch(/^At tensor model\.layers\.2\./);
  });

  it("may begin a gradient at 0, but not have a weight of 0 everywhere", () => {
    const ta = (weight: unknown) => ({ method: "task_arithmetic", base: "x", parents: [{ model: "a", weight }] });
    expect(faults(ta([0, 1]), [llama("a", 3)], llama("x", 3))).toEqual([]);
    expect(faults(ta([0, 0]), [llama("a", 3)], llama("x", 3))).toEqual(["WEIGHTS_ALL_ZERO parents"]);
  });

  it("covers 720 tensors of 8 parents whose settings vary", () => {
    const weight = [{ filter: "q_proj", value: [0.1, 0.5, 1] }, { filter: "mlp", value: [1, 0.1] }, { value: 0.5 }];
    const parents = Array.from({ length: 8 }, (_, i) => ({ model: `m${i}`, weight }));
    const recipe = parseRecipe({ method: "linear", parents });
    const model = llama("a", 239);
    const { assignments, faults: none } = assignTensors(recipe, { base: null, parents: parents.map(() => model) });
    expect([assignments.length, none]).toEqual([720, []]);
  });
});

describe("slices", () => {
  const stack = (first: number[], second: number[], more = {}) => ({
    method: "passthrough",
    slices: [{ sources: [{ model: "a", layers: first }] }, { sources: [{ model: "b", layers: second, ...more }] }],
  });

  it("stack layers and number them anew; embeddings are of the first slice, norm and head of the last", () => {
    const value = stack([0, 3], [1, 4], { scale: [{ filter: "q_proj", value: [1, 2] }] });
    const { assignments, layers, layerOrder, faults: none } = assign(value, [llama("a", 4), llama("b", 4)]);
    expect([none, layers, layerOrder]).toEqual([[], 6, [0, 1, 2, 1, 2, 3]]);
    const from = (name: string) => assignments.find((each) => each.name === name)?.parents;
    expect(from("model.embed_tokens.weight")).toEqual([{ index: 0, tensor: "model.embed_tokens.weight", own: { scale: 1 } }]);
    expect(from("model.layers.2.mlp.up_proj.weight")).toMatchObject([{ index: 0, tensor: "model.layers.2.mlp.up_proj.weight" }]);
    expect(from("model.layers.4.self_attn.q_proj.weight")).toEqual([
      { index: 1, tensor: "model.layers.2.self_attn.q_proj.weight", own: { scale: 1.5 } },
    ]);
    expect(from("model.norm.weight")).toMatchObject([{ index: 1 }]);
    expect(from("lm_head.weight")).toMatchObject([{ index: 1 }]);
    expect(assignments).toHaveLength(6 * parts.length + 3);
  });

  it("keep settings in order: source, slice or parent, recipe, default", () => {
    const layers = [0, 2];
    const value = {
      method: "task_arithmetic",
      base: "x",
      parents: [
        { model: "a", weight: 0.3 },
        { model: "b", weight: 0.4 },
      ],
      parameters: { lambda: [{ filter: "mlp", value: 0.9 }] },
      slices: [
        {
          sources: [
            { model: "a", layers, weight: [{ filter: "q_proj", value: 0.7 }] },
            { model: "b", layers },
            { model: "x", layers: [2, 4] },
          ],
        },
        { sources: [{ model: "b", layers }], parameters: { lambda: 0.5 } },
      ],
    };
    const { assignments, faults: none } = assign(value, [llama("a", 4), llama("b", 4)], llama("x", 4));
    expect(none).toEqual([]);
    const at = (name: string) => assignments.find((each) => each.name === `model.layers.${name}.weight`);
    expect(at("0.self_attn.q_proj")).toEqual({
      name: "model.layers.0.self_attn.q_proj.weight",
      base: "model.layers.2.self_attn.q_proj.weight",
      parents: [
        { index: 0, tensor: "model.layers.0.self_attn.q_proj.weight", own: { weight: 0.7 } },
        { index: 1, tensor: "model.layers.0.self_attn.q_proj.weight", own: { weight: 0.4 } },
      ],
      parameters: { lambda: 0.3, normalize: false },
    });
    expect(at("1.mlp.up_proj")).toMatchObject({ parents: [{ own: { weight: 0.3 } }, { index: 1 }], parameters: { lambda: 0.9 } });
    expect(at("3.mlp.up_proj")).toMatchObject({
      base: "model.layers.1.mlp.up_proj.weight",
      parents: [{ index: 1 }],
      parameters: { lambda: 0.5 },
    });
  });

  it.each<[string, unknown, readonly CheckpointHeader[], string[]]>([
    [
      "layers that the model lacks",
      stack([0, 3], [2, 5]),
      [llama("a", 4), llama("b", 4)],
      ["LAYERS_OUTSIDE slices 1 sources 0 layers"],
    ],
    [
      "a model without layers",
      stack([0, 1], [0, 1]),
      [llama("a", 4), header("b", ["w", "classifier.0.weight"])],
      ["SLICES_UNSUPPORTED slices"],
    ],
    [
      "a model with two stacks",
      stack([0, 1], [0, 1]),
      [llama("a", 4), header("b", [...layersOf(2, "encoder.block"), ...layersOf(2, "decoder.block")])],
      ["SLICES_UNSUPPORTED slices"],
    ],
  ])("are refused: %s", (_, value, headers, expected) => {
    expect(faults(value, headers)).toEqual(expected);
  });

  it("may overlap", () => {
    expect(faults(stack([0, 4], [0, 4]), [llama("a", 4), llama("b", 4)])).toEqual([]);
  });

  it("change the config where it counts layers", () => {
    expect(layerCountKeys({ n_layer: 12, hidden_size: 4 })).toEqual(["n_layer"]);
    expect(layerCountKeys(null)).toEqual([]);
    const config = { num_hidden_layers: 3, layer_types: ["full", "sliding", "full"], eos: [1, 2] };
    expect(restackedConfig(config, [0, 1, 1, 2])).toEqual({
      num_hidden_layers: 4,
      layer_types: ["full", "sliding", "sliding", "full"],
      eos: [1, 2],
    });
  });

  it("know what acts before the layers", () => {
    const early = [
      "model.embed_tokens.weight",
      "transformer.wte.weight",
      "bert.embeddings.LayerNorm.bias",
      "shared.weight",
      "word_embeddings.weight",
    ];
    const late = [
      "lm_head.weight",
      "model.norm.weight",
      "transformer.ln_f.bias",
      "bert.pooler.dense.weight",
      "embed_out.weight",
      "classifier.0.weight",
      "score.weight",
    ];
    expect([early.every(isBeforeLayers), late.some(isBeforeLayers)]).toEqual([true, false]);
  });
});
