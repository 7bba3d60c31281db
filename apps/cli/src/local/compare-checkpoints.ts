import { type ByteSource, byteLength, decodeToF32, type FileSource, fileSource, isArithmetic } from "@amalgam/engine/formats";
import type { Checkpoint, CheckpointTensor } from "@amalgam/engine/merge";

interface TensorDifference {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtypes: readonly [string, string];
  /** ‖b − a‖ / ‖a‖ in f64; null when the types cannot be computed with, or ‖a‖ is 0 and ‖b‖ is not */
  readonly relative: number | null;
  /** Largest |b − a|; null as above */
  readonly largest: number | null;
}

export interface CheckpointDifference {
  readonly onlyInA: readonly string[];
  readonly onlyInB: readonly string[];
  /** Same name, other shape: nothing further is compared */
  readonly reshaped: readonly { readonly name: string; readonly shapes: readonly [readonly number[], readonly number[]] }[];
  /** Byte for byte */
  readonly equal: number;
  /** Largest relative change first */
  readonly changed: readonly TensorDifference[];
}

export interface CompareOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** Elements compared at a time; memory stays at a few MB whatever the size of a tensor. */
const chunkElements = 1 << 19;

type Pair<T> = readonly [T, T];

/** Names first, then shapes, then bytes, and values where bytes differ. */
export async function compareCheckpoints(
  a: Checkpoint,
  b: Checkpoint,
  { signal, onProgress }: CompareOptions = {},
): Promise<CheckpointDifference> {
  const shared = [...a.tensors.values()].flatMap((tensor) => {
    const other = b.tensors.get(tensor.name);
    return other ? [[tensor, other] as const] : [];
  });
  const sameShape = shared.filter(([x, y]) => x.shape.join() === y.shape.join());
  const total = sameShape.reduce((sum, [x]) => sum + (x.end - x.begin), 0);
  const changed: TensorDifference[] = [];
  let done = 0;
  const [sourcesA, sourcesB] = [await openAll(a), await openAll(b)];
  try {
    for (const [x, y] of sameShape) {
      signal?.throwIfAborted();
      const difference = await compareTensor([x, y], [sourceOf(sourcesA, x), sourceOf(sourcesB, y)], signal);
      if (difference) changed.push(difference);
      done += x.end - x.begin;
      onProgress?.({ done, total });
    }
  } finally {
    for (const source of [...sourcesA, ...sourcesB]) await source.close();
  }
  return {
    onlyInA: [...a.tensors.keys()].filter((name) => !b.tensors.has(name)),
    onlyInB: [...b.tensors.keys()].filter((name) => !a.tensors.has(name)),
    reshaped: shared
      .filter((pair) => !sameShape.includes(pair))
      .map(([x, y]) => ({ name: x.name, shapes: [x.shape, y.shape] as const })),
    equal: sameShape.length - changed.length,
    changed: changed.sort((x, y) => (y.relative ?? Number.POSITIVE_INFINITY) - (x.relative ?? Number.POSITIVE_INFINITY)),
  };
}

async function openAll({ files }: Checkpoint): Promise<FileSource[]> {
  const sources: FileSource[] = [];
  for (const file of files) sources.push(await fileSource(file));
  return sources;
}

function sourceOf(sources: readonly FileSource[], { file, name }: CheckpointTensor): FileSource {
  const source = sources[file];
  if (!source) throw new Error(`tensor ${name} is in file ${file}, which is not open`);
  return source;
}

async function compareTensor(
  [x, y]: Pair<CheckpointTensor>,
  sources: Pair<ByteSource>,
  signal?: AbortSignal,
): Promise<TensorDifference | null> {
  const sums = { squares: 0, ofA: 0, largest: 0 };
  let equal = x.dtype === y.dtype;
  const [sizeX, sizeY] = [byteLength(x.dtype, [1]), byteLength(y.dtype, [1])];
  const elements = (x.end - x.begin) / sizeX;
  for (let at = 0; at < elements; at += chunkElements) {
    signal?.throwIfAborted();
    const count = Math.min(chunkElements, elements - at);
    const bytesX = await read(sources[0], x.begin + at * sizeX, count * sizeX);
    const bytesY = await read(sources[1], y.begin + at * sizeY, count * sizeY);
    const sameBytes = x.dtype === y.dtype && Buffer.compare(bytesX, bytesY) === 0;
    equal &&= sameBytes;
    if (isArithmetic(x.dtype) && isArithmetic(y.dtype))
      accumulate(sums, decodeToF32(x.dtype, bytesX), decodeToF32(y.dtype, bytesY));
    else if (!equal) break;
  }
  if (equal) return null;
  const computable = isArithmetic(x.dtype) && isArithmetic(y.dtype);
  const relative = sums.squares === 0 ? 0 : sums.ofA === 0 ? null : Math.sqrt(sums.squares / sums.ofA);
  return {
    name: x.name,
    shape: x.shape,
    dtypes: [x.dtype, y.dtype],
    relative: computable ? relative : null,
    largest: computable ? sums.largest : null,
  };
}

async function read(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  await source.read(offset, bytes);
  return bytes;
}

function accumulate(sums: { squares: number; ofA: number; largest: number }, a: Float32Array, b: Float32Array): void {
  for (let i = 0; i < a.length; i += 1) {
    const value = a[i] ?? 0;
    const difference = (b[i] ?? 0) - value;
    sums.ofA += value * value;
    sums.squares += difference * difference;
    const size = Math.abs(difference);
    // Not `size > largest`: NaN must not be passed over.
    if (!(size <= sums.largest)) sums.largest = size;
  }
}
