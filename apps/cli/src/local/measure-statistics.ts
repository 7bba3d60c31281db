import { readFile } from "node:fs/promises";
import { freemem } from "node:os";
import path from "node:path";
import type { BackendChoice } from "@amalgam/engine/runtime";
import type {
  FisherEstimator,
  MaskChoice,
  OpenInputs,
  RouterStatistics,
  StatisticAbout,
  StatisticRequest,
} from "@amalgam/engine/statistics";
import { refusal } from "../failure.ts";
import { digestOf, sha256 } from "./digest-of.ts";
import { chooseBackend } from "./evaluate-here.ts";

export interface MeasureOptions {
  readonly model: string;
  readonly data: string;
  readonly head?: string | undefined;
  readonly labels?: number | undefined;
  readonly limit?: number | undefined;
  readonly batch?: number | undefined;
  readonly backend?: string | undefined;
  readonly memoryLimitBytes?: number | undefined;
  /** Of plain texts for a masked-language head; what is not said is 15 % by seed 0, and what is said must be of use. */
  readonly masks?: Partial<MaskChoice> | undefined;
  /** File to write; null where nothing is kept. */
  readonly out: string | null;
}

export interface Live {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
}

/** What was measured and at what cost. */
export interface Measured {
  readonly about: StatisticAbout;
  readonly key: string;
  readonly file: string | null;
  readonly tensors: number;
  readonly truncated: number;
  readonly passes: number;
  readonly seconds: number;
  readonly backend: BackendChoice;
}

export interface FisherChoice {
  /** Measures base + λ·(model − base); absent: the model itself */
  readonly ray?: { readonly base: string; readonly lambda: number } | undefined;
  readonly estimator: FisherEstimator;
  readonly likelihood?: "sum" | "mean" | undefined;
}

/** Diagonal Fisher information of a model of this machine, as a file. */
export async function measureFisher(
  options: MeasureOptions,
  { estimator, likelihood, ray }: FisherChoice,
  live: Live,
): Promise<Measured> {
  const { estimatorSettings, inputFisher, moveTo, openRay } = await import("@amalgam/engine/statistics");
  // Beside the weights: sums in f64 and their result; on the way from a base that, the task vector, and the base while it is read.
  return withInputs(options, live, ray === undefined ? 3 : 6, async ({ network, input }) => {
    if (ray !== undefined) {
      const way = await openRay(network, { ...options, base: ray.base });
      moveTo(network.parameters, { ...way, lambda: ray.lambda });
    }
    const found = await inputFisher(network, input, {
      ...{ estimator, ...live },
      ...(likelihood === undefined ? {} : { likelihood }),
      ...(options.batch === undefined ? {} : { batch: options.batch }),
    });
    const tensors = [...found.values].map(([name, values]) => [name, { shape: network.parameters.shape(name), values }] as const);
    return {
      facts: {
        ...{ kind: "fisher", estimator: estimator.kind, settings: estimatorSettings(estimator, input, likelihood) },
        seed: estimator.kind === "sampled" ? estimator.seed : null,
        ...(ray === undefined ? {} : { base: await digestOf(ray.base, live.signal), lambda: ray.lambda }),
      },
      ...{ tensors, passes: found.passes, seconds: found.seconds },
    };
  });
}

/** Gram matrices of the inputs of layers, and counts of tables. */
export async function measureGram(options: MeasureOptions, live: Live): Promise<Measured> {
  const { countExamples, forwardExamples, gramMatrices, gramToTensors, inputSettings } = await import(
    "@amalgam/engine/statistics"
  );
  return withInputs(options, live, 0, async ({ network, input }) => {
    const found = await gramMatrices(network, forwardExamples(input), {
      ...live,
      memoryLimitBytes: options.memoryLimitBytes ?? process.availableMemory?.() ?? freemem(),
      ...(options.batch === undefined ? {} : { batch: options.batch }),
    });
    const facts = { kind: "gram", estimator: "gram", settings: inputSettings(input), seed: null } as const;
    return { facts, tensors: gramToTensors(found), passes: countExamples(input), seconds: found.seconds };
  });
}

/** How the routers of a mixture of experts spread tokens. */
export async function measureRouters(
  options: MeasureOptions,
  live: Live,
): Promise<Measured & { readonly routers: ReadonlyMap<string, RouterStatistics> }> {
  const { countExamples, forwardExamples, inputSettings, routerStatistics } = await import("@amalgam/engine/statistics");
  const chosen = await chosenExperts(options.model);
  let routers: ReadonlyMap<string, RouterStatistics> = new Map();
  const measured = await withInputs(options, live, 0, async ({ network, input }) => {
    const started = performance.now();
    routers = await routerStatistics(network, forwardExamples(input), {
      ...{ chosen, ...live },
      ...(options.batch === undefined ? {} : { batch: options.batch }),
    });
    const tensors = [...routers].flatMap(([name, { chosenShare, meanProbability }]) => [
      [`chosen.${name}`, { shape: [chosenShare.length], values: Float32Array.from(chosenShare) }] as const,
      [`probability.${name}`, { shape: [meanProbability.length], values: Float32Array.from(meanProbability) }] as const,
    ]);
    const facts = { kind: "router", estimator: "router", settings: { ...inputSettings(input), chosen }, seed: null } as const;
    return { facts, tensors, passes: countExamples(input), seconds: (performance.now() - started) / 1000 };
  });
  return { ...measured, routers };
}

type Facts = Pick<StatisticAbout, "kind" | "estimator" | "settings" | "seed"> & Partial<Pick<StatisticAbout, "base" | "lambda">>;

interface Finding {
  readonly facts: Facts;
  readonly tensors: readonly (readonly [name: string, tensor: { shape: readonly number[]; values: Float32Array }])[];
  readonly passes: number;
  readonly seconds: number;
}

async function withInputs(
  options: MeasureOptions,
  { signal }: Live,
  sumsPerWeight: number,
  measure: (opened: OpenInputs) => Promise<Finding>,
): Promise<Measured> {
  const { model, data, head, labels, limit, memoryLimitBytes, masks } = options;
  const { countExamples, estimatorVersions, openInputs, statisticKey, writeStatistic } = await import(
    "@amalgam/engine/statistics"
  );
  const backend = await chooseBackend(options.backend);
  const request: StatisticRequest = {
    ...{ model, data, sumsPerWeight, masks: { share: 0.15, seed: 0, ...masks } },
    ...(head === undefined ? {} : { head }),
    ...(labels === undefined ? {} : { labels }),
    ...(limit === undefined ? {} : { limit }),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
  };
  const opened = await openInputs(request);
  try {
    if (masks !== undefined && !("masks" in opened.input))
      throw refusal("MASKS_UNUSED", "--mask-share and --mask-seed are for plain texts and a model with a masked-language head.");
    const { facts, tensors, passes, seconds } = await measure(opened);
    const about: StatisticAbout = {
      ...{ base: null, lambda: 1 },
      ...facts,
      settings: {
        ...facts.settings,
        ...(head === undefined ? {} : { head: await digestOf(head, signal) }),
      },
      estimatorVersion: estimatorVersions[facts.kind],
      model: await digestOf(model, signal),
      ...{ data: await sha256(data), examples: countExamples(opened.input) },
    };
    if (options.out !== null) await writeStatistic(options.out, about, tensors);
    return {
      ...{ about, key: statisticKey(about), file: options.out, tensors: tensors.length },
      ...{ truncated: opened.truncated, passes, seconds, backend },
    };
  } finally {
    opened.network.dispose();
  }
}

/** `num_experts_per_tok` of a model's config. */
async function chosenExperts(model: string): Promise<number> {
  const config = JSON.parse(await readFile(path.join(model, "config.json"), "utf8")) as unknown;
  const chosen =
    typeof config === "object" && config !== null && "num_experts_per_tok" in config ? config.num_experts_per_tok : null;
  if (typeof chosen === "number" && Number.isInteger(chosen) && chosen > 0) return chosen;
  throw refusal(
    "ROUTER_MISSING",
    `${model}: config.json does not say how many experts work on a token (num_experts_per_tok): it is no mixture of experts.`,
  );
}
