import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeFromF32, writeSafetensors } from "../src/formats/index.ts";
import { selectBackend } from "../src/runtime/index.ts";
import { saveTensors } from "../src/runtime/save-tensors.ts";
import {
  countExamples,
  estimatorSettings,
  forwardExamples,
  gramMatrices,
  inputFisher,
  openInputs,
  type StatisticRequest,
} from "../src/statistics/index.ts";
import { idsOf, letterTokenizer } from "./language-models.ts";

const golden = join(import.meta.dirname, "../src/runtime/golden");
let root = "";
const at = (name: string) => join(root, name);

beforeAll(async () => {
  await selectBackend("ort");
  root = await mkdtemp(join(tmpdir(), "statistic-inputs-"));
  for (const [name, template] of [
    ["t5", { after: [1] }],
    ["gpt2", {}],
  ] as const) {
    await cp(join(golden, name), at(name), { recursive: true });
    await writeFile(join(at(name), "tokenizer.json"), JSON.stringify(letterTokenizer(template)));
    await writeFile(join(at(name), "generation_config.json"), JSON.stringify({ eos_token_id: 1 }));
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

const lines = (...values: object[]) => new TextEncoder().encode(values.map((each) => JSON.stringify(each)).join("\n"));

/** Opens, measures true-label information and Gram matrices, and closes. */
async function measure(request: StatisticRequest) {
  const { network, input, truncated } = await openInputs(request);
  try {
    const fisher = await inputFisher(network, input, { estimator: { kind: "empirical" } });
    const gram = await gramMatrices(network, forwardExamples(input));
    expect([...fisher.values.values()].some((values) => values.some((value) => value > 0))).toBe(true);
    expect(gram.grams.size).toBeGreaterThan(0);
    return { input, truncated, fisher, head: network.head };
  } finally {
    network.dispose();
  }
}

describe("lines say what is asked", () => {
  test("texts of a causal model: every token after the first, begun by the token that ends texts", async () => {
    const { input, head, fisher } = await measure({ model: at("gpt2"), data: lines({ text: "abc" }, { text: "a cab" }) });
    expect(head).toBe("causal-language");
    expect(input).toMatchObject({
      asks: "tokens",
      examples: [{ input: [1, ...idsOf("ab")], targets: idsOf("abc"), positions: [0, 1, 2] }, {}],
    });
    expect(fisher.examples).toBe(2);
  });

  test("a text too long loses its end, and is counted", async () => {
    const { truncated, input } = await measure({ model: at("gpt2"), data: lines({ text: "ab".repeat(5000) }, { text: "ab" }) });
    expect(truncated).toBe(1);
    expect(countExamples(input)).toBe(2);
  });

  test("choices: each after its context, at the mean of its tokens", async () => {
    const data = lines({ context: "ab", choices: ["c", "de f"], answer: 1 });
    const { input } = await measure({ model: at("gpt2"), data });
    if (input.asks !== "choices") throw new Error("choices are asked");
    // What joins context and choice belongs to the choice.
    expect(input.questions[0]?.choices.map(({ targets }) => targets)).toEqual([idsOf(" c"), idsOf(" de f")]);
    expect(input.questions[0]?.answer).toBe(1);
    expect(estimatorSettings({ kind: "exact" }, input)).toEqual({ asks: "choices", likelihood: "mean" });
  });

  test("input and target of an encoder-decoder; the limit takes the first", async () => {
    const data = lines({ input: "abc", target: "de" }, { input: "x", target: "y" });
    const { input, head } = await measure({ model: at("t5"), data, limit: 1 });
    expect(head).toBe("sequence-to-sequence");
    expect(input).toMatchObject({ asks: "tokens", examples: [{ source: [...idsOf("abc"), 1], targets: [...idsOf("de"), 1] }] });
    expect(countExamples(input)).toBe(1);
  });

  test("the exact expectation over texts is refused", async () => {
    const { network, input } = await openInputs({ model: at("gpt2"), data: lines({ text: "abc" }) });
    expect(() => inputFisher(network, input, { estimator: { kind: "exact" } })).toThrow("over all texts nobody can take it");
    network.dispose();
  });
});

describe("files of tensors", () => {
  const labels = (values: readonly number[]) => ({
    ...{ name: "labels", dtype: "I64" as const, shape: [values.length] },
    data: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  });
  const write = async (name: string, tensor: "features" | "images", shape: number[], marks: readonly number[]) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => Math.sin(index));
    const parts: Uint8Array[] = [];
    const data = [{ name: tensor, dtype: "F32" as const, shape, data: encodeFromF32("F32", values) }, labels(marks)];
    await writeSafetensors({ write: async (bytes) => void parts.push(bytes.slice()) }, data, new Map());
    await writeFile(at(name), Buffer.concat(parts));
    return at(name);
  };

  test("rows of features", async () => {
    const tensor = (shape: number[]) => ({
      shape,
      values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => Math.cos(index)),
    });
    const folder = await mkdtemp(join(root, "mlp-"));
    await writeFile(
      join(folder, "config.json"),
      JSON.stringify({ model_type: "mlp", input_size: 3, hidden_sizes: [4], num_labels: 2 }),
    );
    const tensors = ["layers.0.weight", "layers.0.bias", "classifier.weight", "classifier.bias"];
    const shapes = [[4, 3], [4], [2, 4], [2]];
    await saveTensors(
      join(folder, "model.safetensors"),
      tensors.map((name, index) => [name, tensor(shapes[index] ?? [])] as const),
      new Map(),
    );
    const data = await write("rows.safetensors", "features", [5, 3], [0, 1, 1, 0, 1]);
    const { input, fisher } = await measure({ model: folder, data, limit: 4 });
    expect(input).toMatchObject({ asks: "labels", examples: [{ label: 0 }, { label: 1 }, { label: 1 }, { label: 0 }] });
    expect([...fisher.values.keys()]).toEqual(["layers.0.weight", "layers.0.bias"]);
    await expect(openInputs({ model: at("t5"), data })).rejects.toThrow("no head for lines with labels");
    const images = await write("flat.safetensors", "images", [1, 2, 2, 1], [0]);
    await expect(openInputs({ model: folder, data: images })).rejects.toThrow('has no tensor "features"');
  });

  test("images of a network that takes any size need not be square", async () => {
    const data = await write("images.safetensors", "images", [2, 24, 16, 3], [0, 1]);
    const { input } = await measure({ model: join(golden, "resnet-basic"), data });
    expect(input).toMatchObject({ asks: "labels", examples: [{ shape: [24, 16] }, { shape: [24, 16] }] });
    const grey = await write("grey.safetensors", "images", [1, 24, 16, 1], [0]);
    const refusal = "grey.safetensors: an example has the shape [24, 16, 1]";
    await expect(openInputs({ model: join(golden, "resnet-basic"), data: grey })).rejects.toThrow(refusal);
  });
});
