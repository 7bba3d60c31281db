import { read } from "node:fs";
import { promisify } from "node:util";
import { quote } from "../../formats/json-scanner.ts";
import { widenInto } from "../../tensor/codec.ts";
import { dtypes, isArithmetic } from "../../tensor/dtype.ts";
import { pathOf } from "../check-headers.ts";
import { refuse } from "../fault.ts";
import { type MeanMatrix, meansOf } from "../forecast.ts";
import { type JobParts, meanKey, SourceFinder } from "./build-job.ts";

export interface Means {
  /** By `meanKey`; in memory that threads share */
  readonly values: ReadonlyMap<string, Float32Array>;
  readonly bytesRead: number;
}

const chunkBytes = 1 << 22;
const readFile = promisify(read);

/**
 * The means of rows that aligned embeddings need, each matrix read once and summed up in f64 from its first row to its last.
 * @throws RefusedError when a matrix holds NaN or infinity
 */
export async function readMeans(parts: JobParts, signal: AbortSignal | undefined): Promise<Means> {
  const values = new Map<string, Float32Array>();
  let bytesRead = 0;
  for (const mean of meansOf(parts.plan.sources)) {
    const { model, matrix, columns } = mean;
    const found = await meanOf(mean, parts, signal);
    if (!found.every(Number.isFinite)) {
      const { label } = parts.models[model]?.header ?? {};
      const message = `Tensor ${quote(matrix.tensor)} of ${label} holds NaN or infinity; repair or leave out this model.`;
      throw refuse("NON_FINITE", message, pathOf(parts.plan.recipe, model));
    }
    values.set(meanKey(model, matrix.tensor), found);
    bytesRead += matrix.rows * columns * dtypes[matrix.dtype].sizeBytes;
  }
  return { values, bytesRead };
}

async function meanOf({ model, matrix, columns }: MeanMatrix, { models, inputs }: JobParts, signal: AbortSignal | undefined) {
  const { file, position, dtype } = new SourceFinder({ models }).stored(model, matrix.tensor);
  const { fd, path } = inputs[file] ?? { fd: -1, path: "" };
  if (dtype === "BITS" || !isArithmetic(dtype)) throw new Error(`There is no arithmetic on ${dtype}.`);
  const rowBytes = columns * dtypes[dtype].sizeBytes;
  const chunkRows = Math.max(1, Math.floor(chunkBytes / rowBytes));
  const bytes = new Uint8Array(chunkRows * rowBytes);
  const rows = new Float32Array(chunkRows * columns);
  const sums = new Float64Array(columns);
  for (let row = 0; row < matrix.rows; row += chunkRows) {
    signal?.throwIfAborted();
    const count = Math.min(chunkRows, matrix.rows - row);
    const wanted = count * rowBytes;
    for (let done = 0; done < wanted; ) {
      const { bytesRead } = await readFile(fd, bytes, done, wanted - done, position + row * rowBytes + done);
      if (bytesRead === 0) throw new Error(`${path} became shorter while it was read.`);
      done += bytesRead;
    }
    const part = rows.subarray(0, count * columns);
    widenInto(dtype, bytes.subarray(0, wanted), part);
    addRows(sums, part);
  }
  const mean = new Float32Array(new SharedArrayBuffer(4 * columns));
  for (let c = 0; c < columns; c += 1) mean[c] = (sums[c] ?? 0) / matrix.rows;
  return mean;
}

function addRows(sums: Float64Array, rows: Float32Array): void {
  const columns = sums.length;
  for (let begin = 0; begin < rows.length; begin += columns)
    for (let c = 0; c < columns; c += 1) sums[c] = (sums[c] ?? 0) + (rows[begin + c] ?? 0);
}
