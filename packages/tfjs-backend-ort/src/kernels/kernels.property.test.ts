import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { registerOrtBackend } from "../register-backend.ts";
import { tf } from "../tf.ts";
import { patchLimits } from "./conv-patches.ts";
import { limits } from "./register.ts";

const usual = limits.smallElements;
const usualPatches = { ...patchLimits };

beforeAll(() => {
  registerOrtBackend();
  // Small tensors too go through ONNX Runtime here; in use they stay with tfjs-cpu.
  limits.smallElements = 0;
});

afterAll(() => {
  limits.smallElements = usual;
  Object.assign(patchLimits, usualPatches);
});

type Inputs = readonly { readonly shape: readonly number[]; readonly values: readonly number[] }[];
type Compute = (tensors: tf.Tensor[]) => tf.Tensor;

/** Value of the operation and, with weights over the output, the gradient of every input. */
async function evaluate(backend: string, inputs: Inputs, compute: Compute): Promise<number[][]> {
  await tf.setBackend(backend);
  const results = tf.tidy(() => {
    const tensors = inputs.map(({ shape, values }) => tf.tensor([...values], [...shape], "float32"));
    const value = compute(tensors);
    const weights = tf.tensor(
      Array.from({ length: value.size }, (_, index) => Math.sin(index + 1)),
      value.shape,
    );
    const gradients = tf.grads((...args: tf.Tensor[]) => compute(args))(tensors, weights);
    return [value, ...gradients].map((tensor) => ({ shape: tensor.shape, values: Array.from(tensor.dataSync()) }));
  });
  return results.map(({ shape, values }) => [...shape, ...values]);
}

async function expectSame(inputs: Inputs, compute: Compute): Promise<void> {
  const expected = await evaluate("cpu", inputs, compute);
  const actual = await evaluate("ort", inputs, compute);
  expect(actual.length).toBe(expected.length);
  actual.forEach((values, index) => {
    const reference = expected[index] ?? [];
    expect(values.length).toBe(reference.length);
    values.forEach((value, at) => {
      const wanted = reference[at] ?? 0;
      if (Number.isNaN(wanted)) expect(value).toBeNaN();
      else if (!Number.isFinite(wanted)) expect(value).toBe(wanted);
      else expect(Math.abs(value - wanted)).toBeLessThanOrEqual(2e-5 * (1 + Math.abs(wanted)));
    });
  });
}

const side = fc.integer({ min: 0, max: 5 });
const length = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);
const tensorOf = (shape: readonly number[], range: { min: number; max: number }) =>
  fc
    .array(fc.double({ ...range, noNaN: true }), { minLength: length(shape), maxLength: length(shape) })
    .map((values) => ({ shape, values }));
const shapes = fc.array(side, { minLength: 0, maxLength: 4 });
const usualRange = { min: -3, max: 3 };
const positive = { min: 0.1, max: 3 };

/** A pair of shapes that broadcast: axes dropped from the front or set to 1 in either. */
const broadcastPair = shapes.chain((shape) =>
  fc
    .tuple(
      fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
      fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
      fc.integer({ min: 0, max: shape.length }),
    )
    .map(([onesA, onesB, dropped]) => [
      shape.map((extent, axis) => (onesA[axis] ? 1 : extent)),
      shape.map((extent, axis) => (onesB[axis] ? 1 : extent)).slice(dropped),
    ]),
);

const check = (property: fc.IAsyncProperty<unknown>) => fc.assert(property, { numRuns: 60 });

describe("binary kernels agree with tfjs-cpu, values and gradients, under broadcasting", () => {
  const operations: Record<string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor> = {
    add: tf.add,
    sub: tf.sub,
    mul: tf.mul,
    div: tf.div,
    pow: tf.pow,
    maximum: tf.maximum,
    minimum: tf.minimum,
  };
  test.each(Object.keys(operations))("%s", async (name) => {
    const operation = operations[name] as (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
    const range = name === "pow" || name === "div" ? positive : usualRange;
    const pair = broadcastPair.chain(([a, b]) => fc.tuple(tensorOf(a ?? [], range), tensorOf(b ?? [], range)));
    await check(
      fc.asyncProperty(pair, (inputs) => {
        // In tfjs-core itself the gradient of a broadcast with an empty tensor has the wrong shape, and so has that of any broadcast
        // maximum or minimum.
        const isBroadcast = inputs[0].shape.join() !== inputs[1].shape.join();
        const isMaximum = name === "maximum" || name === "minimum";
        const hasNoGradient = isBroadcast && (isMaximum || inputs.some(({ shape }) => length(shape) === 0));
        const compute: Compute = ([a, b]) => operation(a as tf.Tensor, b as tf.Tensor);
        return hasNoGradient ? expectSameValue(inputs, compute) : expectSame(inputs, compute);
      }),
    );
  });
});

describe("unary kernels agree with tfjs-cpu, values and gradients", () => {
  const operations: Record<string, [(x: tf.Tensor) => tf.Tensor, { min: number; max: number }]> = {
    neg: [tf.neg, usualRange],
    exp: [tf.exp, usualRange],
    log: [tf.log, positive],
    sqrt: [tf.sqrt, positive],
    rsqrt: [tf.rsqrt, positive],
    square: [tf.square, usualRange],
    relu: [tf.relu, usualRange],
    erf: [tf.erf, usualRange],
    tanh: [tf.tanh, usualRange],
    sigmoid: [tf.sigmoid, usualRange],
    abs: [tf.abs, usualRange],
    reciprocal: [tf.reciprocal, positive],
    softmax: [(x) => tf.softmax(x), usualRange],
  };
  test.each(Object.keys(operations))("%s", async (name) => {
    const [operation, range] = operations[name] as [(x: tf.Tensor) => tf.Tensor, { min: number; max: number }];
    const minLength = name === "softmax" ? 1 : 0;
    const input = fc.array(side, { minLength, maxLength: 4 }).chain((shape) => tensorOf(shape, range));
    await check(fc.asyncProperty(input, (x) => expectSame([x], ([a]) => operation(a as tf.Tensor))));
  });

  test("step keeps NaN", async () => {
    await expectSame([{ shape: [4], values: [-1, 0, 2, Number.NaN] }], ([x]) => tf.step(x as tf.Tensor));
  });
});

describe("reductions agree with tfjs-cpu, values and gradients, over any axes", () => {
  const operations: Record<string, (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor> = {
    sum: tf.sum,
    mean: tf.mean,
    max: tf.max,
    min: tf.min,
  };
  test.each(Object.keys(operations))("%s", async (name) => {
    const operation = operations[name] as (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor;
    // The maximum of nothing is not defined, and tfjs-cpu and ONNX Runtime differ on it.
    const smallest = name === "max" || name === "min" ? 1 : 0;
    const sample = fc
      .array(fc.integer({ min: smallest, max: 5 }), { minLength: 1, maxLength: 4 })
      .chain((shape) =>
        fc.record({ x: tensorOf(shape, usualRange), axes: fc.subarray(shape.map((_, axis) => axis)), keep: fc.boolean() }),
      );
    await check(fc.asyncProperty(sample, ({ x, axes, keep }) => expectSame([x], ([a]) => operation(a as tf.Tensor, axes, keep))));
  });
});

describe("matrix products agree with tfjs-cpu, values and gradients", () => {
  const sample = fc
    .record({ m: side, k: side, n: side, batch: broadcastPair, transposeA: fc.boolean(), transposeB: fc.boolean() })
    .filter(({ batch }) => batch.every((shape) => length(shape) > 0 && shape.length <= 2))
    .chain(({ m, k, n, batch: [batchA, batchB], transposeA, transposeB }) =>
      fc.record({
        a: tensorOf([...(batchA ?? []), ...(transposeA ? [k, m] : [m, k])], usualRange),
        b: tensorOf([...(batchB ?? []), ...(transposeB ? [n, k] : [k, n])], usualRange),
        transposeA: fc.constant(transposeA),
        transposeB: fc.constant(transposeB),
      }),
    );
  test("with transposes and broadcast batches", async () => {
    await check(
      fc.asyncProperty(sample, ({ a, b, transposeA, transposeB }) => {
        const batchA = a.shape.slice(0, -2);
        const batchB = b.shape.slice(0, -2);
        const product = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, transposeA, transposeB);
        if (batchA.join() === batchB.join()) return expectSame([a, b], ([x, y]) => product(x as tf.Tensor, y as tf.Tensor));
        // tfjs-cpu mistakes batches that broadcast both ways, and tfjs-core has no gradient for them: the reference gets them spread out.
        const batch = tf.backend_util.assertAndGetBroadcastShape([...batchA], [...batchB]);
        const spread = (x: tf.Tensor) => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
        return expectSameValue(
          [a, b],
          ([x, y]) => product(spread(x as tf.Tensor), spread(y as tf.Tensor)),
          ([x, y]) => product(x as tf.Tensor, y as tf.Tensor),
        );
      }),
    );
  });

  test.each(["linear", "relu"] as const)("fused with bias and %s", async (activation) => {
    const inputs = [
      { shape: [3, 4], values: Array.from({ length: 12 }, (_, i) => Math.sin(i)) },
      { shape: [4, 2], values: Array.from({ length: 8 }, (_, i) => Math.cos(i)) },
      { shape: [2], values: [0.5, -0.5] },
    ];
    await expectSame(inputs, ([a, b, bias]) =>
      tf.fused.matMul({ a: a as tf.Tensor, b: b as tf.Tensor, bias: bias as tf.Tensor, activation }),
    );
  });
});

const square = ([side]: readonly [number, number]): [number, number] => [side, side];

test.each([
  ["ONNX Runtime's own", { channels: Number.POSITIVE_INFINITY, pixels: 0 }],
  ["over patches", { channels: 1, pixels: Number.POSITIVE_INFINITY }],
])("convolutions %s agree with tfjs-cpu, values and gradients, for strides, dilations and paddings", async (_, chosen) => {
  Object.assign(patchLimits, chosen);
  const extent = fc.integer({ min: 1, max: 3 });
  const sample = fc
    .record({
      image: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 5, max: 9 }), fc.integer({ min: 5, max: 9 }), extent),
      kernel: fc.tuple(extent, extent),
      channels: extent,
      stride: fc.tuple(extent, extent),
      dilation: fc.constantFrom(1, 2),
      pad: fc.constantFrom<"same" | "valid" | 0 | 1 | 2>("same", "valid", 0, 1, 2),
    })
    .map((drawn) => ({ ...drawn, stride: drawn.dilation > 1 ? ([1, 1] as [number, number]) : drawn.stride }))
    // TensorFlow.js reckons the width of the result from the filter's height and its stride where the padding is a number.
    .map((drawn) =>
      typeof drawn.pad === "number" ? { ...drawn, kernel: square(drawn.kernel), stride: square(drawn.stride) } : drawn,
    )
    .chain((drawn) =>
      fc.record({
        x: tensorOf(drawn.image, usualRange),
        filter: tensorOf([...drawn.kernel, drawn.image[3], drawn.channels], usualRange),
        options: fc.constant(drawn),
      }),
    );
  await check(
    fc.asyncProperty(sample, ({ x, filter, options: { stride, dilation, pad } }) => {
      const compute: Compute = ([a, b]) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad, "NHWC", dilation);
      // tfjs-core has no gradient of a dilated convolution.
      return dilation > 1 ? expectSameValue([x, filter], compute) : expectSame([x, filter], compute);
    }),
  );
});

test("max pooling agrees with tfjs-cpu, values and gradients, for strides and paddings", async () => {
  const sample = fc
    .record({
      image: fc.tuple(
        fc.integer({ min: 1, max: 2 }),
        fc.integer({ min: 3, max: 8 }),
        fc.integer({ min: 3, max: 8 }),
        fc.integer({ min: 1, max: 3 }),
      ),
      size: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      pad: fc.constantFrom<"same" | "valid" | 0 | 1>("same", "valid", 0, 1),
      // Whole numbers: windows with several largest ones.
      isWhole: fc.boolean(),
    })
    .chain((drawn) => fc.record({ x: tensorOf(drawn.image, usualRange), options: fc.constant(drawn) }));
  await check(
    fc.asyncProperty(sample, ({ x, options: { size, stride, pad, isWhole } }) => {
      const values = isWhole ? x.values.map(Math.round) : x.values;
      const padding = pad === 1 && size === 1 ? 0 : pad;
      return expectSame([{ ...x, values }], ([a]) => tf.maxPool(a as tf.Tensor4D, size, stride, padding));
    }),
  );
});

test("max pooling shows NaN where a window sees it", async () => {
  const values = [1, Number.NaN, 3, 4, 5, 6, 7, 8];
  const pooled = await valueOn("ort", [{ shape: [1, 2, 4, 1], values }], ([x]) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid"));
  expect(pooled.slice(4)).toEqual([Number.NaN, 8]);
});

/** Compares values alone; `actual` may reach the same result in another way than the reference. */
async function expectSameValue(inputs: Inputs, reference: Compute, actual: Compute = reference): Promise<void> {
  const expected = await valueOn("cpu", inputs, reference);
  const found = await valueOn("ort", inputs, actual);
  expect(found.length).toBe(expected.length);
  found.forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 4);
  });
}

async function valueOn(backend: string, inputs: Inputs, compute: Compute): Promise<number[]> {
  await tf.setBackend(backend);
  return tf.tidy(() => {
    const result = compute(inputs.map(({ shape, values }) => tf.tensor([...values], [...shape], "float32")));
    return [...result.shape, ...result.dataSync()];
  });
}

describe("structural kernels agree with tfjs-cpu, values and gradients", () => {
  const shaped = fc.array(side, { minLength: 1, maxLength: 4 });

  test("transpose", async () => {
    const sample = shaped.chain((shape) =>
      fc.record({
        x: tensorOf(shape, usualRange),
        perm: fc.shuffledSubarray(
          shape.map((_, axis) => axis),
          { minLength: shape.length },
        ),
      }),
    );
    await check(fc.asyncProperty(sample, ({ x, perm }) => expectSame([x], ([a]) => tf.transpose(a as tf.Tensor, perm))));
  });

  test("slice", async () => {
    const sample = shaped.chain((shape) =>
      fc.record({
        x: tensorOf(shape, usualRange),
        cuts: fc.tuple(
          ...shape.map((extent) => fc.tuple(fc.integer({ min: 0, max: extent }), fc.integer({ min: 0, max: extent }))),
        ),
      }),
    );
    await check(
      fc.asyncProperty(sample, ({ x, cuts }) => {
        const begin = cuts.map(([a, b]) => Math.min(a, b));
        const size = cuts.map(([a, b]) => Math.abs(a - b));
        return expectSame([x], ([a]) => tf.slice(a as tf.Tensor, begin, size));
      }),
    );
  });

  test("split and concat", async () => {
    const sample = shaped.chain((shape) =>
      fc.record({ x: tensorOf(shape.with(0, 4), usualRange), y: tensorOf(shape.with(0, 3), usualRange) }),
    );
    await check(
      fc.asyncProperty(sample, ({ x, y }) =>
        expectSame([x, y], ([a, b]) => {
          const [first, second] = tf.split(a as tf.Tensor, [1, 3], 0) as [tf.Tensor, tf.Tensor];
          return tf.concat([second, b as tf.Tensor, first], 0);
        }),
      ),
    );
  });

  test("tile", async () => {
    const sample = fc
      .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 })
      .chain((shape) =>
        fc.record({ x: tensorOf(shape, usualRange), reps: fc.tuple(...shape.map(() => fc.integer({ min: 1, max: 3 }))) }),
      );
    await check(fc.asyncProperty(sample, ({ x, reps }) => expectSame([x], ([a]) => tf.tile(a as tf.Tensor, reps))));
  });

  test("gather, whose gradient is a segment sum", async () => {
    const sample = fc
      .tuple(fc.integer({ min: 1, max: 5 }), side, fc.array(fc.nat(100), { maxLength: 6 }))
      .chain(([rows, width, ids]) =>
        fc.record({ x: tensorOf([rows, width], usualRange), ids: fc.constant(ids.map((id) => id % rows)) }),
      );
    await check(
      fc.asyncProperty(sample, ({ x, ids }) => expectSame([x], ([a]) => tf.gather(a as tf.Tensor, tf.tensor1d(ids, "int32")))),
    );
  });
});
