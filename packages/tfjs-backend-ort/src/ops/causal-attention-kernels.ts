import type { OrtBackend } from "../backend.ts";
import { type Attributes, input, type KernelCall, register } from "../kernels/register.ts";
import { type Operand, sessionFor } from "../session.ts";
import type { tf } from "../tf.ts";
import type { CausalAttentionShape } from "./causal-attention.ts";
import { backwardGraph, forwardGraph, type HeadSizes } from "./causal-attention-graphs.ts";
import { causalMask } from "./causal-mask.ts";

/**
 * Texts longer than `together` are taken one by one and in blocks of `rows` queries, each with the keys that it sees: half the products
 * fall away, and the scores need memory for one block, not for length². Shorter ones go in one block, all texts together. Tests set them.
 */
export const causalLimits = { together: 128, rows: 64 };

export function registerCausalAttentionKernels(): void {
  register("OrtCausalAttention", forward);
  register("OrtCausalAttentionGrad", backward);
}

/** Texts and the positions of their queries, begin ≤ p < end, which see no key before `first`. */
interface Block {
  readonly text: number;
  readonly texts: number;
  readonly first: number;
  readonly begin: number;
  readonly end: number;
}

interface Sizes extends CausalAttentionShape, HeadSizes {}

function sizesOf(attrs: Attributes, query: tf.TensorInfo): Sizes {
  const shape = attrs as unknown as CausalAttentionShape;
  return { ...shape, group: shape.heads / shape.keyHeads, size: (query.shape[1] ?? 0) / shape.heads };
}

function blocksOf({ batch, length, window = length }: CausalAttentionShape): Block[] {
  const { together, rows } = causalLimits;
  if (length <= together) return [{ text: 0, texts: batch, first: 0, begin: 0, end: length }];
  const blocks: Block[] = [];
  for (let begin = 0; begin < length; begin += rows) {
    const end = Math.min(begin + rows, length);
    for (let text = 0; text < batch; text++) blocks.push({ text, texts: 1, first: Math.max(0, begin - window + 1), begin, end });
  }
  return blocks;
}

/** Views, without copies, of what a block reads and writes. */
function blockViews({ length, keyHeads, group, size, window = length }: Sizes, { text, texts, first, begin, end }: Block) {
  const [rows, seen] = [end - begin, end - first];
  const queryWidth = keyHeads * group * size;
  const keyWidth = keyHeads * size;
  return {
    query: (values: Float32Array): Operand => ({
      values: values.subarray((text * length + begin) * queryWidth).subarray(0, texts * rows * queryWidth),
      shape: [texts, rows, keyHeads, group, size],
    }),
    key: (values: Float32Array): Operand => ({
      values: values.subarray((text * length + first) * keyWidth).subarray(0, texts * seen * keyWidth),
      shape: [texts, seen, keyHeads, size],
    }),
    mask: (): Operand => ({
      values: causalMask({ rows, seen, window, copies: group }),
      shape: [group * rows, seen],
    }),
  };
}

function forward(call: KernelCall): tf.TensorInfo {
  const { attrs, backend } = call;
  const [query, key, value] = [input(call, "query"), input(call, "key"), input(call, "value")];
  const sizes = sizesOf(attrs, query);
  const session = sessionFor(`OrtCausalAttention ${sizes.size} ${sizes.group}`, () => forwardGraph(sizes), true);
  const out = backend.allocate(backend.floats(query).length);
  for (const block of blocksOf(sizes)) {
    const view = blockViews(sizes, block);
    session.run(
      {
        query: view.query(backend.floats(query)),
        key: view.key(backend.floats(key)),
        value: view.key(backend.floats(value)),
        mask: view.mask(),
      },
      { out: view.query(out) },
    );
  }
  return backend.makeOutputTensor(query.shape, out);
}

/** The probabilities are computed again, block by block: kept, they would be the largest tensors of a network. */
function backward(call: KernelCall): tf.TensorInfo[] {
  const { attrs, backend } = call;
  const [dy, out, query, key, value] = ["dy", "out", "query", "key", "value"].map((name) =>
    backend.floats(input(call, name)),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array];
  const sizes = sizesOf(attrs, input(call, "query"));
  const session = sessionFor(`OrtCausalAttentionGrad ${sizes.size} ${sizes.group}`, () => backwardGraph(sizes), true);
  const blocks = blocksOf(sizes);
  const dquery = backend.allocate(query.length);
  const dkey = backend.allocate(key.length);
  const dvalue = backend.allocate(value.length);
  const run = (block: Block, dk: Operand, dv: Operand) => {
    const view = blockViews(sizes, block);
    session.run(
      {
        dy: view.query(dy),
        out: view.query(out),
        query: view.query(query),
        key: view.key(key),
        value: view.key(value),
        mask: view.mask(),
      },
      { dquery: view.query(dquery), dkey: dk, dvalue: dv },
    );
  };
  const [only, ...more] = blocks;
  if (only !== undefined && more.length === 0) {
    const view = blockViews(sizes, only);
    run(only, view.key(dkey), view.key(dvalue));
  } else {
    addBlocks(backend, sizes, blocks, { dkey: dkey.fill(0), dvalue: dvalue.fill(0) }, run);
  }
  const keyShape = input(call, "key").shape;
  return [
    backend.makeOutputTensor(input(call, "query").shape, dquery),
    backend.makeOutputTensor(keyShape, dkey),
    backend.makeOutputTensor(keyShape, dvalue),
  ];
}

/** Keys are seen by several blocks: their gradients are added up, one block after the other. */
function addBlocks(
  backend: OrtBackend,
  sizes: Sizes,
  blocks: readonly Block[],
  { dkey, dvalue }: { dkey: Float32Array; dvalue: Float32Array },
  run: (block: Block, dk: Operand, dv: Operand) => void,
): void {
  const longest = sizes.length * sizes.keyHeads * sizes.size;
  const parts = [backend.allocate(longest), backend.allocate(longest)] as const;
  for (const block of blocks) {
    const view = blockViews(sizes, block);
    const totals = [view.key(dkey), view.key(dvalue)] as const;
    const own = totals.map(({ shape, values }, index) => ({
      shape,
      values: (parts[index] ?? parts[0]).subarray(0, values.length),
    }));
    run(block, own[0] as Operand, own[1] as Operand);
    totals.forEach(({ values }, index) => {
      add(values as Float32Array, (own[index] as Operand).values as Float32Array);
    });
  }
  for (const part of parts) backend.disposeIntermediateTensorInfo(backend.makeOutputTensor([longest], part));
}

function add(total: Float32Array, part: Float32Array): void {
  for (let index = 0; index < total.length; index++) total[index] = (total[index] as number) + (part[index] as number);
}
