import { writeSync } from "node:fs";
import { firstNonFinite } from "../../tensor/non-finite.ts";
import { computations } from "../prepare/computations.ts";
import { finiteValues } from "./finite-values.ts";
import type { Preparing, TensorJob } from "./job.ts";
import type { KernelDesk } from "./kernel-desk.ts";
import { arrivalType } from "./read-source.ts";
import { TileError, transfer } from "./transfer.ts";

/** Runs computations on whole tensors: reads the inputs as they are asked for, and writes the result. */
export class TensorPreparer {
  readonly #desk: KernelDesk;

  constructor(desk: KernelDesk) {
    this.#desk = desk;
  }

  /** @returns what was found about the tensor. @throws TileError for an input or a result that is not finite */
  prepare(tensor: TensorJob): Readonly<Record<string, number>> {
    const { preparing } = tensor;
    if (preparing === undefined) throw new Error(`Nothing is to be prepared of ${tensor.name}.`);
    const { values, numbers } = computations[preparing.computation](this.#wholeOf(tensor, preparing));
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    if (values.length !== tensor.elements) throw new Error(`${tensor.name} has ${values.length} elements after its preparation.`);
    if (firstNonFinite("F32", bytes, values.length) >= 0) throw new TileError({ kind: "overflow", dtype: "F32" });
    this.#write(tensor, bytes);
    return numbers;
  }

  #wholeOf(tensor: TensorJob, { hasBase, parents, shape, params, state }: Preparing) {
    const first = hasBase ? 1 : 0;
    const reading = (input: number, elements = tensor.elements) => ({ read: () => this.#read(tensor, input, elements) });
    return {
      ...{ name: tensor.name, shape, params, state },
      base: hasBase ? reading(0) : null,
      parents: parents.map(({ space, own, statistic }, i) => ({
        ...{ space, own, ...reading(first + i) },
        ...(statistic === undefined ? {} : { statistic: { ...statistic, ...reading(statistic.at, statistic.elements) } }),
      })),
    };
  }

  #read({ inputs }: TensorJob, input: number, elements: number): Float32Array {
    const source = inputs[input];
    if (source === undefined) throw new Error(`There is no input ${input}.`);
    return finiteValues(arrivalType(source), this.#desk.whole(source, elements), input);
  }

  #write({ output }: TensorJob, bytes: Uint8Array): void {
    const { file = -1, position = 0 } = output ?? {};
    const { fd, path } = this.#desk.job.outputs[file] ?? { fd: -1, path: "" };
    transfer(path, bytes.length, (done) => writeSync(fd, bytes, done, bytes.length - done, position + done));
  }
}
