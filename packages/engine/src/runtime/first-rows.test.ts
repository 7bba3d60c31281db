import { beforeAll, describe, expect, it } from "vitest";
import { selectBackend } from "./backend.ts";
import { type BertModel, createBert } from "./bert.ts";
import { parseBertConfig } from "./bert-config.ts";
import { withGradients } from "./gradients.ts";
import { tf } from "./tf.ts";
import { padBatch, type TokenBatch } from "./token-batch.ts";

const batch = padBatch([
  [2, 7, 9, 4, 3],
  [2, 5, 3],
  [2, 8, 8, 3],
]);

function model(layers: number): BertModel {
  const config = parseBertConfig(
    {
      model_type: "bert",
      vocab_size: 12,
      hidden_size: 8,
      num_hidden_layers: layers,
      num_attention_heads: 2,
      intermediate_size: 16,
      max_position_embeddings: 6,
      initializer_range: 0.5,
    },
    "config.json",
  );
  return createBert({ config, head: "classification", labels: 3, seed: 5 });
}

describe.each([0, 1, 3])("the pooled vectors of a BERT of %i layers, without the rest of the last one", (layers) => {
  beforeAll(async () => {
    await selectBackend("ort");
  });

  it("are those of the whole model", () => {
    const bert = model(layers);
    const [short, long] = tf.tidy(() => [bert.pooled(batch).arraySync(), bert.encode(batch).pooled.arraySync()]);
    expectNear(short.flat(), long.flat());
    bert.dispose();
  });

  it("have the same gradients", () => {
    const bert = model(layers);
    const short = gradientsOf(bert, (tokens) => bert.pooled(tokens));
    const long = gradientsOf(bert, (tokens) => bert.encode(tokens).pooled);
    expect(short.size).toBeGreaterThan(4);
    for (const [name, values] of long) expectNear([...(short.get(name) ?? [])], [...values]);
    bert.dispose();
  });
});

function gradientsOf(bert: BertModel, pooled: (tokens: TokenBatch) => tf.Tensor2D): Map<string, Float32Array> {
  const names = bert.parameters.names.filter((name) => name.startsWith("bert."));
  const found = new Map<string, Float32Array>();
  withGradients(
    bert.parameters,
    names,
    () => tf.sum(tf.square(tf.add(pooled(batch), 0.3))) as tf.Scalar,
    (_, gradients) => {
      for (const [name, gradient] of gradients) found.set(name, (gradient.dataSync() as Float32Array).slice());
    },
  );
  return found;
}

function expectNear(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs((actual[i] ?? Number.NaN) - value)).toBeLessThan(1e-5 + 1e-4 * Math.abs(value));
  });
}
