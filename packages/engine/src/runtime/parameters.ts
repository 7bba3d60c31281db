import { tf } from "./tf.ts";

export interface TensorValues {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface Entry extends TensorValues {
  tensor: tf.Tensor | null;
  /** The backend the tensor was made on. */
  backend: string;
}

/** Backends whose tensors keep the very array they were made from, so a change in place is seen by the next operation. */
const SHARING_BACKENDS = new Set(["ort", "cpu"]);

/**
 * Named F32 tensors of a model. The arrays are the truth; tensors are made from them when first used.
 * After writing to an array call `touch`, and `dispose` when the model is no longer needed.
 */
export class Parameters {
  readonly #entries = new Map<string, Entry>();

  constructor(tensors: Iterable<readonly [name: string, tensor: TensorValues]>) {
    for (const [name, { shape, values }] of tensors) this.#entries.set(name, { shape, values, tensor: null, backend: "" });
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  shape(name: string): readonly number[] {
    return this.#entry(name).shape;
  }

  /** The live array: a change is seen by the model after `touch(name)`. */
  values(name: string): Float32Array {
    return this.#entry(name).values;
  }

  tensor<T extends tf.Tensor = tf.Tensor>(name: string): T {
    const entry = this.#entry(name);
    if (entry.tensor === null) {
      entry.tensor = tf.keep(tf.tensor(entry.values, [...entry.shape], "float32"));
      entry.backend = tf.getBackend();
    }
    return entry.tensor as T;
  }

  /** Says that the array of `name` was changed in place. */
  touch(name: string): void {
    const entry = this.#entry(name);
    if (SHARING_BACKENDS.has(entry.backend) && entry.backend === tf.getBackend()) return;
    entry.tensor?.dispose();
    entry.tensor = null;
  }

  dispose(): void {
    for (const entry of this.#entries.values()) {
      entry.tensor?.dispose();
      entry.tensor = null;
    }
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new Error(`The model has no tensor "${name}".`);
    return entry;
  }
}
