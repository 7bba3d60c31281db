import { byteLength, type Dtype, dtypes } from "../tensor/dtype.ts";

export interface TensorShape {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** A header ready to be written, and where each tensor goes; offsets are absolute in the file. */
export interface Layout {
  readonly header: Uint8Array;
  readonly tensors: readonly (TensorShape & { readonly begin: number; readonly end: number })[];
  readonly sizeBytes: number;
}

/** Order of tensors in a file: widest type first, so that every tensor is aligned to its type; then by name. */
const byAlignmentThenName = (a: TensorShape, b: TensorShape): number =>
  dtypes[b.dtype].sizeBytes - dtypes[a.dtype].sizeBytes || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/**
 * Lays out a safetensors file before any tensor byte exists. The order of the arguments does not matter: the same tensors and
 * metadata give the same bytes. The header is padded with spaces to a multiple of 8.
 */
export function layoutHeader(tensors: readonly TensorShape[], metadata: ReadonlyMap<string, string> = new Map()): Layout {
  const sorted = [...tensors].sort(byAlignmentThenName);
  let offset = 0;
  const spans = sorted.map((tensor) => {
    const begin = offset;
    offset += byteLength(tensor.dtype, tensor.shape);
    return { ...tensor, begin, end: offset };
  });
  const fields = spans.map(
    ({ name, dtype, shape, begin, end }) =>
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`,
  );
  if (metadata.size > 0)
    fields.unshift(`"__metadata__":${JSON.stringify(Object.fromEntries([...metadata].sort(([a], [b]) => (a < b ? -1 : 1))))}`);
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  const at = header.length;
  return {
    header,
    tensors: spans.map((span) => ({ ...span, begin: at + span.begin, end: at + span.end })),
    sizeBytes: at + offset,
  };
}

/** Takes bytes in order. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void> | void;
}

/** A tensor in memory: `data` are its little-endian bytes. */
export interface TensorData extends TensorShape {
  readonly data: Uint8Array;
}

/** Writes a whole file from tensors in memory, in the order of the file. */
export async function writeSafetensors(
  sink: ByteSink,
  tensors: readonly TensorData[],
  metadata: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const layout = layoutHeader(tensors, metadata);
  const dataOf = new Map(tensors.map((tensor) => [tensor.name, tensor.data]));
  if (dataOf.size !== tensors.length) throw new Error("Two tensors have the same name.");
  await sink.write(layout.header);
  for (const { name, begin, end } of layout.tensors) {
    const data = dataOf.get(name);
    if (data?.length !== end - begin)
      throw new Error(`Tensor ${name} has ${data?.length} bytes; its type and shape need ${end - begin}.`);
    await sink.write(data);
  }
}
