import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { openNetwork, selectBackend, type TextNetwork, tf, withGradients } from "../runtime/index.ts";
import { softmax } from "./label-factors.ts";
import { choiceFisher, languageFisher } from "./language-fisher.ts";
import { collateTokens, continuation, type TokenExample } from "./token-example.ts";

beforeAll(() => selectBackend("ort"));

const golden = join(import.meta.dirname, "../runtime/golden");
const open = async (): Promise<TextNetwork> => {
  const network = await openNetwork(join(golden, "gpt2"));
  if (network.input !== "tokens") throw new Error("gpt2 takes tokens");
  return network;
};

/** Log-likelihood of an example's targets and its gradients, by nothing but TensorFlow.js' own operations. */
function likelihood(network: TextNetwork, example: TokenExample): { value: number; gradients: Map<string, Float32Array> } {
  const { logits } = collateTokens(network, [example]);
  const loss = () => {
    const hot = tf.oneHot(tf.tensor1d([...example.targets], "int32"), network.outputs);
    return tf.sum(tf.mul(tf.logSoftmax(logits()), hot)) as tf.Scalar;
  };
  return withGradients(network.parameters, network.parameters.names, loss, (value, gradients) => ({
    value: value.dataSync()[0] ?? Number.NaN,
    gradients: new Map([...gradients].map(([name, gradient]) => [name, (gradient.dataSync() as Float32Array).slice()])),
  }));
}

function expectSame(
  found: ReadonlyMap<string, Float32Array>,
  wanted: (name: string, at: number) => number,
  tolerance: number,
): void {
  for (const [name, values] of found) {
    const all = Array.from(values, (_, at) => wanted(name, at));
    const scale = Math.max(1e-7, ...all);
    values.forEach((value, at) => {
      if (!(Math.abs(value - (all[at] ?? 0)) <= tolerance * scale)) expect.fail(`${name}[${at}]: ${value}, not ${all[at]}`);
    });
  }
}

const texts = [
  [1, 5, 9, 2],
  [3, 3, 8],
].map((tokens) => continuation(tokens));

describe("texts", () => {
  test("empirical: the mean over texts of (∂ Σⱼ ln p(tⱼ))²; with the mean over tokens, 1/L² of it", async () => {
    const network = await open();
    const singles = texts.map((example) => likelihood(network, example).gradients);
    const squares = (weights: number[]) => (name: string, at: number) =>
      singles.reduce((sum, gradients, index) => sum + ((weights[index] ?? 0) * (gradients.get(name)?.[at] ?? 0)) ** 2 / 2, 0);
    const options = { estimator: { kind: "empirical" }, names: network.parameters.names } as const;
    expectSame((await languageFisher(network, texts, options)).values, squares([1, 1]), 1e-4);
    expectSame((await languageFisher(network, texts, { ...options, likelihood: "mean" })).values, squares([1 / 3, 1 / 2]), 1e-4);
    network.dispose();
  });

  test("sampled does not depend on the batch, and changes with the seed", async () => {
    const network = await open();
    const of = (batch: number, seed: number) =>
      languageFisher(network, texts, { estimator: { kind: "sampled", draws: 3, seed }, batch });
    const [one, four, other] = [await of(1, 7), await of(4, 7), await of(4, 8)];
    expectSame(four.values, (name, at) => one.values.get(name)?.[at] ?? 0, 1e-5);
    expect(other.values.get("transformer.ln_f.bias")).not.toEqual(four.values.get("transformer.ln_f.bias"));
    expect(four.passes).toBe(6);
    network.dispose();
  });
});

describe("choices", () => {
  const prompt = [1, 5, 9];
  const choices = [[2], [7, 4], [3, 3, 8]].map((choice) => continuation([...prompt, ...choice], prompt.length));

  test("exact: Σ_c q_c (∂ℓ_c)², ℓ the mean over the choice's tokens and q = softmax(ℓ); empirical takes the answer alone", async () => {
    const network = await open();
    const lengths = [1, 2, 3];
    const singles = choices.map((example) => likelihood(network, example));
    const q = softmax(singles.map(({ value }, c) => value / (lengths[c] ?? 1)));
    const square = (name: string, at: number, c: number) =>
      ((singles[c]?.gradients.get(name)?.[at] ?? 0) / (lengths[c] ?? 1)) ** 2;
    const names = network.parameters.names;
    const exact = await choiceFisher(network, [{ choices }], { estimator: { kind: "exact" }, names });
    expectSame(exact.values, (name, at) => lengths.reduce((sum, _, c) => sum + (q[c] ?? 0) * square(name, at, c), 0), 1e-4);
    const right = await choiceFisher(network, [{ choices, answer: 1 }], { estimator: { kind: "empirical" }, names });
    expectSame(right.values, (name, at) => square(name, at, 1), 1e-4);
    const drawn = await choiceFisher(network, [{ choices }], { estimator: { kind: "sampled", draws: 4000, seed: 3 }, names });
    expectSame(drawn.values, (name, at) => exact.values.get(name)?.[at] ?? 0, 0.1);
    network.dispose();
  });

  test("refused by name", async () => {
    const network = await open();
    const empirical = { estimator: { kind: "empirical" } } as const;
    await expect(choiceFisher(network, [{ choices, answer: 3 }], empirical)).rejects.toThrow(
      "Question 0 has the answer 3; it has 3 choices.",
    );
    await expect(languageFisher(network, [], empirical)).rejects.toThrow("at least one example");
    await expect(languageFisher(network, [{ input: [1], positions: [], targets: [] }], empirical)).rejects.toThrow(
      "Example 0 asks for 0 tokens",
    );
    const bert = await openNetwork(join(golden, "classification"));
    await expect(languageFisher(bert, texts, empirical)).rejects.toThrow("bert with a classification head says no tokens");
    network.dispose();
    bert.dispose();
  });
});
