import { createHash } from "node:crypto";
import type { RandomKey } from "../../expr/random.ts";
import type { Source, StoredSource, TensorJob } from "./job.ts";
import { type SourceReader, sizeOf } from "./read-source.ts";

const windows = 16;
const windowBytes = 256;

/**
 * Key of the random numbers of one parent in one tensor: of the seed, the tensor's name in the result, and the parent's content
 * there, so that neither shards nor the order of parents matter. Content: type, size, and 16 windows of 256 bytes spread evenly –
 * enough to tell parents apart; two that agree in all of them get the same mask, which changes no expectation.
 */
export function streamKey(seed: number, tensor: TensorJob, input: number, reader: SourceReader): RandomKey {
  const source = tensor.inputs[input];
  const hash = createHash("sha256").update(JSON.stringify(["amalgam.mask.1", seed, tensor.name, tensor.elements]));
  if (source !== undefined) for (const stored of storedIn(source, tensor)) addContent(hash, stored, reader);
  const digest = hash.digest();
  return [digest.readInt32LE(0), digest.readInt32LE(4)];
}

interface Content {
  readonly source: StoredSource;
  readonly elements: number;
}

function storedIn(source: Source, tensor: TensorJob): readonly Content[] {
  if (source.kind === "stored") return [{ source, elements: tensor.elements }];
  if (source.kind === "gathered") {
    const own = source.matrices[source.model];
    return own == null ? [] : [{ source: own, elements: source.rows * source.columns }];
  }
  const { weight, a, b, rows, columns, rank, isTransposed } = source;
  const [out, inner] = isTransposed ? [columns, rows] : [rows, columns];
  return [
    { source: weight, elements: tensor.elements },
    { source: a, elements: rank * inner },
    { source: b, elements: out * rank },
  ];
}

function addContent(hash: { update(data: string | Uint8Array): unknown }, { source, elements }: Content, reader: SourceReader) {
  hash.update(source.dtype);
  const perWindow = windowBytes / Math.max(1, sizeOf(source.dtype, 1));
  const read = (begin: number, count: number): void => {
    const bytes = new Uint8Array(sizeOf(source.dtype, count));
    reader.read(source, bytes, begin, count);
    hash.update(bytes);
  };
  if (elements <= windows * perWindow) return read(0, elements);
  for (let i = 0; i < windows; i += 1) read(Math.floor((i * (elements - perWindow)) / (windows - 1)), perWindow);
}
