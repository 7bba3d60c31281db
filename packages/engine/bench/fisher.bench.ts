import { createBert, type Network, parseBertConfig, selectBackend } from "@amalgam/engine/runtime";
import { diagonalFisher, type FisherEstimator, type StatisticExample } from "@amalgam/engine/statistics";
import { costOf, line } from "./side-by-side.ts";

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

/** Examples a second of processor time, the best of rounds in which both sides take turns: what else the machine does counts for neither. */
async function rates(network: Network, length: number, estimator: FisherEstimator): Promise<{ taps: number; loop: number }> {
  const best = { taps: 0, loop: 0 };
  const counts = { taps: 96, loop: 12 };
  for (let round = 0; round < 3; round++) {
    for (const by of ["taps", "loop"] as const) {
      const examples = texts(counts[by], length);
      const { cpu } = await costOf(() => diagonalFisher(network, examples, { estimator, by }));
      best[by] = Math.max(best[by], counts[by] / cpu);
    }
  }
  return best;
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
      const { taps, loop } = await rates(network, length, estimator);
      yield line("fisher", `${name}, ${length} tokens`, "examples/CPU-s", taps, "loop, one pass a label", loop);
    }
  }
  network.dispose();
}

export const benches = [{ name: "fisher", run: fisher }];
