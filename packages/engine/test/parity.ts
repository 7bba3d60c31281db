import { join } from "node:path";
import { softmaxCrossEntropy } from "@amalgam/tfjs-backend-ort";
import { exists, readJson, readTensorFile } from "../src/runtime/checkpoint-tensors.ts";
import { withGradients } from "../src/runtime/gradients.ts";
import type { HeadKind, Network } from "../src/runtime/network.ts";
import { openNetwork } from "../src/runtime/open-network.ts";
import type { TensorValues } from "../src/runtime/parameters.ts";
import { tf } from "../src/runtime/tf.ts";
import { padBatch } from "../src/runtime/token-batch.ts";

/** Folders written by scripts/golden/{bert,encoders,decoders}.py from Hugging Face transformers in float64. */
export const goldenFolder = join(import.meta.dirname, "../src/runtime/golden");

export interface GoldenInputs {
  readonly head: HeadKind;
  readonly labels: number[];
  readonly positions?: number[];
  readonly sequences?: number[][];
  /** Of an encoder-decoder, beside `sequences` as its sources. */
  readonly targets?: number[][];
  /** Whole numbers that stand for 1/64 each. */
  readonly images?: { readonly shape: [number, number, number, number]; readonly values: number[] };
}

/** The largest differences from the reference, each in units of the largest number of its tensor. */
export interface Parity {
  readonly logits: number;
  readonly loss: number;
  readonly gradients: number;
  /** The tensor whose gradient differs most. */
  readonly worst: string;
}

export const readGoldenInputs = async (name: string): Promise<GoldenInputs> =>
  (await readJson(join(goldenFolder, name, "inputs.json"))) as GoldenInputs;

export async function openGolden(name: string): Promise<Network> {
  const folder = join(goldenFolder, name);
  const { head } = await readGoldenInputs(name);
  const headFolder = `${folder}-head`;
  return openNetwork(folder, { head, ...((await exists(headFolder)) ? { headFrom: headFolder } : {}) });
}

export function goldenLogits(network: Network, { sequences = [], targets = [], images, positions }: GoldenInputs): tf.Tensor2D {
  const rows = positions && Int32Array.from(positions);
  if (network.input === "tokens") return network.logits(padBatch(sequences), rows);
  if (network.input === "pairs") return network.logits({ source: padBatch(sequences), target: padBatch(targets) }, rows);
  if (network.input !== "images" || images === undefined) throw new Error("no images");
  const pixels = images.values.map((value) => value / 64);
  return network.logits(tf.tensor4d(pixels, images.shape));
}

/** Runs a golden checkpoint on the selected backend. A gradient that is absent on one side counts as zero there. */
export async function measureParity(name: string): Promise<Parity> {
  const inputs = await readGoldenInputs(name);
  const expected = new Map<string, TensorValues>();
  await readTensorFile(join(goldenFolder, name, "expected.safetensors"), () => true, expected);
  const network = await openGolden(name);
  try {
    const { parameters } = network;
    const logits = tf.tidy(() => difference(expected.get("logits"), goldenLogits(network, inputs).dataSync()));
    const labels = Int32Array.from(inputs.labels);
    const lossOf = () => softmaxCrossEntropy(goldenLogits(network, inputs), labels);
    return withGradients(parameters, parameters.names, lossOf, (value, gradients) => {
      const wanted = [...expected.keys()].flatMap((key) => (key.startsWith("gradient.") ? [key.slice("gradient.".length)] : []));
      const differences = [...new Set([...wanted, ...gradients.keys()])].map((key) => {
        const own = gradients.get(key)?.dataSync() ?? new Float32Array(expected.get(`gradient.${key}`)?.values.length ?? 0);
        return [
          key,
          difference(expected.get(`gradient.${key}`) ?? { shape: [], values: new Float32Array(own.length) }, own),
        ] as const;
      });
      const [worst, largest] = differences.reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0] as const);
      return { logits, loss: difference(expected.get("loss"), value.dataSync()), gradients: largest, worst };
    });
  } finally {
    network.dispose();
  }
}

/** In units of the tensor's largest number, or of 0.05: what is zero, such as the gradient of a bias of keys, has no scale. */
function difference(wanted: TensorValues | undefined, values: ArrayLike<number>): number {
  if (wanted?.values.length !== values.length) return Number.POSITIVE_INFINITY;
  const scale = wanted.values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0.05);
  return wanted.values.reduce((largest, value, index) => {
    const error = Math.abs((values[index] ?? Number.NaN) - value) / scale;
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(largest, error);
  }, 0);
}
