import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { loadBert, loadTokenizer, maskedLanguageLoss, padBatch, selectBackend, tf, withGradients } from "../../runtime/index.ts";
import { forwardExamples, gramMatrices, inputFisher, type OpenInputs, openInputs, type TokenExample } from "../index.ts";
import { maskTokens } from "./mask-tokens.ts";

const model = join(import.meta.dirname, "../../../../../examples/six-tasks/fixtures/base");
const texts = [
  "The cook stirs the soup and calls for more salt.",
  "A small boat.",
  "They walked along the river until the light was gone, and none of them said a word.",
];
const data = Buffer.from(texts.map((text) => JSON.stringify({ text })).join("\n"));

beforeAll(() => selectBackend("ort"));

async function opened(share = 0.15, seed = 3): Promise<OpenInputs & { readonly examples: readonly TokenExample[] }> {
  const found = await openInputs({ model, data, masks: { share, seed } });
  if (found.input.asks !== "tokens") throw new Error("Texts ask for tokens.");
  return { ...found, examples: found.input.examples };
}

test("round(share · n) tokens of any text are hidden, at least one, never a special one; with their targets put back it is the text", () => {
  const ids = fc.array(fc.integer({ min: 10, max: 99 }), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(ids, fc.double({ min: 0.01, max: 1, noNaN: true }), fc.nat(1000), fc.nat(1000), (plain, share, seed, index) => {
      const whole = [2, ...plain, 3];
      const { input, positions, targets } = maskTokens(whole, { ...{ before: 1, after: 1, maskId: 4 }, index, share, seed });
      expect(positions).toHaveLength(Math.max(1, Math.round(share * plain.length)));
      expect(new Set(positions).size).toBe(positions.length);
      const restored = input.map((id, at) => (id === 4 ? targets[positions.indexOf(at)] : id));
      expect(restored).toEqual(whole);
    }),
  );
});

test("every token is as likely to be hidden as any other", () => {
  const hidden = new Array<number>(20).fill(0);
  const whole = Array.from({ length: 20 }, (_, at) => at + 10);
  for (let index = 0; index < 2000; index++)
    for (const at of maskTokens(whole, { ...{ before: 0, after: 0, maskId: 4, share: 0.15, seed: 1 }, index }).positions)
      hidden[at] = (hidden[at] ?? 0) + 1;
  // 300 expected of each, with a deviation of 16.
  for (const count of hidden) expect(Math.abs(count - 300)).toBeLessThan(80);
});

test("a checkpoint's texts: its own mask token, the same tokens for the same seed, others for another", async () => {
  const [one, again, other] = [await opened(), await opened(), await opened(0.15, 4)];
  const tokenizer = await loadTokenizer(model);
  expect(one.network.head).toBe("masked-language");
  one.examples.forEach(({ input, positions, targets }, index) => {
    const whole = [...input];
    positions.forEach((at, k) => {
      expect(whole[at]).toBe(tokenizer.idOf("[MASK]"));
      whole[at] = targets[k] ?? -1;
    });
    expect(whole).toEqual(tokenizer.encode(texts[index] ?? "", 64));
  });
  expect(again.examples).toEqual(one.examples);
  expect(other.examples).not.toEqual(one.examples);
  for (const { network } of [one, again, other]) network.dispose();
});

describe("statistics", () => {
  test("empirical Fisher information: text by text, the squared gradient of the masked-language loss times its tokens", async () => {
    const { network, input, examples } = await opened();
    const found = await inputFisher(network, input, { estimator: { kind: "empirical" } });
    network.dispose();
    const bert = await loadBert(model, { head: "masked-language" });
    const names = [...found.values.keys()];
    const sums = new Map(names.map((name) => [name, new Float64Array(found.values.get(name)?.length ?? 0)]));
    for (const { input: ids, positions, targets } of examples) {
      const places = { positions: Int32Array.from(positions), labels: Int32Array.from(targets) };
      const loss = () => tf.mul(maskedLanguageLoss(bert, bert.encode(padBatch([ids])), places), -positions.length) as tf.Scalar;
      withGradients(bert.parameters, names, loss, (_, gradients) => {
        for (const [name, gradient] of gradients) {
          const [sum, values] = [sums.get(name) ?? new Float64Array(), gradient.dataSync()];
          for (let p = 0; p < sum.length; p++) sum[p] = (sum[p] ?? 0) + (values[p] ?? 0) ** 2 / examples.length;
        }
      });
    }
    bert.dispose();
    expect(names).toContain("bert.embeddings.word_embeddings.weight");
    expect(names.filter((name) => name.startsWith("cls."))).toEqual([]);
    for (const [name, wanted] of sums) {
      const values = found.values.get(name) ?? new Float32Array();
      const off = wanted.reduce((sum, value, p) => sum + Math.abs(value - (values[p] ?? Number.NaN)), 0);
      expect(off, name).toBeLessThan(1e-4 * wanted.reduce((sum, value) => sum + value, 1e-9));
    }
  }, 60_000);

  test("exact information over a vocabulary is refused with what to use; a text of nothing by its number", async () => {
    const { network, input } = await opened();
    expect(() => inputFisher(network, input, { estimator: { kind: "exact" } })).toThrow("use sampled or empirical");
    network.dispose();
    expect(() => maskTokens([2, 3], { ...{ before: 1, after: 1, maskId: 4, index: 6 }, share: 0.15, seed: 0 })).toThrow(
      "Example 7 has no token to mask.",
    );
  });

  test("Gram matrices are of every token, masked ones as the mask: those of the first layer from its embeddings by hand", async () => {
    const { network, input, examples } = await opened();
    const { grams, tables } = await gramMatrices(network, forwardExamples(input));
    const rows = examples.flatMap(({ input: ids }) => ids.map((id, at) => ({ id, at })));
    const table = (name: string) => network.parameters.values(`bert.embeddings.${name}`);
    const [words, places, types] = ["word", "position", "token_type"].map((name) => table(`${name}_embeddings.weight`));
    const [scale, shift] = [table("LayerNorm.weight"), table("LayerNorm.bias")];
    const width = scale.length;
    const vectors = rows.map(({ id, at }) => {
      const sum = Array.from(
        { length: width },
        (_, j) => (words?.[id * width + j] ?? 0) + (places?.[at * width + j] ?? 0) + (types?.[j] ?? 0),
      );
      const mean = sum.reduce((all, x) => all + x, 0) / width;
      const spread = Math.sqrt(sum.reduce((all, x) => all + (x - mean) ** 2, 0) / width + 1e-12);
      return sum.map((x, j) => ((x - mean) / spread) * (scale[j] ?? 0) + (shift[j] ?? 0));
    });
    const gram = grams.get("bert.encoder.layer.0.attention.self.query.weight");
    expect(gram?.rows).toBe(rows.length);
    for (let i = 0; i < width; i += 7)
      for (let j = 0; j < width; j += 5) {
        const wanted = vectors.reduce((sum, x) => sum + (x[i] ?? 0) * (x[j] ?? 0), 0) / rows.length;
        expect(Math.abs((gram?.values[i * width + j] ?? Number.NaN) - wanted)).toBeLessThan(1e-4);
      }
    const masked = examples.reduce((sum, { positions }) => sum + positions.length, 0);
    const shares = tables.get("bert.embeddings.word_embeddings.weight");
    const maskId = examples[0]?.input[examples[0].positions[0] ?? 0] ?? 0;
    expect(shares?.[maskId]).toBeCloseTo(masked / rows.length, 9);
    network.dispose();
  });
});
