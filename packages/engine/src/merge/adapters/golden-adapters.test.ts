import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesSource, decodeToF32, isArithmetic, readHeader } from "../../formats/index.ts";
import { matrix, sumOfSquares, thinSvd } from "../../linalg/index.ts";
import { project } from "../opcm/project.ts";
import {
  adapterDelta,
  addAdapterRows,
  combineCat,
  combineLinear,
  combineSvd,
  extractAdapter,
  type Factors,
  openAdapter,
  readFactors,
  robustMerge,
} from "./index.ts";

// References of scripts/golden: adapters that PEFT wrote, and what PEFT, mergekit and numpy make of them.
const golden = join(import.meta.dirname, "../../../test/golden/merge");

interface Case {
  readonly name: string;
  readonly operation?: string;
  readonly expected: string;
  readonly tolerance: number;
  readonly base?: string;
  readonly model?: string;
  readonly rank?: number;
  readonly adapters?: readonly { readonly adapter: string; readonly weight?: number }[];
  readonly options?: Readonly<Record<string, number>>;
  readonly recipe: {
    readonly method: string;
    readonly parents: readonly { readonly model: string }[];
    readonly parameters: { readonly alpha: number };
  } | null;
}
const cases = JSON.parse(await readFile(join(golden, "cases.json"), "utf8")) as readonly Case[];
const of = (operation: string): readonly Case[] => cases.filter((one) => one.operation === operation);

interface Values {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

async function readTensors(name: string): Promise<Map<string, Values>> {
  const bytes = new Uint8Array(await readFile(join(golden, name)));
  const { tensors } = await readHeader(bytesSource(bytes));
  return new Map(
    tensors.map(({ name, dtype, shape, begin, end }): [string, Values] => {
      if (dtype === "F64") return [name, { shape, values: new Float64Array(bytes.slice(begin, end).buffer) }];
      if (!isArithmetic(dtype)) throw new Error(`${name} is ${dtype}.`);
      return [name, { shape, values: decodeToF32(dtype, bytes.subarray(begin, end)) }];
    }),
  );
}

async function factorsOf(adapter: string, tensor: string): Promise<Factors> {
  const { modules, label } = await openAdapter(join(golden, "adapters", adapter));
  const module = modules.get(tensor);
  if (module === undefined) throw new Error(`${adapter} has no ${tensor}.`);
  return readFactors(module, label);
}

const f32 = ({ values }: Values): Float32Array => Float32Array.from(values);

/** max |difference| / max |expected| */
function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const largest = Array.from(expected).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const difference = Array.from(actual).reduce((most, x, i) => Math.max(most, Math.abs(x - (expected[i] ?? Number.NaN))), 0);
  expect(difference / largest).toBeLessThanOrEqual(tolerance);
}

describe("what PEFT makes of its adapters", () => {
  test.each(of("bake"))("$name", async ({ expected, tolerance, base = "", adapters = [] }) => {
    const weights = await readTensors(`${base}.safetensors`);
    for (const [name, { values }] of await readTensors(expected)) {
      const weight = weights.get(name);
      if (weight === undefined) throw new Error(`${base} has no ${name}.`);
      const baked = f32(weight);
      for (const { adapter } of adapters) {
        const factors = await factorsOf(adapter, name);
        expect([factors.rows, factors.columns]).toEqual(weight.shape);
        addAdapterRows(baked, 0, factors.rows, factors);
      }
      expectClose(baked, values, tolerance);
    }
  });

  test.each([...of("linear"), ...of("cat"), ...of("svd")])(
    "$name",
    async ({ operation, expected, tolerance, adapters = [], options = {} }) => {
      for (const [name, { values }] of await readTensors(expected)) {
        const parts = await Promise.all(
          adapters.map(async ({ adapter, weight = 1 }) => ({ factors: await factorsOf(adapter, name), weight })),
        );
        const combined =
          operation === "linear"
            ? combineLinear(parts)
            : operation === "cat"
              ? combineCat(parts)
              : combineSvd(parts, options["svd_rank"]).factors;
        expectClose(adapterDelta(combined), values, tolerance);
      }
    },
  );
});

test.each(of("extract"))("what mergekit extracts: $name", async ({ expected, tolerance, base = "", model = "", rank = 0 }) => {
  const [before, after, wanted] = [
    await readTensors(`${base}.safetensors`),
    await readTensors(`${model}.safetensors`),
    await readTensors(expected),
  ];
  const tails = [...wanted].filter(([key]) => key.startsWith("tail."));
  expect(tails.length).toBeGreaterThan(0);
  for (const [key, tail] of tails) {
    const name = key.replace("tail.", "");
    const [from, to] = [before.get(name), after.get(name)];
    if (from === undefined || to === undefined) throw new Error(`There is no ${name}.`);
    const [rows = 0, columns = 0] = from.shape;
    const { factors, singularValues, tailEnergy } = extractAdapter(f32(to), f32(from), { rows, columns, rank });
    expectClose([Math.sqrt(tailEnergy)], tail.values, tolerance);
    const product = wanted.get(name);
    if (product !== undefined) expectClose(adapterDelta(factors), product.values, tolerance);
    const values = wanted.get(`singular.${name}`);
    if (values !== undefined) expectClose(singularValues, values.values.slice(0, rank), tolerance);
  }
});

test.each(of("robustmerge"))(
  "what RobustMerge makes of the factors: $name",
  async ({ expected, tolerance, adapters = [], options }) => {
    const { c = 2, keep = 0.2, ratio = 0.2 } = options ?? {};
    for (const [key, { values }] of await readTensors(expected)) {
      const [, module = "", side] = /^(.*)\.lora_([AB])\.weight$/.exec(key) ?? [];
      const factors = await Promise.all(adapters.map(({ adapter }) => factorsOf(adapter, `${module}.weight`)));
      // The references are made before any scaling.
      const bare = factors.map((one) => ({ ...one, scale: 1 }));
      const merged = robustMerge(bare, { keep, distinct: ratio, coefficient: c });
      expectClose(side === "A" ? merged.a : merged.b, values, tolerance);
    }
  },
);

const opcm = cases.filter(({ recipe, name }) => recipe?.method === "opcm" && name === "opcm-layers-only");
test.each(opcm)("what OPCM makes of its arrivals: $name", async ({ expected, tolerance, recipe }) => {
  const base = await readTensors("base.safetensors");
  const models = await Promise.all((recipe?.parents ?? []).map(({ model }) => readTensors(`${model}.safetensors`)));
  const wanted = await readTensors(expected);
  const excluded = /^(model\.embed_tokens|lm_head|model\.norm)\./;
  const sums = new Map<string, Float64Array>();
  const squares = models.map(() => 0);
  for (const [name, { shape, values }] of base) {
    if (excluded.test(name)) continue;
    models.forEach((model, t) => {
      const tau = Float64Array.from(model.get(name)?.values ?? [], (x, i) => x - (values[i] ?? Number.NaN));
      squares[t] = (squares[t] ?? 0) + sumOfSquares(tau);
      const [rows = 0, columns = 0] = shape;
      const sum = sums.get(name);
      const alpha = recipe?.parameters.alpha ?? Number.NaN;
      const added = sum === undefined || shape.length !== 2 ? tau : project(sum, tau, { rows, columns, alpha });
      sums.set(name, sum === undefined ? added : sum.map((x, i) => x + (added[i] ?? Number.NaN)));
    });
  }
  const mean = squares.reduce((total, x) => total + Math.sqrt(x), 0) / models.length;
  const norm = Math.sqrt([...sums.values()].reduce((total, sum) => total + sumOfSquares(sum), 0));
  let compared = 0;
  for (const [name, { values }] of wanted) {
    const sum = sums.get(name);
    if (sum === undefined) continue;
    const start = base.get(name)?.values ?? [];
    expectClose(
      sum.map((x, i) => (start[i] ?? Number.NaN) + (x * mean) / norm),
      values,
      tolerance,
    );
    compared += 1;
  }
  expect(compared).toBeGreaterThan(0);
});

test("singular values of a golden delta are those of numpy", async () => {
  const [wanted, base, model] = [
    await readTensors("adapters/extract-rank-2.safetensors"),
    await readTensors("base.safetensors"),
    await readTensors("m1.safetensors"),
  ];
  for (const [key, { values }] of wanted) {
    if (!key.startsWith("singular.")) continue;
    const name = key.replace("singular.", "");
    const start = base.get(name);
    const [rows = 0, columns = 0] = start?.shape ?? [];
    const delta = Float64Array.from(model.get(name)?.values ?? [], (x, i) => x - (start?.values[i] ?? Number.NaN));
    expectClose(thinSvd(matrix(rows, columns, delta)).s, values, 1e-6);
  }
});
