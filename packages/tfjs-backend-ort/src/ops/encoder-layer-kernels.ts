import type { OrtBackend } from "../backend.ts";
import { input, type KernelCall, operand, register, sizeOf } from "../kernels/register.ts";
import { type Operand, sessionFor } from "../session.ts";
import { tf } from "../tf.ts";
import type { EncoderLayerShape, EncoderLayerWeights } from "./encoder-layer.ts";
import { backwardGraph, forwardGraph, savedNames, weightNames } from "./encoder-layer-graphs.ts";
import { callFused, isTaping } from "./kernel.ts";

export function registerEncoderLayerKernels(): void {
  register("OrtEncoderLayer", forward);
  register("OrtEncoderLayerGrad", backward);
}

interface LayerAttributes extends EncoderLayerShape {
  readonly isTraining: boolean;
}

function forward(call: KernelCall): tf.TensorInfo[] {
  const attrs = call.attrs as unknown as LayerAttributes;
  const x = input(call, "x");
  const settings = { width: x.shape[1] ?? 0, heads: attrs.heads, epsilon: attrs.epsilon };
  const key = `OrtEncoderLayer ${settings.width} ${settings.heads} ${settings.epsilon} ${attrs.isTraining}`;
  const session = sessionFor(key, () => forwardGraph(settings, attrs.isTraining), true);
  const shapes = savedShapes(attrs, settings.width, input(call, "wide_weight").shape[0] ?? 0);
  const outputs: Record<string, readonly number[]> = attrs.isTraining ? { y: x.shape, ...shapes } : { y: x.shape };
  return run(call, session, outputs, attrs, settings.width);
}

function backward(call: KernelCall): tf.TensorInfo[] {
  const attrs = call.attrs as unknown as LayerAttributes;
  const x = input(call, "x");
  const width = x.shape[1] ?? 0;
  const wide = input(call, "wide_weight").shape[0] ?? 0;
  const session = sessionFor(
    `OrtEncoderLayerGrad ${width} ${attrs.heads}`,
    () => backwardGraph({ width, heads: attrs.heads, epsilon: attrs.epsilon }),
    true,
  );
  const outputs: Record<string, readonly number[]> = { dx: x.shape };
  for (const name of weightNames) outputs[`d_${name}`] = weightShape(name, width, wide);
  return run(call, session, outputs, attrs, width);
}

function run(
  { inputs, backend }: { inputs: KernelCall["inputs"]; backend: OrtBackend },
  session: { run(inputs: Record<string, Operand>, outputs: Record<string, Operand>): void },
  outputs: Readonly<Record<string, readonly number[]>>,
  { batch, length, heads }: EncoderLayerShape,
  width: number,
): tf.TensorInfo[] {
  const feeds: Record<string, Operand> = {
    head_shape: { values: BigInt64Array.from([batch, length, heads, width / heads].map(BigInt)), shape: [4] },
  };
  for (const name in inputs) {
    const tensor = inputs[name];
    if (tensor !== undefined) feeds[name] = operand(backend, tensor);
  }
  const arrays = Object.entries(outputs).map(([name, shape]) => ({ name, shape, values: backend.allocate(sizeOf(shape)) }));
  session.run(feeds, Object.fromEntries(arrays.map(({ name, shape, values }) => [name, { shape, values }])));
  return arrays.map(({ shape, values }) => backend.makeOutputTensor(shape, values));
}

function savedShapes({ batch, length, heads }: EncoderLayerShape, width: number, wide: number) {
  const rows = batch * length;
  const apart = [batch, heads, length, width / heads];
  return {
    query_heads: apart,
    key_heads: apart,
    value_heads: apart,
    probabilities: [batch, heads, length, length],
    context: [rows, width],
    output_sum: [rows, width],
    output_mean: [rows, 1],
    output_inverse: [rows, 1],
    attended: [rows, width],
    gelu: [rows, wide],
    gelu_slope: [rows, wide],
    narrow_sum: [rows, width],
    narrow_mean: [rows, 1],
    narrow_inverse: [rows, 1],
  } satisfies Record<(typeof savedNames)[number], readonly number[]>;
}

function weightShape(name: string, width: number, wide: number): readonly number[] {
  if (name === "wide_weight") return [wide, width];
  if (name === "narrow_weight") return [width, wide];
  if (name === "wide_bias") return [wide];
  return name.endsWith("_weight") ? [width, width] : [width];
}

function flatten(weights: EncoderLayerWeights): tf.Tensor[] {
  const { query, key, value, output, outputNorm, wide, narrow, narrowNorm } = weights;
  const dense = [query, key, value, output].flatMap(({ weight, bias }) => [weight, bias]);
  const feedForward = [wide, narrow].flatMap(({ weight, bias }) => [weight, bias]);
  return [...dense, outputNorm.gamma, outputNorm.beta, ...feedForward, narrowNorm.gamma, narrowNorm.beta];
}

const named = (names: readonly string[], tensors: readonly tf.Tensor[]): Record<string, tf.Tensor> =>
  Object.fromEntries(names.map((name, index) => [name, tensors[index] as tf.Tensor]));

/** Gradients for x and for all sixteen weights. */
export function fusedEncoderLayer(
  x: tf.Tensor2D,
  mask: tf.Tensor4D,
  weights: EncoderLayerWeights,
  shape: EncoderLayerShape,
): tf.Tensor2D {
  const isTraining = isTaping();
  const op = tf.customGrad((...args) => {
    const save = args.at(-1) as unknown as tf.GradSaveFunc;
    const tensors = args.slice(0, -1) as tf.Tensor[];
    const [a, ...given] = tensors as [tf.Tensor, ...tf.Tensor[]];
    const attrs = { ...shape, isTraining };
    const [y, ...kept] = callFused("OrtEncoderLayer", { x: a, mask, ...named(weightNames, given) }, attrs) as [
      tf.Tensor,
      ...tf.Tensor[],
    ];
    save([...tensors, ...kept]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const inputs = named(["x", ...weightNames, ...savedNames], saved);
      for (const name of weightNames) if (name.endsWith("bias") || name.endsWith("beta")) delete inputs[name];
      return callFused("OrtEncoderLayerGrad", { dy, ...inputs }, attrs);
    };
    return { value: y, gradFunc };
  });
  return op(x, ...flatten(weights)) as tf.Tensor2D;
}
