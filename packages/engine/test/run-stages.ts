import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Element } from "../src/expr/expr.ts";
import { evaluate } from "../src/expr/scalar.ts";
import { outlineOf, shapeFor } from "../src/expr/wasm/kernel.ts";
import { strideOf } from "../src/expr/wasm/kernel-instance.ts";
import { type Job, planStages, type TensorJob } from "../src/merge/run/job.ts";
import { SourceReader } from "../src/merge/run/read-source.ts";
import { createSharedState, slot } from "../src/merge/run/shared-state.ts";
import { streamKey } from "../src/merge/run/stream-key.ts";
import { type TileFault, TileWorker } from "../src/merge/run/tile-worker.ts";
import { decodeToF32, encodeFromF32 } from "../src/tensor/codec.ts";
import { type ArithmeticDtype, dtypes } from "../src/tensor/dtype.ts";

export interface StagedTensor {
  readonly value: Element;
  readonly inputs: readonly Float32Array[];
  readonly dtype?: ArithmeticDtype;
  /** Default: the tensor is one row */
  readonly columns?: number;
  readonly measured?: Readonly<Record<string, number>>;
}

const tileBytes = 65536;
const patienceMs = 10_000;
let watch: Worker | null = null;
/** Stops a run that waits for ever for what nobody does: this thread cannot, as it is the one that waits. */
function watchOver(control: Int32Array): () => void {
  watch ??= new Worker(
    `let timer;
     require("node:worker_threads").parentPort.on("message", ({ control, patienceMs }) => {
       clearTimeout(timer);
       if (control) timer = setTimeout(() => Atomics.store(control, ${slot.stop}, 1), patienceMs);
     });`,
    { eval: true },
  );
  watch.unref();
  watch.postMessage({ control, patienceMs });
  return () => watch?.postMessage({ control: null });
}

/** Merges tensors as a thread of a run does, stage by stage, in this thread; and by the slow interpreter. */
export function runStages(tensors: readonly StagedTensor[], severalWorkers = false) {
  const folder = mkdtempSync(join(tmpdir(), "amalgam-stages-"));
  const [from, to] = [join(folder, "in"), join(folder, "out")];
  // The first byte belongs to nobody: positions in files are not positions in tensors.
  const parts: Uint8Array[] = [new Uint8Array(1)];
  let [position, written] = [1, 3];
  const jobs = tensors.map(({ inputs, dtype = "F32", columns, measured = {} }, i): TensorJob => {
    const elements = inputs[0]?.length ?? 0;
    const sources = inputs.map((values) => {
      const bytes = encodeFromF32(dtype, values);
      parts.push(bytes);
      position += bytes.length;
      return { kind: "stored" as const, file: 0, position: position - bytes.length, dtype };
    });
    const output = { file: 0, position: written, type: "F32" as const };
    written += 4 * elements;
    return { name: `tensor ${i}`, spec: i, elements, columns: columns ?? elements, inputs: sources, output, measured };
  });
  const specs = tensors.map(({ value, inputs, dtype = "F32" }) => ({
    inputs: inputs.map(() => dtype),
    output: { value, stored: "F32" as const },
    statistics: [],
  }));
  const outlines = specs.map(outlineOf);
  const widest = Math.max(...jobs.map(({ columns }, i) => (outlines[i]?.program.byRow === true ? strideOf(columns) : 0)));
  const shape = shapeFor(outlines, tileBytes, widest);
  writeFileSync(from, Buffer.concat(parts));
  writeFileSync(to, new Uint8Array(written));
  const [input, output] = [openSync(from, "r"), openSync(to, "r+")];
  try {
    const job: Job = {
      inputs: [{ path: from, fd: input }],
      outputs: [{ path: to, fd: output, sizeBytes: written }],
      ...{ specs, shape, tensors: jobs, seed: 5, ...planStages(jobs, specs, shape) },
    };
    const state = createSharedState(job);
    const done = watchOver(state.control);
    // Between the tiles of the first stage and the others a second worker does all the rest: it knows what the first has published.
    const [first, second] = [new TileWorker(job, state), new TileWorker(job, state)];
    let left = severalWorkers ? (job.stages[0]?.tileCount ?? 0) : Number.POSITIVE_INFINITY;
    let faultOfSecond: TileFault | null = null;
    const faultOfFirst = first.run(() => {
      if (left === 0) faultOfSecond = second.run(() => false);
      left -= 1;
      return false;
    });
    const fault = faultOfFirst ?? faultOfSecond;
    done();
    const bytes = new Uint8Array(readFileSync(to));
    const reader = new SourceReader(job.inputs);
    return tensors.map(({ value, inputs, dtype = "F32", columns, measured = {} }, i) => {
      const tensor = jobs[i];
      const begin = tensor?.output?.position ?? 0;
      const expected = evaluate(value, {
        inputs: inputs.map((values) => decodeToF32(dtype, encodeFromF32(dtype, values))),
        keys: inputs.map((_, k) => (tensor === undefined ? [0, 0] : streamKey(job.seed, tensor, k, reader))),
        measured,
        ...(columns === undefined ? {} : { columns }),
      });
      const actual = new Float32Array(bytes.slice(begin, begin + 4 * (inputs[0]?.length ?? 0)).buffer);
      return {
        fault,
        expected,
        actual,
        bytesRead: Number(state.bytesRead[0]),
        bytesOfInput: dtypes[dtype].sizeBytes * expected.length,
      };
    });
  } finally {
    closeSync(input);
    closeSync(output);
    rmSync(folder, { recursive: true });
  }
}

/** Number of the first value that differs in a bit, or -1. */
export function firstDifference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Math.min(actual.length, expected.length);
  const [a, b] = [actual, expected].map((values) => new Int32Array(values.buffer, values.byteOffset, values.length));
  return a?.findIndex((bits, i) => bits !== b?.[i]) ?? -1;
}
