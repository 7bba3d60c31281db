import {
  estimatorSettings,
  estimatorVersions,
  type FisherEstimator,
  type StatisticAbout,
  statisticKey,
} from "@amalgam/engine/statistic-about";
import type { Prisma, Split } from "../../generated/prisma/client.ts";
import type { ReadyVersion } from "../models/load-ready-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { refuse } from "../refuse.ts";
import type { TaskWithSplits } from "./load-task.ts";
import { measurableOf } from "./measurable.ts";

/** A statistic by the key that it has, measured or not. */
export interface WantedStatistic {
  readonly key: string;
  readonly about: StatisticAbout;
  readonly version: ReadyVersion;
  readonly base: ReadyVersion | null;
  readonly headId: string | null;
  readonly splitId: string;
}

/** How a statistic is measured. */
export type Estimation = { readonly kind: "gram" } | { readonly kind: "fisher"; readonly estimator: FisherEstimator };

export interface WantedPoints {
  readonly version: ReadyVersion;
  /** θ₀ of the points that are not λ = 1. */
  readonly base: ReadyVersion | null;
  readonly lambdas: readonly number[];
  /** Share of the task vector's elements that is kept on the way from the base, the largest; absent: all */
  readonly density?: number;
  readonly task: TaskWithSplits;
  readonly split: Split;
  readonly how: Estimation;
  /** The first so many examples, or all where there are fewer. */
  readonly examples: number;
}

/**
 * The statistics of a version on a split at some λ, with their keys: those that `amalgam statistics` gives for the same files.
 * @param path places in the caller's input that faults are told at
 * @throws RefusedError where nothing can be measured
 */
export function wantedStatistics(
  { version, base, lambdas, density = 1, task, split, how, examples }: WantedPoints,
  path: Readonly<Record<"version" | "task" | "estimator", readonly (string | number)[]>>,
): WantedStatistic[] {
  if (version.kind === "ADAPTER" || version.space === "delta")
    refuse("NOT_RUNNABLE", `${formatRef(version)} is no whole model, so nothing can be measured on it.`, path.version);
  const measurable = measurableOf[task.kind];
  if (measurable === null)
    refuse(
      "NOT_MEASURABLE",
      `${task.namespace}/${task.name} is a task of the kind ${task.kind}, on whose examples no statistics can be measured.`,
      path.task,
    );
  const { asks, hasHead } = measurable;
  if (how.kind === "fisher" && how.estimator.kind === "exact" && asks === "tokens")
    refuse(
      "NO_ESTIMATE",
      "Nobody can take an expectation over all texts; choose the estimator SAMPLED or EMPIRICAL.",
      path.estimator,
    );
  const head = hasHead && task.expert?.digest && task.expert.digest !== version.digest ? task.expert : null;
  const facts = {
    ...factsOf(how, asks, head?.digest ?? null),
    model: version.digest,
    data: split.blobSha256,
    examples: Math.min(examples, split.exampleCount),
  };
  return lambdas.map((lambda) => {
    // At λ = 1 it is the version itself, wherever it came from; at λ = 0 the base, whatever was trimmed.
    const isTrimmed = density < 1 && lambda !== 0;
    const from = lambda === 1 && !isTrimmed ? null : base;
    const settings = { ...facts.settings, ...(isTrimmed ? { density } : {}) };
    const about = { ...facts, settings, base: from?.digest ?? null, lambda };
    return { key: statisticKey(about), about, version, base: from, headId: head?.id ?? null, splitId: split.id };
  });
}

function factsOf(how: Estimation, asks: "labels" | "choices" | "tokens", head: string | null) {
  const own = head === null ? {} : { head };
  if (how.kind === "gram")
    return {
      kind: "gram",
      estimator: "gram",
      estimatorVersion: estimatorVersions.gram,
      settings: { asks, ...own },
      seed: null,
    } as const;
  const { estimator } = how;
  return {
    kind: "fisher",
    estimator: estimator.kind,
    estimatorVersion: estimatorVersions.fisher,
    settings: { ...estimatorSettings(estimator, { asks }), ...own },
    seed: estimator.kind === "sampled" ? estimator.seed : null,
  } as const;
}

// What askForStatistics has written; nothing else writes this column.
export const aboutOf = ({ about }: { readonly about: Prisma.JsonValue }): StatisticAbout => about as unknown as StatisticAbout;
