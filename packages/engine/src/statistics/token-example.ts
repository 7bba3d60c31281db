import { type Network, padBatch, type tf } from "../runtime/index.ts";

/** A text of which some positions are asked for a token. */
export interface TokenExample {
  /** What an encoder reads, for networks of pairs. */
  readonly source?: readonly number[];
  readonly input: readonly number[];
  /** Columns of `input`: those of masked tokens, or of the tokens before the ones that are asked for. */
  readonly positions: readonly number[];
  /** The right token at each position. */
  readonly targets: readonly number[];
}

/** The tokens from `from` on, each given all before it. A text for a decoder begins with its start token. */
export function continuation(tokens: readonly number[], from = 1, source?: readonly number[]): TokenExample {
  const targets = tokens.slice(from);
  const positions = targets.map((_, index) => from - 1 + index);
  return { ...(source === undefined ? {} : { source }), input: tokens.slice(0, -1), positions, targets };
}

export interface TokenRows {
  logits(): tf.Tensor2D;
  /** Rows of logits that each example has: the most positions of any; an example with fewer has its first one again. */
  readonly rows: number;
}

/** One batch, every example with as many rows. @throws Error for a network that does not say tokens, or an example without positions */
export function collateTokens(network: Network, examples: readonly TokenExample[]): TokenRows {
  if (network.head === "classification" || (network.input !== "tokens" && network.input !== "pairs"))
    throw new Error(`${network.architecture} with a ${network.head} head says no tokens.`);
  const rows = Math.max(...examples.map(({ positions }) => positions.length));
  const input = padBatch(examples.map((each) => each.input));
  const places = Int32Array.from({ length: examples.length * rows }, (_, index) => {
    const { positions } = examples[Math.floor(index / rows)] as TokenExample;
    return Math.floor(index / rows) * input.length + (positions[index % rows] ?? positions[0] ?? 0);
  });
  if (network.input === "tokens") return { rows, logits: () => network.logits(input, places) };
  const source = padBatch(examples.map((each) => each.source ?? []));
  return { rows, logits: () => network.logits({ source, target: input }, places) };
}
