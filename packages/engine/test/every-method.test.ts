import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { fileSource, readHeader, type TensorData } from "../src/formats/index.ts";
import {
  type MergeOptions,
  mapStatistics,
  mergeToFolder,
  methods,
  openCheckpoint,
  openStatistics,
  type PerModel,
  parseRecipe,
} from "../src/merge/index.ts";
import { type TensorSpec, tensorOf, writeFolder } from "./checkpoints.ts";
import { expectedMerge } from "./oracle.ts";
import { type StatisticFile, writeFisher } from "./statistic-files.ts";

vi.setConfig({ testTimeout: 120_000 });

/** Every type, tensors of several tiles and large enough to be sampled, odd sizes, a scalar and one without elements. */
const specs: readonly TensorSpec[] = [
  { name: "model.embed_tokens.weight", dtype: "BF16", shape: [131, 203] },
  { name: "model.layers.0.mlp.weight", dtype: "F32", shape: [130, 129] },
  { name: "model.layers.0.mlp.bias", dtype: "F16", shape: [13] },
  { name: "model.layers.1.mlp.weight", dtype: "F16", shape: [2051, 9] },
  { name: "model.layers.2.mlp.weight", dtype: "BF16", shape: [401, 397] },
  { name: "model.layers.2.mlp.gate", dtype: "F32", shape: [12, 16] },
  { name: "model.layers.2.mlp.up", dtype: "F32", shape: [12, 20] },
  { name: "model.norm.weight", dtype: "F32", shape: [2] },
  { name: "model.one", dtype: "BF16", shape: [1, 1] },
  { name: "model.none", dtype: "BF16", shape: [0, 4] },
  { name: "model.scale", dtype: "F32", shape: [] },
  { name: "position_ids", dtype: "I64", shape: [1, 33000] },
  { name: "visible", dtype: "BOOL", shape: [5] },
];

const modelCount = 4;
/** The base and fine-tunes of it: small changes, many of them none at all and many of them equal. */
function modelOf(k: number): TensorData[] {
  const base = specs.map((spec) => tensorOf(spec, 1));
  return base.map((tensor) => {
    if (k === 0 || tensor.dtype === "I64" || tensor.dtype === "BOOL") return tensor;
    const data = new Uint8Array(tensor.data);
    const view = new DataView(data.buffer);
    const bytes = tensor.dtype === "F32" ? 4 : 2;
    for (let i = 0; i < data.length / bytes; i += 1) {
      const random = Math.imul(i + 1, 0x9e3779b1 + 2 * k) >>> 20;
      if (random % 3 === 0) continue;
      const step = ((random >> 2) % 32) - 16;
      if (bytes === 4) view.setInt32(4 * i, view.getInt32(4 * i, true) + step * 40_000, true);
      else view.setInt16(2 * i, view.getInt16(2 * i, true) + (tensor.dtype === "F16" ? 8 : 1) * step, true);
    }
    return { ...tensor, data };
  });
}

/** Further recipes of a method, beside the one with defaults. */
const variants: Readonly<Record<string, readonly { own?: object; parameters?: object; count?: number; base?: boolean }[]>> = {
  linear: [{ own: { weight: 0.7 }, parameters: { normalize: false } }, { own: { weight: [0.2, 1, 0.5] } }],
  nuslerp: [{ base: true }, { parameters: { granularity: "row" } }, { base: true, parameters: { granularity: "row" } }],
  multislerp: [{ base: true }],
  task_arithmetic: [{ own: { weight: [{ filter: "mlp", value: 0.4 }, { value: 1 }] }, parameters: { normalize: true } }],
  ties: [
    { own: { density: 0.5 }, parameters: { ties: "all" } },
    { parameters: { trim: "model", ties: "all", elect: "majority", aggregate: "mean" } },
    { own: { density: 0.37 }, parameters: { trim: "model", ties: "first", aggregate: "sum" } },
    { own: { density: [0.1, 0.9] }, parameters: { aggregate: "max" } },
    { own: { density: 0 } },
    { own: { density: 1 } },
  ],
  dare_linear: [{ own: { density: 0.3 } }, { own: { density: 0.3 }, parameters: { rescale: "l1" } }],
  dare_ties: [{ own: { density: 0.6 }, parameters: { rescale: "l1" } }],
  della: [{ own: { density: 0.5 } }, { own: { density: 0.5 }, parameters: { rescale: "l1" } }],
  della_linear: [{ own: { density: 0.4, epsilon: 0.2 }, parameters: { rescale: "none" } }],
  breadcrumbs: [{ own: { density: 0.5, gamma: 0.1 }, parameters: { rescale: "l1" } }],
  breadcrumbs_ties: [{ own: { density: 0.5, gamma: 0 } }],
  model_stock: [{ parameters: { granularity: "row" } }],
  sce: [{ parameters: { topk: 0.3 } }],
  emr: [{ parameters: { rescaleOver: "global" } }],
  pcb: [{ parameters: { lambda: [0.5, 1] } }],
  fisher: [{ own: { weight: [0.2, 1] }, parameters: { normalise: false, favourTarget: false } }],
  ugm: [{ own: { examples: [100, 5000] }, parameters: { alpha: 0.7, baseExamples: 30 } }],
  df_merge: [
    { own: { lambda: 0.5 } },
    { own: { lambda: [0, 1] } },
    { own: { lambda: [{ filter: "mlp", value: 0.9 }, { value: 0.2 }] }, parameters: { granularity: "row" } },
    { own: { lambda: 0.75 }, parameters: { granularity: "tensor", epsilon: 1e-6, normalise: true } },
  ],
  trimmed_df_merge: [{ own: { density: [0.1, 0.6], lambda: 0.4 }, parameters: { granularity: "row" } }],
  dppa: [{ parameters: { multiple: [3, 5], sparsity: 0.5 } }],
};

/** Values for what has no default. */
const needed: Readonly<Record<string, { own?: object; parameters?: object }>> = {
  dare_linear: { own: { density: 0.5 } },
};

const cases = methods
  .filter(({ id }) => !["emr_task"].includes(id))
  .filter((method) => method.output !== ("adapter" as string) && (method as { prepare?: unknown }).prepare == null)
  .flatMap((method) =>
    [needed[method.id] ?? {}, ...(variants[method.id] ?? [])].map((variant, i) => ({
      method,
      variant,
      title: `${method.id} ${i}`,
    })),
  );

/** λ at which statistics are measured, of methods that interpolate. */
const lambdas = [0, 0.5, 1];
/** Statistics of every model at every λ; one tensor is in none of them. */
const statistics: StatisticFile[][] = [];

let root: string;
const models = Array.from({ length: modelCount }, (_, k) => modelOf(k));
/** Folders of the models in 1, 2 and 5 shards; as weights, and marked as task vectors. */
const folders: Record<string, string[]> = {};
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-every-"));
  for (const shards of [1, 2, 5]) {
    for (const space of ["weights", "delta"]) {
      const metadata = new Map(space === "delta" ? [["amalgam.space", "delta"]] : []);
      folders[`${space} ${shards}`] = await Promise.all(
        models.map((tensors, k) =>
          writeFolder(join(root, `${space}-${k}-${shards}`), tensors, { shards, config: { model_type: "x" }, metadata }),
        ),
      );
    }
  }
  const measured = specs.filter(({ name }) => name !== "model.layers.2.mlp.up");
  for (let k = 0; k < modelCount; k += 1)
    statistics[k] = await Promise.all(
      lambdas.map((lambda, l) => writeFisher(join(root, `fisher-${k}-${l}`), measured, 100 * k + 10 * l + 1, { lambda })),
    );
});
afterAll(() => rm(root, { recursive: true }));

async function readTensors(folder: string, files: readonly { path: string }[]): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const { path } of files.filter((file) => file.path.endsWith(".safetensors"))) {
    const bytes = await readFile(join(folder, path));
    const source = await fileSource(join(folder, path));
    for (const { name, begin, end } of (await readHeader(source)).tensors) found.set(name, bytes.subarray(begin, end));
    await source.close();
  }
  return found;
}

/** What a recipe names and the merge reads. */
function statisticsOf({ statistics: need }: (typeof methods)[number], count: number): PerModel<StatisticFile> {
  const own = (k: number) => (need?.at === "scaled" ? (statistics[k] ?? []) : (statistics[k]?.slice(-1) ?? []));
  return {
    base: need?.of === "parents+base" ? own(0).slice(-1) : [],
    parents: Array.from({ length: count }, (_, i) => (need === undefined ? [] : own(i + 1))),
  };
}

describe.each(cases)("$title", ({ method, variant, title }) => {
  const count = Math.min(method.arity.max ?? 3, 3);
  const isMeasured = method.statistics !== undefined;
  const refs = (k: number) => lambdas.slice(method.statistics?.at === "scaled" ? 0 : -1).map((lambda) => `${k} at ${lambda}`);
  const hasBase = method.base === "required" || (variant as { base?: boolean }).base === true;
  const recipe = parseRecipe({
    method: method.id,
    ...(hasBase ? { base: "base" } : {}),
    parents: Array.from({ length: count }, (_, i) => ({
      model: `m${i + 1}`,
      ...(isMeasured ? { statistics: refs(i + 1) } : {}),
      ...variant.own,
    })),
    ...(method.statistics?.of === "parents+base" ? { baseStatistics: ["base"] } : {}),
    parameters: variant.parameters ?? {},
    seed: 7,
  });
  const space = method.accepts.includes("weights") ? "weights" : "delta";
  const run = async (shards: number, options: Partial<MergeOptions>) => {
    const [base = "", ...parents] = folders[`${space} ${shards}`] ?? [];
    const outDir = join(root, `${title} ${shards} ${JSON.stringify(options)}`.replace(/[^\w]+/g, "-"));
    const report = await mergeToFolder({
      recipe,
      base: hasBase ? base : null,
      parents: parents.slice(0, count),
      outDir,
      ...(isMeasured ? { statistics: mapStatistics(statisticsOf(method, count), ({ file }) => file) } : {}),
      digests: "skip",
      durable: false,
      ...options,
    });
    const tensors = await readTensors(outDir, report.files);
    await rm(outDir, { recursive: true });
    return { report, tensors };
  };

  it("gives what the slow interpreter gives, bit for bit, for any threads, tiles and shards, reading what the plan said", async () => {
    const headers = await Promise.all((folders[`${space} 1`] ?? []).map(async (folder) => (await openCheckpoint(folder)).header));
    const [base, ...parents] = headers;
    const given = statisticsOf(method, count);
    const files = mapStatistics(await openStatistics(mapStatistics(given, ({ file }) => file)), ({ header }) => header);
    const measured = [...given.base, ...given.parents.flat()].map(({ tensors }) => tensors);
    const used = [...(hasBase ? models.slice(0, count + 1) : models.slice(1, count + 1)), ...measured];
    const { tensors: expected, plan } = expectedMerge(
      recipe,
      { base: hasBase ? (base ?? null) : null, parents: parents.slice(0, count), statistics: files },
      used,
    );
    const settings = [
      [1, { threads: 1, tileBytes: 65536 }],
      [2, { threads: 2, tileBytes: 262144 }],
      [5, { threads: 7, tileBytes: 4 << 20, maxShardBytes: 200_000 }],
      [1, { threads: 3, tileBytes: 100_000 }],
    ] as const;
    for (const [shards, options] of settings) {
      const { report, tensors } = await run(shards, options);
      const name = JSON.stringify({ shards, ...options });
      expect([...tensors.keys()].sort(), name).toEqual([...expected.keys()].sort());
      for (const [tensor, bytes] of expected)
        expect(Buffer.compare(tensors.get(tensor) ?? new Uint8Array(1), bytes), `${name} ${tensor}`).toBe(0);
      expect(report.bytesRead, name).toBe(plan.readBytes);
    }
  });
});
