import {
  createBert,
  createTrainer,
  maskedLanguageLoss,
  padBatch,
  parseBertConfig,
  predictLabels,
  selectBackend,
} from "@amalgam/engine/runtime";

const texts = 32;
const length = 32;
const vocabulary = 6000;
const rounds = 9;

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
  "bert.bench.ts",
);

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** CPU milliseconds a text. */
async function cost(step: () => Promise<unknown> | unknown, repetitions: number): Promise<number> {
  await step();
  const times: number[] = [];
  for (let round = 0; round < repetitions; round++) {
    const before = process.cpuUsage();
    await step();
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000 / texts);
  }
  return median(times);
}

async function measure(backend: "ort" | "wasm", repetitions: number): Promise<{ forward: number; train: number }> {
  await selectBackend(backend);
  const batch = padBatch(
    Array.from({ length: texts }, (_, row) => Array.from({ length }, (_unused, at) => (row * 31 + at * 17) % vocabulary)),
  );
  const masked = Math.round(texts * length * 0.15);
  const positions = Int32Array.from({ length: masked }, (_, index) => Math.floor(index / 0.15));
  const labels = Int32Array.from({ length: masked }, (_, index) => (index * 13) % vocabulary);
  const classifier = createBert({ config, head: "classification", labels: 4, seed: 1 });
  const model = createBert({ config, head: "masked-language", seed: 1 });
  const trainer = createTrainer(model.parameters, { peakLearningRate: 1e-3, warmupSteps: 10, totalSteps: 1000 });
  const forward = await cost(() => predictLabels(classifier, batch), repetitions);
  const train = await cost(
    () => trainer.step(() => maskedLanguageLoss(model, model.encode(batch), { positions, labels })),
    repetitions,
  );
  model.dispose();
  classifier.dispose();
  return { forward, train };
}

/** A BERT of 4 layers, width 128, on texts of 32 tokens: our backend against TensorFlow.js' own WebAssembly one. */
async function* bert() {
  const ort = await measure("ort", rounds);
  const wasm = await measure("wasm", 1);
  const line = (metric: string, value: number, referenceValue: number) => ({
    bench: "bert",
    metric,
    value,
    unit: "CPU-ms/text",
    reference: "tfjs-backend-wasm",
    referenceValue,
    ratio: value / referenceValue,
  });
  yield line("forward, 32 tokens", ort.forward, wasm.forward);
  yield line("training step, 32 tokens", ort.train, wasm.train);
}

export const benches = [{ name: "bert", run: bert }];
