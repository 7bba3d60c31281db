import type { CheckpointSource } from "../architecture.ts";
import { Layers } from "../layers.ts";
import { takeTensors, type WantedTensor } from "../take-tensors.ts";

/** Collects what a convolutional network needs from a checkpoint: parameters, and the running statistics that it only reads. */
export class ConvolutionTensors {
  readonly #from: CheckpointSource;
  readonly #parameters: WantedTensor[] = [];
  readonly #buffers: WantedTensor[] = [];

  constructor(from: CheckpointSource) {
    this.#from = from;
  }

  add(name: string, shape: readonly number[], from = this.#from): void {
    this.#parameters.push({ name, shape, from });
  }

  batchNorm(name: string, channels: number): void {
    for (const part of ["weight", "bias"]) this.add(`${name}.${part}`, [channels]);
    for (const part of ["running_mean", "running_var"]) {
      this.#buffers.push({ name: `${name}.${part}`, shape: [channels], from: this.#from });
    }
  }

  /** Reads them all. */
  async open(): Promise<Layers> {
    return new Layers(await takeTensors(this.#parameters), await takeTensors(this.#buffers));
  }
}
