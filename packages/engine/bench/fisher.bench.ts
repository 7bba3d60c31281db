import { createBert, type Network, parseBertConfig, selectBackend } from "@amalgam/engine/runtime";
import { diagonalFisher, type FisherEstimator, type StatisticExample } from "@amalgam/engine/statistics";
import { line } from "./side-by-side.ts";

const labels = 8;
const vocabulary = 6000;

const config = parseBertConfig(
  {
    model_type: "bert",
    vocab_size: vocabulary,
    hidden_size: 128,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    intermediate_size: 512,
    max_position_embeddings: 64,
  },
  "fisher.bench.ts",
);

function classifier(): Network {
  const model = createBert({ config, head: "classification", labels, seed: 1 });
  // Scores of a head that was trained: some texts are clear cases, others not.
  const head = model.parameters.values("classifier.weight");
  head.forEach((value, at) => {
    head[at] = 40 * value;
  });
  return {
    architecture: "bert",
    input: "tokens",
    head: "classification",
    outputs: labels,
    vocabularySize: vocabulary,
    maxLength: 64,
    parameters: model.parameters,
    layers: model.layers,
    logits: (batch) => model.classLogits(model.encode(batch)),
    dispose: () => model.dispose(),
  };
}

const texts = (count: number, length: number): StatisticExample[] =>
  Array.from({ length: count }, (_, row) => ({
    input: Array.from({ length }, (_unused, at) => (row * 31 + at * 17 + ((row * at) % 13)) % vocabulary),
    label: row % labels,
  }));

/** Examples a second, the faster of two runs: the first one also makes the graphs of the backend. */
async function rate(network: Network, count: number, length: number, estimator: FisherEstimator, by: "taps" | "loop") {
  const runs: number[] = [];
  for (let run = 0; run < 2; run++) {
    const { seconds } = await diagonalFisher(network, texts(count, length), { estimator, by });
    runs.push(count / seconds);
  }
  return Math.max(...runs);
}

/** A BERT of 4 layers, width 128, 8 labels (1.6 M parameters): taps and factors against one backward pass for each example and label. */
async function* fisher() {
  await selectBackend();
  const network = classifier();
  for (const length of [16, 64]) {
    for (const [name, estimator] of [
      ["exact over 8 labels", { kind: "exact" }],
      ["true label", { kind: "empirical" }],
    ] as const) {
      const taps = await rate(network, 96, length, estimator, "taps");
      const loop = await rate(network, 12, length, estimator, "loop");
      yield line("fisher", `${name}, ${length} tokens`, "examples/s", taps, "loop, one pass a label", loop);
    }
  }
  network.dispose();
}

export const benches = [{ name: "fisher", run: fisher }];
