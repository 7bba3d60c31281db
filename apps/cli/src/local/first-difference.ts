import { decodeToF32, dtypes, type FileSource, fileSource, isArithmetic } from "@amalgam/engine/formats";
import type { Checkpoint, CheckpointTensor } from "@amalgam/engine/merge";

export interface FirstDifference {
  readonly element: number;
  /** Values of both; null when the type cannot be computed with */
  readonly values: readonly [number, number] | null;
}

const chunkElements = 1 << 19;

/** Finds where two tensors of the same name and shape begin to differ; null when their types do, or they are the same. */
export async function firstDifference(name: string, a: Checkpoint, b: Checkpoint): Promise<FirstDifference | null> {
  const [x, y] = [a.tensors.get(name), b.tensors.get(name)];
  if (x === undefined || y === undefined || x.dtype !== y.dtype) return null;
  const sources: FileSource[] = [];
  try {
    const [fileA, fileB] = [await openFile(a, x, sources), await openFile(b, y, sources)];
    const { sizeBytes } = dtypes[x.dtype];
    const elements = (x.end - x.begin) / sizeBytes;
    for (let at = 0; at < elements; at += chunkElements) {
      const count = Math.min(chunkElements, elements - at);
      const [bytesA, bytesB] = [new Uint8Array(count * sizeBytes), new Uint8Array(count * sizeBytes)];
      await fileA.read(x.begin + at * sizeBytes, bytesA);
      await fileB.read(y.begin + at * sizeBytes, bytesB);
      const first = bytesA.findIndex((byte, i) => byte !== bytesB[i]);
      if (first >= 0) return describe(x, at, Math.floor(first / sizeBytes), [bytesA, bytesB]);
    }
    return null;
  } finally {
    for (const source of sources) await source.close();
  }
}

function describe(
  { dtype }: CheckpointTensor,
  begin: number,
  index: number,
  bytes: readonly [Uint8Array, Uint8Array],
): FirstDifference {
  if (!isArithmetic(dtype)) return { element: begin + index, values: null };
  const { sizeBytes } = dtypes[dtype];
  const numberOf = (data: Uint8Array) =>
    decodeToF32(dtype, data.slice(index * sizeBytes, (index + 1) * sizeBytes))[0] ?? Number.NaN;
  return { element: begin + index, values: [numberOf(bytes[0]), numberOf(bytes[1])] };
}

async function openFile({ files }: Checkpoint, { file, name }: CheckpointTensor, sources: FileSource[]): Promise<FileSource> {
  const path = files[file];
  if (path === undefined) throw new Error(`tensor ${name} is in file ${file}, which is not there`);
  const source = await fileSource(path);
  sources.push(source);
  return source;
}
