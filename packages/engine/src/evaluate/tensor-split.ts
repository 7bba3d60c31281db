import { type FileSource, fileSource, isArithmetic, readHeader, type TensorEntry } from "../formats/index.ts";
import { decodeToF32 } from "../tensor/codec.ts";

/** Examples as rows of a safetensors file: `images` [n, height, width, channels] or `features` [n, width], and `labels` [n]. */
export interface TensorSplit {
  readonly n: number;
  /** Shape of one example. */
  readonly shape: readonly number[];
  /** Stored as whole numbers 0 to 255. */
  readonly isBytes: boolean;
  readonly labels: Int32Array;
  /** Examples begin … begin + count - 1, row after row; the file is read only where it is asked for. */
  read(begin: number, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Opens a split. Throws an Error that names file and tensor for a missing one, a wrong shape or type, and a label outside the head. */
export async function openTensorSplit(
  file: string,
  { tensor, rank, labelCount }: { tensor: "images" | "features"; rank: number; labelCount?: number },
): Promise<TensorSplit> {
  const source = await fileSource(file);
  try {
    const { tensors } = await readHeader(source).catch((error: Error) => {
      throw new Error(`${file} is not a safetensors file: ${error.message}`);
    });
    const data = find(tensors, tensor, file);
    const [n = 0, ...shape] = data.shape;
    if (data.shape.length !== rank || shape.some((size) => size === 0))
      throw new Error(`${file}: tensor "${tensor}" has shape ${shapeText(data.shape)}; it should be ${layouts[tensor]}.`);
    if (n === 0) throw new Error(`${file}: the split has no examples.`);
    const labels = await readLabels(source, find(tensors, "labels", file), { file, n, labelCount });
    return { n, shape, isBytes: data.dtype === "U8", labels, read: rowReader(source, data, file), close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

const layouts = { images: "[examples, height, width, channels]", features: "[examples, features]" } as const;
export const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

function find(tensors: readonly TensorEntry[], name: string, file: string): TensorEntry {
  const found = tensors.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  throw new Error(
    `${file} has no tensor "${name}"; it has ${
      tensors
        .map((entry) => entry.name)
        .join(", ")
        .slice(0, 200) || "none"
    }.`,
  );
}

function rowReader(source: FileSource, { name, dtype, begin: at, end, shape }: TensorEntry, file: string): TensorSplit["read"] {
  const widen = widenerOf(dtype);
  if (widen === null) throw new Error(`${file}: tensor "${name}" is ${dtype}; examples are read from F32, F16, BF16 or U8.`);
  const rowBytes = (end - at) / (shape[0] ?? 1);
  return async (begin, count) => {
    const bytes = new Uint8Array(count * rowBytes);
    await source.read(at + begin * rowBytes, bytes);
    return widen(bytes);
  };
}

function widenerOf(dtype: TensorEntry["dtype"]): ((bytes: Uint8Array) => Float32Array) | null {
  if (dtype === "U8") return (bytes) => Float32Array.from(bytes);
  return isArithmetic(dtype) ? (bytes) => decodeToF32(dtype, bytes) : null;
}

async function readLabels(
  source: FileSource,
  { dtype, shape, begin, end }: TensorEntry,
  { file, n, labelCount }: { file: string; n: number; labelCount: number | undefined },
): Promise<Int32Array> {
  if (shape.length !== 1 || shape[0] !== n)
    throw new Error(`${file}: tensor "labels" has shape ${shapeText(shape)}; with ${n} examples it should be [${n}].`);
  const bytes = new Uint8Array(end - begin);
  await source.read(begin, bytes);
  const view = new DataView(bytes.buffer);
  const at = integerReaders[dtype];
  if (at === undefined) throw new Error(`${file}: tensor "labels" is ${dtype}; labels are U8, I32 or I64.`);
  return Int32Array.from({ length: n }, (_, index) => {
    const label = at(view, index);
    if (label >= 0 && label < (labelCount ?? 2 ** 31)) return label;
    throw new Error(
      `${file}: tensor "labels": example ${index + 1} has the label ${label}; the task has the labels 0 to ${(labelCount ?? 2 ** 31) - 1}.`,
    );
  });
}

const integerReaders: Readonly<Record<string, (view: DataView, index: number) => number>> = {
  U8: (view, index) => view.getUint8(index),
  I32: (view, index) => view.getInt32(index * 4, true),
  I64: (view, index) => Number(view.getBigInt64(index * 8, true)),
};
