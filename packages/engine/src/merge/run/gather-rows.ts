import { widenInto } from "../../tensor/codec.ts";
import { isArithmetic } from "../../tensor/dtype.ts";
import { rowOf, runEnd } from "../tokenizer/row-map.ts";
import type { GatheredSource, StoredSource } from "./job.ts";

/** Reads `target.length` bytes of a stored tensor from an element on. */
type Read = (source: StoredSource, target: Uint8Array, begin: number, count: number) => void;

/** Puts rows of embeddings into the order of another vocabulary while they are read, as many at once as follow one another. */
export class RowGatherer {
  readonly #read: Read;
  /** As stored, before it is widened */
  #stored = new Uint8Array(0);
  #part = new Float32Array(0);
  #sums = new Float64Array(0);

  constructor(read: Read) {
    this.#read = read;
  }

  /** Fills `target` with `count` f32 from position `begin` of the aligned matrix. */
  gather(source: GatheredSource, target: Uint8Array, begin: number, count: number): void {
    const { map, columns } = source;
    const values = new Float32Array(target.buffer, target.byteOffset, count);
    const end = begin + count;
    const endRow = Math.ceil(end / columns);
    for (let row = Math.floor(begin / columns); row < endRow; ) {
      const next = runEnd(map, row, endRow);
      const [from, to] = [Math.max(begin, row * columns), Math.min(end, next * columns)];
      this.#run(source, row, from - row * columns, values.subarray(from - begin, to - begin));
      row = next;
    }
  }

  /** Rows that follow one another wherever they come from. @param skip elements of the first row that are not wanted */
  #run(source: GatheredSource, row: number, skip: number, values: Float32Array): void {
    const { map, columns, matrices, mean } = source;
    const from = map.matrix[row] ?? rowOf.zero;
    const at = map.row[row] ?? 0;
    if (from >= 0) this.#widen(matrices[from], at * columns + skip, values);
    else if (from === rowOf.mean) repeat(mean, skip, values);
    else if (from === rowOf.zero) values.fill(0);
    else this.#average(source, at, skip, values);
  }

  /** Averages of rows, each summed up in f64 in the order of the models. */
  #average({ map: { averages }, columns, matrices }: GatheredSource, list: number, skip: number, values: Float32Array): void {
    const { starts, matrix, row } = averages;
    const [first, end] = [starts[list] ?? 0, starts[list + 1] ?? 0];
    if (this.#sums.length < values.length) {
      this.#sums = new Float64Array(values.length);
      this.#part = new Float32Array(values.length);
    }
    const [sums, part] = [this.#sums.subarray(0, values.length), this.#part.subarray(0, values.length)];
    sums.fill(0);
    for (let i = first; i < end; i += 1) {
      this.#widen(matrices[matrix[i] ?? 0], (row[i] ?? 0) * columns + skip, part);
      for (let c = 0; c < sums.length; c += 1) sums[c] = (sums[c] ?? 0) + (part[c] ?? 0);
    }
    for (let c = 0; c < sums.length; c += 1) values[c] = (sums[c] ?? 0) / (end - first);
  }

  #widen(source: StoredSource | null | undefined, begin: number, values: Float32Array): void {
    if (source == null || source.dtype === "BITS" || !isArithmetic(source.dtype)) throw new Error("There is no such matrix.");
    const target = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    if (source.dtype === "F32") {
      this.#read(source, target, begin, values.length);
      return;
    }
    const bytes = 2 * values.length;
    if (this.#stored.length < bytes) this.#stored = new Uint8Array(bytes);
    const stored = this.#stored.subarray(0, bytes);
    this.#read(source, stored, begin, values.length);
    widenInto(source.dtype, stored, values);
  }
}

/** The same row again and again, from its element `skip` on. */
function repeat(row: Float32Array | null, skip: number, values: Float32Array): void {
  if (row === null) throw new Error("There is no mean.");
  for (let i = 0; i < values.length; i += 1) values[i] = row[(skip + i) % row.length] ?? 0;
}
