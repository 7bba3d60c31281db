import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../../merge/canonical-json.ts";

export const statisticKinds = ["fisher", "gram", "router", "task-vectors"] as const;
export type StatisticKind = (typeof statisticKinds)[number];

/** Raised when a kind's numbers change for any input: what is cached under the old number is then not found. */
export const estimatorVersions: Readonly<Record<StatisticKind, number>> = { fisher: 1, gram: 1, router: 1, "task-vectors": 1 };

const digest = z.string().regex(/^[0-9a-f]{64}$/, "not a sha256 in hex");

export const aboutSchema = z.object({
  kind: z.enum(statisticKinds),
  /** How it was estimated: exact, sampled, empirical; for other kinds their own name. */
  estimator: z.string().min(1).max(100),
  estimatorVersion: z.number().int().min(1),
  /** What else decides the numbers: draws, the cut of the exact estimator, sums or means of tokens, the head's digest, … */
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  /** Content digest of the model: the version that λ = 1 stands for. Of several task vectors, the sha256 of the models' digests, one a line. */
  model: digest,
  /** Content digest of θ₀, for task vectors and where a statistic was taken at θ₀ + λ(θ − θ₀); null at the model itself. */
  base: digest.nullable(),
  lambda: z.number(),
  /** sha256 of the data. */
  data: digest.nullable(),
  examples: z.number().int().min(0),
  /** Only where something was drawn. */
  seed: z.number().int().nullable(),
});

/** What a statistic is of, and how it came about. */
export type StatisticAbout = z.infer<typeof aboutSchema>;

/**
 * The name that a statistic is cached under: sha256 of the canonical JSON of all that decides its numbers. Measured again from the same model, data and
 * settings it has the same key.
 */
export function statisticKey(about: StatisticAbout): string {
  const { kind, model, base, lambda, data, estimator, estimatorVersion, settings, examples, seed } = about;
  const identity = {
    kind,
    model,
    base,
    lambda,
    data,
    estimator,
    estimatorVersion,
    settings,
    examples,
    ...(seed === null ? {} : { seed }),
  };
  return createHash("sha256").update(canonicalJson(identity)).digest("hex");
}
