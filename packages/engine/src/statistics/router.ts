import { bestExperts, borrowValues, type LayerCall, type LayerTap, type Network, tf } from "../runtime/index.ts";
import { type ForwardExample, type ForwardOptions, forwardAll } from "./forward-batches.ts";

/** How the router of one mixture of experts spread tokens. */
export interface RouterStatistics {
  readonly tokens: number;
  /** Share of tokens that had each expert among their best. They add up to `chosen`. */
  readonly chosenShare: Float64Array;
  /** Mean of the softmax over all experts. */
  readonly meanProbability: Float64Array;
}

export interface RouterOptions extends ForwardOptions {
  /** Experts that work on a token: `num_experts_per_tok` of the config. */
  readonly chosen: number;
}

const isRouter = (weight: string): boolean => /(^|\.)(gate|router)\.weight$/.test(weight);

/**
 * Router statistics by the name of the router's weight: the dense layers called `gate` or `router`. What M-SMoE groups experts by.
 * @throws Error for a network without routers; RangeError for more chosen experts than there are
 * Source: Li et al. 2023 (arXiv 2310.01334).
 */
export async function routerStatistics(
  network: Network,
  examples: readonly ForwardExample[],
  { chosen, ...options }: RouterOptions,
): Promise<ReadonlyMap<string, RouterStatistics>> {
  if (!network.parameters.names.some(isRouter))
    throw new Error(`${network.architecture} has no router: it is no mixture of experts.`);
  const tap = new RouterTap(chosen);
  await forwardAll(network, examples, tap, options);
  return tap.result();
}

interface Counts {
  tokens: number;
  readonly chosen: Float64Array;
  readonly probability: Float64Array;
}

class RouterTap implements LayerTap {
  readonly probe = null;
  readonly #chosen: number;
  readonly #counts = new Map<string, Counts>();

  constructor(chosen: number) {
    this.#chosen = chosen;
  }

  forward(call: LayerCall, y: tf.Tensor | undefined): void {
    if (call.kind !== "dense" || y === undefined || !isRouter(call.weight)) return;
    const experts = y.shape[1] ?? 0;
    if (!(this.#chosen >= 1 && this.#chosen <= experts))
      throw new RangeError(`${this.#chosen} of ${experts} experts cannot be chosen.`);
    const counts = this.#counts.get(call.weight) ?? {
      tokens: 0,
      chosen: new Float64Array(experts),
      probability: new Float64Array(experts),
    };
    this.#counts.set(call.weight, counts);
    counts.tokens += y.shape[0] ?? 0;
    for (const expert of bestExperts(borrowValues(y), { experts, chosen: this.#chosen })) {
      counts.chosen[expert] = (counts.chosen[expert] as number) + 1;
    }
    tf.tidy(() => {
      borrowValues(tf.softmax(y)).forEach((value, at) => {
        counts.probability[at % experts] = (counts.probability[at % experts] as number) + value;
      });
    });
  }

  result(): Map<string, RouterStatistics> {
    return new Map(
      [...this.#counts].map(([name, { tokens, chosen, probability }]) => [
        name,
        { tokens, chosenShare: chosen.map((count) => count / tokens), meanProbability: probability.map((sum) => sum / tokens) },
      ]),
    );
  }
}
