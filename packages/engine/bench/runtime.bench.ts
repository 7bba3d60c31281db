import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { classificationLoss, createBert, parseBertConfig, selectBackend, tf, withGradients } from "@amalgam/engine/runtime";
import { referenceSession, Tensor } from "../../tfjs-backend-ort/bench/reference-session.ts";
import { bertGraph } from "./bert-graph.ts";
import { alternate, costLines, costOf, type Line, line, median, skip } from "./side-by-side.ts";
import { syntheticBatch } from "./synthetic-batch.ts";
import { PythonProcess, pythonWithTorch } from "./torch-process.ts";

const local = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const labelCount = 4;

const small = { vocabulary: 1000, width: 128, layers: 4, heads: 4, wide: 512, length: 64, labels: labelCount, batch: 32 };
const smallConfig = parseBertConfig(
  {
    model_type: "bert",
    vocab_size: small.vocabulary,
    hidden_size: small.width,
    num_hidden_layers: small.layers,
    num_attention_heads: small.heads,
    intermediate_size: small.wide,
    max_position_embeddings: small.length,
  },
  "runtime.bench.ts",
);
const baseConfig = parseBertConfig(
  {
    model_type: "bert",
    vocab_size: 30522,
    hidden_size: 768,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    intermediate_size: 3072,
    max_position_embeddings: 512,
  },
  "runtime.bench.ts",
);
const base = { batch: 8, length: 128 };

/** Value and all gradients of a small encoder, against PyTorch on one thread. */
async function* training(): AsyncIterable<Line> {
  const python = pythonWithTorch();
  if (python === null) return skip("PyTorch: set AMALGAM_PYTHON to the path of a Python that has it.");
  await selectBackend("ort");
  const model = createBert({ config: smallConfig, head: "classification", labels: labelCount, seed: 1 });
  const { batch, labels } = syntheticBatch(small.batch, small.length, small.vocabulary, labelCount);
  const step = async () =>
    withGradients(
      model.parameters,
      model.parameters.names,
      () => classificationLoss(model, model.encode(batch), labels),
      () => undefined,
    );
  const torch = new PythonProcess(python, local("./torch-encoder.py"), small);
  const sides = { ours: () => costOf(step), theirs: () => torch.work() };
  await alternate(sides, 3);
  const costs = await alternate(sides, 31);
  torch.stop();
  model.dispose();
  yield* costLines(
    "runtime",
    "encoder d 128, 4 layers, 32 × 64 tokens, forward and backward",
    costs.ours,
    "PyTorch",
    costs.theirs,
  );
}

/** Logits of a BERT-base, against ONNX Runtime given the model as one graph. */
async function* inference(): AsyncIterable<Line> {
  await selectBackend("ort");
  const model = createBert({ config: baseConfig, head: "classification", labels: labelCount, seed: 1 });
  const { batch } = syntheticBatch(base.batch, base.length, baseConfig.vocab_size, labelCount);
  const graph = bertGraph(baseConfig, model.parameters, base.batch, base.length);
  const session = await referenceSession(graph);
  const rows = batch.ids.length;
  const integers = (value: (row: number) => number) =>
    new Tensor(
      "int64",
      BigInt64Array.from({ length: rows }, (_, row) => BigInt(value(row))),
      [rows],
    );
  const feeds = {
    ids: integers((row) => batch.ids[row] ?? 0),
    positions: integers((row) => row % base.length),
    mask: new Tensor("float32", new Float32Array(rows), [base.batch, 1, 1, base.length]),
  };
  const forward = async () => {
    const logits = tf.tidy(() => model.classLogits(model.encode(batch)));
    const values = await logits.data();
    logits.dispose();
    return values;
  };
  const [ours, theirs] = [await forward(), (await session.run(feeds))["logits"]?.data];
  if (!ours.every((value, index) => Math.abs(value - Number(theirs?.[index])) < 1e-3))
    throw new Error("The two do not compute the same logits.");
  const sides = { ours: () => costOf(forward), theirs: () => costOf(() => session.run(feeds)) };
  const costs = await alternate(sides, 7);
  await session.release();
  model.dispose();
  yield* costLines("runtime", "BERT-base, 8 × 128 tokens, forward", costs.ours, "one graph in ONNX Runtime", costs.theirs);
}

/** Resident memory that loss and all gradients of a BERT-base add to an empty process, weights included. */
async function* memory(): AsyncIterable<Line> {
  const args = [local("./memory-of-gradients-child.ts"), JSON.stringify(baseConfig), String(base.batch), String(base.length)];
  const peaks = Array.from({ length: 3 }, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, ...args], { encoding: "utf8" });
    if (status !== 0) throw new Error(`The process of its own failed: ${stderr}`);
    return JSON.parse(stdout) as { weightBytes: number; peakBytes: number };
  });
  const metric = "BERT-base, 8 × 128 tokens, forward and backward, peak memory";
  const weights = (peaks[0]?.weightBytes ?? 0) / 1e6;
  yield line("runtime", metric, "MB", median(peaks.map(({ peakBytes }) => peakBytes / 1e6)), "its weights", weights);
}

async function* run(): AsyncIterable<Line> {
  yield* training();
  yield* inference();
  yield* memory();
}

export const benches = [{ name: "runtime", run }];
