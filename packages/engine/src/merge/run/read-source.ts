import { readSync } from "node:fs";
import { storedBytes } from "../../expr/wasm/group-emitter.ts";
import { decodeToF32 } from "../../tensor/codec.ts";
import { dtypes, isArithmetic } from "../../tensor/dtype.ts";
import { addAdapterRows } from "../adapters/deltas.ts";
import { type Factors, transposed } from "../adapters/factors.ts";
import { RowGatherer } from "./gather-rows.ts";
import type { AdaptedSource, Job, Source, SourceType, StoredSource } from "./job.ts";
import { transfer } from "./transfer.ts";

/** Bytes that so many elements of a type take. */
export const sizeOf = (type: SourceType, elements: number): number =>
  type === "BITS" ? storedBytes(type, elements) : elements * dtypes[type].sizeBytes;

/** The type in which a source arrives in memory. */
export const arrivalType = (source: Source): SourceType => (source.kind === "stored" ? source.dtype : "F32");

/** Reads parts of tensors. One reader a worker: it keeps the factors of the adapter that was read last. */
export class SourceReader {
  readonly #files: Job["inputs"];
  /** Bytes read from files so far */
  bytes = 0;
  #factors: { readonly source: AdaptedSource; readonly factors: Factors } | null = null;

  readonly #gatherer = new RowGatherer((source, target, begin, count) => this.#stored(source, target, begin, count));

  constructor(files: Job["inputs"]) {
    this.#files = files;
  }

  /** Fills `target` with `count` elements from position `begin` of the tensor. */
  read(source: Source, target: Uint8Array, begin: number, count: number): void {
    if (source.kind === "stored") this.#stored(source, target, begin, count);
    else if (source.kind === "adapted") this.#adapted(source, target, begin, count);
    else this.#gatherer.gather(source, target, begin, count);
  }

  #stored({ file, position, dtype }: StoredSource, target: Uint8Array, begin: number, count: number): void {
    const tile = target.subarray(0, sizeOf(dtype, count));
    const at = position + sizeOf(dtype, begin);
    const { fd, path } = this.#files[file] ?? { fd: -1, path: "" };
    transfer(path, tile.length, (done) => readSync(fd, tile, done, tile.length - done, at + done));
    this.bytes += tile.length;
  }

  #wide(source: StoredSource, begin: number, count: number): Float32Array {
    const { dtype } = source;
    if (dtype === "BITS" || !isArithmetic(dtype)) throw new Error(`There is no arithmetic on ${dtype}.`);
    const bytes = new Uint8Array(sizeOf(dtype, count));
    this.#stored(source, bytes, begin, count);
    return decodeToF32(dtype, bytes);
  }

  /** W plus the adapter's delta, as `addAdapterRows` defines it. */
  #adapted(source: AdaptedSource, target: Uint8Array, begin: number, count: number): void {
    const { weight, columns } = source;
    const values = this.#wide(weight, begin, count);
    const [firstRow, endRow] = [Math.floor(begin / columns), Math.ceil((begin + count) / columns)];
    const delta = new Float32Array((endRow - firstRow) * columns);
    addAdapterRows(delta, firstRow, endRow, this.#factorsOf(source));
    const skip = begin - firstRow * columns;
    for (let i = 0; i < count; i += 1) values[i] = Math.fround((values[i] ?? 0) + (delta[skip + i] ?? 0));
    target.set(new Uint8Array(values.buffer));
  }

  #factorsOf(source: AdaptedSource): Factors {
    if (this.#factors?.source !== source) {
      const { rows, columns, rank, scale, isTransposed } = source;
      // What the checkpoint keeps as [in, out] has the delta (B·A)ᵀ = Aᵀ·Bᵀ.
      const [out, inner] = isTransposed ? [columns, rows] : [rows, columns];
      const [before, a, b] = [this.bytes, this.#wide(source.a, 0, rank * inner), this.#wide(source.b, 0, out * rank)];
      this.bytes = before;
      const turned = isTransposed ? { a: transposed(b, out, rank), b: transposed(a, rank, inner) } : { a, b };
      this.#factors = { source, factors: { ...turned, rank, rows, columns, scale } };
    }
    return this.#factors.factors;
  }
}
