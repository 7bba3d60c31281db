import { type FileSource, fileSource, isArithmetic, readHeader, type TensorEntry } from "../../formats/index.ts";
import { weightFiles } from "../../runtime/checkpoint-tensors.ts";
import { decodeToF32 } from "../../tensor/codec.ts";
import { dtypes } from "../../tensor/dtype.ts";

export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  /** Null for types that are not computed with. */
  read: ((first: number, count: number) => Promise<Float32Array>) | null;
}

export interface StoredTensors {
  readonly label: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  close(): Promise<void>;
}

/** Opens a model's folder, or one safetensors file: headers are read, tensors where they are asked for. */
export async function openTensors(path: string): Promise<StoredTensors> {
  const sources: FileSource[] = [];
  const close = async () => {
    for (const source of sources) await source.close();
  };
  try {
    const tensors = new Map<string, StoredTensor>();
    for (const file of path.endsWith(".safetensors") ? [path] : await weightFiles(path)) {
      const source = await fileSource(file);
      sources.push(source);
      const header = await readHeader(source).catch((error: Error) => {
        throw new Error(`${file}: ${error.message}`);
      });
      for (const entry of header.tensors) tensors.set(entry.name, storedTensor(source, entry));
    }
    return { label: path, tensors, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function storedTensor(source: FileSource, { name, dtype, shape, begin, end }: TensorEntry): StoredTensor {
  const { sizeBytes } = dtypes[dtype];
  const elements = (end - begin) / sizeBytes;
  if (!isArithmetic(dtype)) return { name, shape, elements, read: null };
  return {
    ...{ name, shape, elements },
    async read(first, count) {
      const bytes = new Uint8Array(count * sizeBytes);
      await source.read(begin + first * sizeBytes, bytes);
      return decodeToF32(dtype, bytes);
    },
  };
}
