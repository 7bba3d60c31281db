import { borrowValues, type LayerCall, type LayerTap, type Parameters, tf } from "../../runtime/index.ts";
import { addSquaresTo } from "./add-values.ts";
import { biasContribution, type Contribution, weightContribution } from "./contribution.ts";

interface Held {
  readonly tensors: readonly tf.Tensor[];
  readonly contribution: () => Contribution;
}

/**
 * Sums the squared gradients of single examples, from what a tap sees in a backward pass over several. A parameter with one use is
 * squared as its layer comes by; those with more (a table that is also the head) when the pass is over, since only the sum of an example's
 * uses may be squared. Sums are f64.
 */
export class SquareCollector implements LayerTap {
  readonly probe: tf.Scalar = tf.keep(tf.scalar(0));
  readonly sums: ReadonlyMap<string, Float64Array>;
  /** Parameters that go into a pass as they are: their gradient comes by their name, and is one example's only if that is alone. */
  readonly learned = new Set<string>();
  /** Whether something was used by all examples of a batch together, so that each must go alone. */
  #isMixed = false;
  #uses = new Map<string, number>();
  #held = new Map<string, Held[]>();
  #examples = 1;

  constructor(parameters: Parameters, names: readonly string[]) {
    this.sums = new Map(names.map((name) => [name, new Float64Array(parameters.values(name).length)]));
  }

  get isMixed(): boolean {
    return this.#isMixed;
  }

  /** Before each pass. */
  begin(examples: number): void {
    this.#examples = examples;
    this.#uses.clear();
  }

  forward(call: LayerCall): void {
    if (call.kind === "learned") {
      if (!this.sums.has(call.weight)) return;
      this.learned.add(call.weight);
      this.#isMixed = true;
      return;
    }
    if (call.kind === "embedding" && call.isShared && this.sums.has(call.weight)) this.#isMixed = true;
    for (const name of [call.weight, call.bias]) {
      if (name !== null) this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
    }
  }

  backward(call: LayerCall, dy: tf.Tensor): void {
    const { weight, bias } = call;
    this.#take(weight, [...("x" in call ? [call.x] : []), dy], ([first, second]) => {
      if ("x" in call) return weightContribution({ ...call, x: first } as LayerCall, second as tf.Tensor, this.#examples);
      return weightContribution(call, first as tf.Tensor, this.#examples);
    });
    if (bias !== null) this.#take(bias, [dy], ([first]) => biasContribution(first as tf.Tensor, this.#examples));
  }

  /** The gradient of a learned parameter, in a pass of one example. */
  learnedGradient(name: string, gradient: tf.Tensor): void {
    const sums = this.sums.get(name);
    if (sums !== undefined) addSquaresTo(sums, borrowValues(gradient));
  }

  /** After each pass. */
  finish(): void {
    for (const [name, uses] of this.#held) {
      const sums = this.sums.get(name) ?? new Float64Array(0);
      tf.tidy(() => {
        const contributions = uses.map(({ contribution }) => contribution());
        const gradient = new Float32Array(sums.length);
        for (let example = 0; example < this.#examples; example++) {
          gradient.fill(0);
          for (const each of contributions) each.addGradient(example, gradient);
          addSquaresTo(sums, gradient);
        }
      });
    }
    this.#release();
  }

  dispose(): void {
    this.#release();
    this.probe.dispose();
  }

  #take(name: string, tensors: readonly tf.Tensor[], contribution: (tensors: readonly tf.Tensor[]) => Contribution): void {
    const sums = this.sums.get(name);
    if (sums === undefined) return;
    if (this.#uses.get(name) === 1) {
      contribution(tensors).addSquares(sums);
      return;
    }
    const kept = tensors.map((tensor) => tf.keep(tf.clone(tensor)));
    this.#held.set(name, [...(this.#held.get(name) ?? []), { tensors: kept, contribution: () => contribution(kept) }]);
  }

  #release(): void {
    for (const uses of this.#held.values()) for (const { tensors } of uses) tf.dispose([...tensors]);
    this.#held.clear();
  }
}
