import { existsSync, readdirSync } from "node:fs";
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

/** A checkpoint, what it is given, and what must come out: `logits`, `loss`, `gradient.<tensor>`. */
interface Golden {
  readonly folder: string;
  readonly inputs: GoldenInputs;
  readonly expected: ReadonlyMap<string, TensorValues>;
}

/** Those of BERT are older: both heads have their inputs and their numbers in common files. */
const olderFolders: Readonly<Record<string, { readonly folder: string; readonly prefix: string }>> = {
  "bert-classification": { folder: "classification", prefix: "class." },
  "bert-masked-language": { folder: "masked-language", prefix: "masked." },
};

/** Every golden checkpoint there is. */
export function goldenNames(): string[] {
  const folders = readdirSync(goldenFolder).filter((name) => existsSync(join(goldenFolder, name, "expected.safetensors")));
  return [...Object.keys(olderFolders), ...folders].sort();
}

export async function readGolden(name: string): Promise<Golden> {
  const older = olderFolders[name];
  const folder = join(goldenFolder, older?.folder ?? name);
  const files = older === undefined ? folder : goldenFolder;
  const expected = new Map<string, TensorValues>();
  await readTensorFile(join(files, "expected.safetensors"), (key) => key.startsWith(older?.prefix ?? ""), expected);
  const inputs = await readJson(join(files, "inputs.json"));
  if (older === undefined) return { folder, inputs: inputs as GoldenInputs, expected };
  return {
    folder,
    inputs: olderInputs(older.folder, inputs as OlderInputs),
    expected: new Map([...expected].map(([key, tensor]) => [key.slice(older.prefix.length), tensor])),
  };
}

type OlderInputs = Readonly<Record<"labels" | "positions" | "targets", number[]>> & { readonly sequences: number[][] };

function olderInputs(folder: string, { sequences, labels, positions, targets }: OlderInputs): GoldenInputs {
  if (folder === "classification") return { head: folder, sequences, labels };
  return { head: "masked-language", sequences, positions, labels: targets };
}

export async function openGolden({ folder, inputs }: Golden): Promise<Network> {
  const headFolder = `${folder}-head`;
  return openNetwork(folder, { head: inputs.head, ...((await exists(headFolder)) ? { headFrom: headFolder } : {}) });
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
  const golden = await readGolden(name);
  const { inputs, expected } = golden;
  const network = await openGolden(golden);
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
