import { createHash } from "node:crypto";
import type { Dtype } from "../tensor/dtype.ts";
import { type WideChunk, wideChunk } from "../tensor/wide.ts";
import type { ByteSource } from "./byte-source.ts";
import { readHeader, type SafetensorsHeader, type TensorEntry } from "./safetensors-header.ts";

/** What one pass over the bytes of a tensor tells. */
export interface TensorReport {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly sizeBytes: number;
  /** sha256 of the tensor's bytes, hex */
  readonly sha256: string;
  /** Euclidean norm over the finite values, summed in f64; 0 for an empty tensor; at most the largest f64 */
  readonly norm: number;
  /** Smallest and largest finite value; 0 when there is none */
  readonly min: number;
  readonly max: number;
  /** False when any value is NaN or infinite */
  readonly finite: boolean;
}

export interface Inspection {
  /** sha256 of the whole file, hex */
  readonly sha256: string;
  readonly header: SafetensorsHeader;
  readonly tensors: readonly TensorReport[];
}

export interface InspectOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { bytesDone: number; bytesTotal: number }) => void) | undefined;
}

const chunkBytes = 1 << 20;

/**
 * Checks a safetensors file and reads it once, front to back: digest of the file and digest, norm, range and finiteness of every
 * tensor. Memory is one chunk of 1 MiB and the header, whatever the size of the file.
 * @throws FormatError when the header breaks a rule; the signal's reason when it is aborted
 */
export async function inspectSafetensors(source: ByteSource, options: InspectOptions = {}): Promise<Inspection> {
  const header = await readHeader(source);
  const whole = createHash("sha256");
  const buffer = new ArrayBuffer(chunkBytes);

  async function* chunks(begin: number, end: number): AsyncGenerator<Uint8Array> {
    for (let at = begin; at < end; at += chunkBytes) {
      options.signal?.throwIfAborted();
      const chunk = new Uint8Array(buffer, 0, Math.min(chunkBytes, end - at));
      await source.read(at, chunk);
      whole.update(chunk);
      yield chunk;
      options.onProgress?.({ bytesDone: at + chunk.length, bytesTotal: source.size });
    }
  }

  for await (const _ of chunks(0, header.dataBegin));
  const tensors: TensorReport[] = [];
  for (const entry of header.tensors) tensors.push(await inspectTensor(entry, chunks(entry.begin, entry.end)));
  return { sha256: whole.digest("hex"), header, tensors };
}

async function inspectTensor(entry: TensorEntry, chunks: AsyncIterable<Uint8Array>): Promise<TensorReport> {
  const digest = createHash("sha256");
  const range: Range = { squares: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, finite: true };
  for await (const chunk of chunks) {
    digest.update(chunk);
    // Chunks start at offset 0 of the buffer and their size is a multiple of every item size, so views are aligned.
    if (chunk.buffer instanceof ArrayBuffer) measure(wideChunk(entry.dtype, chunk.buffer, chunk.length), range);
  }
  const empty = range.min > range.max;
  return {
    name: entry.name,
    dtype: entry.dtype,
    shape: entry.shape,
    sizeBytes: entry.end - entry.begin,
    sha256: digest.digest("hex"),
    norm: Math.min(Math.sqrt(range.squares), Number.MAX_VALUE),
    min: empty ? 0 : range.min,
    max: empty ? 0 : range.max,
    finite: range.finite,
  };
}

interface Range {
  squares: number;
  min: number;
  max: number;
  finite: boolean;
}

/** Adds a chunk to a range; values in file order, so that chunk sizes cannot change the sum. */
function measure({ values, table }: WideChunk, range: Range): void {
  let { squares, min, max, finite } = range;
  for (let i = 0; i < values.length; i += 1) {
    const stored = Number(values[i]);
    const value = table === null ? stored : (table[stored] ?? 0);
    if (!Number.isFinite(value)) {
      finite = false;
      continue;
    }
    squares += value * value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  Object.assign(range, { squares, min, max, finite });
}
