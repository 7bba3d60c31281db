import { freemem } from "node:os";
import { fileSource, readHeader, type TensorEntry } from "../formats/index.ts";
import { weightFiles } from "../runtime/checkpoint-tensors.ts";

export interface MemoryForecast {
  /** Weights as the runtime holds them: four bytes an element, whatever their type in the file. */
  readonly weightBytes: number;
  /** What one batch makes on its way through. */
  readonly activationBytes: number;
}

/** Matrices that are looked up, or multiplied only where an answer is read: they make no row for every token. */
const isTable = /embed|wte|wpe|shared\.weight|lm_head|relative_attention_bias|position_ids/;

/**
 * Memory that a forward pass will need, from the headers alone:
 *   weights: Σ elements · 4      activations: rows · 16 · max over matrices [out, in] of (out + in), plus 2 · answers · vocabulary · 4
 * The passes free a layer's intermediates with the layer, so the widest one counts: its input, output and about as many again. Measured for
 * BERT-base: 57 KB a token, forecast 61 KB. It is meant to refuse what cannot fit, not to be exact.
 */
export async function forecastMemory(
  folders: readonly string[],
  { rows, answers = 0 }: { rows: number; answers?: number },
): Promise<MemoryForecast> {
  let elements = 0;
  let widest = 0;
  let vocabulary = 0;
  for (const { name, shape } of await headersOf(folders)) {
    elements += shape.reduce((product, size) => product * size, 1);
    if (shape.length < 2) continue;
    if (isTable.test(name)) vocabulary = Math.max(vocabulary, shape[0] ?? 0);
    else widest = Math.max(widest, (shape[0] ?? 0) + (shape[1] ?? 0));
  }
  return { weightBytes: elements * 4, activationBytes: rows * widest * 16 + answers * vocabulary * 8 };
}

/** How a message tells what was forecast. */
export interface MemoryWords {
  readonly doing: string;
  readonly weights: string;
  readonly advice: string;
}

const running: MemoryWords = {
  doing: "running this model",
  weights: "weights",
  advice: "Use a smaller batch, another machine or an external evaluator.",
};

/** Throws an Error that names the model when it will need more memory than there is. */
export function checkMemory(
  folder: string,
  { weightBytes, activationBytes }: MemoryForecast,
  availableBytes: number,
  { doing, weights, advice }: MemoryWords = running,
): void {
  const needed = weightBytes + activationBytes;
  if (needed <= availableBytes) return;
  throw new Error(
    `${folder}: ${doing} needs about ${memoryText(needed)} of memory (${weights} ${memoryText(weightBytes)}, one batch ` +
      `${memoryText(activationBytes)}); ${memoryText(availableBytes)} may be used. ${advice}`,
  );
}

/** Memory that this process may still take, limits of a container included. */
export const availableMemory = (): number => process.availableMemory?.() ?? freemem();

export const memoryText = (bytes: number): string =>
  bytes < 0.9995e9 ? `${(bytes / 1e6).toPrecision(3)} MB` : `${(bytes / 1e9).toPrecision(3)} GB`;

async function headersOf(folders: readonly string[]): Promise<TensorEntry[]> {
  const seen = new Map<string, TensorEntry>();
  for (const folder of new Set(folders)) {
    for (const file of await weightFiles(folder)) {
      const source = await fileSource(file);
      try {
        const { tensors } = await readHeader(source);
        // A head from another folder replaces the model's own of the same name.
        for (const entry of tensors) if (!seen.has(entry.name)) seen.set(entry.name, entry);
      } finally {
        await source.close();
      }
    }
  }
  return [...seen.values()];
}
