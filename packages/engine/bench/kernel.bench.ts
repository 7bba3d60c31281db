import {
  abs,
  compileKernel,
  type Element,
  input,
  KernelInstance,
  type KernelMemory,
  kernelMemory,
  methods,
  outlineOf,
  rank,
  shapeFor,
  sub,
} from "@amalgam/engine";
import { type ArithmeticDtype, dtypes } from "@amalgam/engine/formats";
import { roundToBf16, Weights } from "./checkpoints.ts";
import { type Line, line, median } from "./side-by-side.ts";
import { streamLoop } from "./stream-loop.ts";

const rounds = 9;
const roundSeconds = 0.08;
const columns = 4096;
/** The tile that a merge takes by default, and one that no cache holds. */
const [cached, uncached] = [1 << 18, 1 << 26];
const inCache = "tiles of 256 KiB";
const inMemory = "tiles of 64 MiB";

interface Case {
  readonly value: Element;
  readonly dtype: ArithmeticDtype;
  readonly inputs: number;
  readonly tileBytes: number;
  readonly output?: ArithmeticDtype;
}

/** A kernel with its tiles full of weights, a base first where there is one more than parents. */
interface Loaded {
  readonly instance: KernelInstance;
  readonly memory: KernelMemory;
  readonly elements: number;
  readonly inputBytes: number;
}

/** Bytes of weights in a type. */
function encode(values: Float32Array, dtype: ArithmeticDtype): Uint8Array {
  if (dtype === "F32") return new Uint8Array(values.buffer);
  if (dtype === "BF16") return new Uint8Array(roundToBf16(values).buffer);
  const outline = outlineOf({ inputs: ["F32"], output: { value: input(0), stored: dtype }, statistics: [] });
  const shape = shapeFor([outline], 4 * values.length);
  const memory = kernelMemory(shape);
  const instance = new KernelInstance(compileKernel(outline, shape), memory);
  memory.input(0).set(new Uint8Array(values.buffer));
  instance.begin(factsOf(values.length));
  instance.merge({ begin: 0, count: values.length });
  return memory.output.slice(0, 2 * values.length);
}

/** The largest 20 % of normal(0, 0.0015), found before. */
const factsOf = (elements: number) => ({
  elements,
  columns,
  measured: () => Number.NaN,
  reduced: () => Number.NaN,
  border: () => ({ threshold: 1.2816 * 0.0015, cut: elements }),
  key: (stream: number) => [stream, 7] as const,
});

function load({ value, dtype, inputs, tileBytes, output = dtype }: Case): Loaded {
  const types = Array.from({ length: inputs }, () => dtype);
  const outline = outlineOf({ inputs: types, output: { value, stored: output }, statistics: [] });
  const shape = shapeFor([outline], tileBytes, outline.program.byRow ? columns : 0);
  const memory = kernelMemory(shape);
  const instance = new KernelInstance(compileKernel(outline, shape), memory);
  const elements = tileBytes / Math.max(dtypes[dtype].sizeBytes, dtypes[output].sizeBytes);
  const inputBytes = elements * dtypes[dtype].sizeBytes;
  for (let k = 0; k < inputs; k += 1) {
    // A megabyte or so repeats itself in the large tiles.
    const part = encode(new Weights(k).next(Math.min(elements, 1 << 18)), dtype);
    for (let at = 0; at < inputBytes; at += part.length) memory.input(k).set(part, at);
  }
  instance.begin(factsOf(elements));
  return { instance, memory, elements, inputBytes: inputs * inputBytes };
}

const merging = ({ instance, elements }: Loaded) => ({
  step: () => {
    if (!instance.merge({ begin: 0, count: elements })) throw new Error("The merge is not finite.");
  },
});

/** The value that a method computes for weights in bf16, with its defaults. */
function valueBy(id: string, count = 4): { value: Element; inputs: number } {
  const method = methods.find((candidate) => candidate.id === id);
  if (method === undefined) throw new Error(`There is no method ${id}.`);
  const first = method.base === "required" ? 1 : 0;
  const base = first === 1 ? input(0) : null;
  const parents = Array.from({ length: count }, (_, i) => {
    const value = input(first + i);
    const delta = base === null ? value : sub(value, base);
    return { value, delta, space: "weights" as const, input: first + i, own: method.perParent.parse({}) };
  });
  const [built] = method.build({ base, parents, params: method.params.parse({}) });
  if (built === undefined) throw new Error(`${id} builds nothing.`);
  return { value: built.value, inputs: count + first };
}

/** Calls in a second of this thread's processor time, of each side in turn. */
function perCpuSecond(sides: readonly { step(): void }[]): number[] {
  const rates = sides.map((): number[] => []);
  // Optimised code arrives after some calls.
  for (const { step } of sides) repeat(step);
  for (let round = 0; round < rounds; round += 1) sides.forEach(({ step }, i) => void rates[i]?.push(repeat(step)));
  return rates.map(median);
}

function repeat(step: () => void): number {
  const before = process.cpuUsage();
  for (let calls = 1; ; calls += 1) {
    step();
    const { user, system } = process.cpuUsage(before);
    if (user + system > 1e6 * roundSeconds) return calls / ((user + system) / 1e6);
  }
}

/** Average and task arithmetic in each type against what memory allows: loading four streams and storing one, and memcpy. */
function* againstMemory(id: string, dtype: ArithmeticDtype, tileBytes: number, where: string): Iterable<Line> {
  const loaded = load({ ...valueBy(id), dtype, tileBytes });
  const { memory, inputBytes } = loaded;
  const streams = streamLoop(tileBytes);
  const tiles = inputBytes / tileBytes;
  const copy = () => {
    for (let k = 0; k < tiles; k += 1) memory.output.set(memory.input(k).subarray(0, tileBytes));
  };
  const [merged = 0, streamed = 0, copied = 0] = perCpuSecond([merging(loaded), { step: streams }, { step: copy }]);
  const rate = (calls: number, bytes: number): number => (calls * bytes) / 1e9;
  const title = `${id} of 4${id === "linear" ? "" : " and a base"}, ${dtype} in and out, ${where}`;
  const speed = rate(merged, inputBytes);
  yield line("kernel", title, "GB/CPU-s", speed, "four streams in, one out, in WebAssembly", rate(streamed, 4 * tileBytes));
  yield line("kernel", title, "GB/CPU-s", speed, "memcpy of the inputs", rate(copied, inputBytes));
}

/** The same merge in F16 against BF16. */
function* halfAgainstBf16(tileBytes: number, where: string): Iterable<Line> {
  const sides = (["F16", "BF16"] as const).map((dtype) => load({ ...valueBy("linear"), dtype, tileBytes }));
  const [half = 0, bf16 = 0] = perCpuSecond(sides.map(merging));
  const rate = (calls: number): number => (calls * (sides[0]?.inputBytes ?? 0)) / 1e9;
  yield line("kernel", `linear of 4 in F16, ${where}`, "GB/CPU-s", rate(half), "in BF16", rate(bf16));
}

/** What the sparse methods are made of, in bf16, against the average of four. */
function* parts(): Iterable<Line> {
  const linear = load({ ...valueBy("linear"), dtype: "BF16", tileBytes: cached });
  const loaded = (id: string): Loaded => load({ ...valueBy(id), dtype: "BF16", tileBytes: cached });
  const ties = loaded("ties");
  const magnitude = abs(sub(input(1), input(0)));
  const one = load({ ...valueBy("ties", 1), dtype: "BF16", tileBytes: cached });
  // Keys of positive values are their bits: a band around the border as a sample gives it, 1 in 50.
  const [low = 0, high = 0] = new Int32Array(Float32Array.of(1.26 * 0.0015, 1.31 * 0.0015).buffer);
  const band = { low, high, hot: [-(2 ** 31), -(2 ** 31)] as const };
  const select = {
    step: () => one.instance.select(0, 0, band, { begin: 0, count: one.elements }, () => {}),
  };
  const ranks = load({ value: rank(magnitude), inputs: 2, dtype: "BF16", output: "F32", tileBytes: cached });
  const sides: (readonly [string, Loaded, { step(): void }])[] = [
    ["ties, last pass", ties, merging(ties)],
    ["select: band around the border of one parent and a base", one, select],
    ...["dare_linear", "dare_ties", "della"].map((id) => {
      const kernel = loaded(id);
      return [`${id}, last pass`, kernel, merging(kernel)] as const;
    }),
    ["ranks of one parent and a base, rows of 4096", ranks, merging(ranks)],
  ];
  const [average = 0, ...rates] = perCpuSecond([merging(linear), ...sides.map(([, , side]) => side)]);
  const reference = (average * linear.inputBytes) / 1e9;
  for (const [i, [title, { inputBytes }]] of sides.entries())
    yield line(
      "kernel",
      `${title}, BF16, ${inCache}`,
      "GB/CPU-s",
      ((rates[i] ?? 0) * inputBytes) / 1e9,
      "linear of 4",
      reference,
    );
}

function* run(): Iterable<Line> {
  for (const id of ["linear", "task_arithmetic"])
    for (const dtype of ["BF16", "F16", "F32"] as const) yield* againstMemory(id, dtype, cached, inCache);
  // What a machine's memory allows shows where no cache helps.
  for (const dtype of ["BF16", "F16"] as const) yield* againstMemory("linear", dtype, uncached, inMemory);
  yield* halfAgainstBf16(cached, inCache);
  yield* halfAgainstBf16(uncached, inMemory);
  yield* parts();
}

export const benches = [{ name: "kernel", run }];
