import { bayesOptPreset, defaultSampler, defaultSurrogate, type Sampler } from "@amalgam/engine/tune";
import { z } from "zod";
import { statisticsOptions } from "../merges/statistics-options.ts";
import { aliasSchema, nameOnlySchema, namespaceSchema } from "../names.ts";

const samplerNames = ["AUTO", "GP", "TURBO", "CMA_ES", "RANDOM", "BAYES_OPT"] as const;
export type SamplerName = (typeof samplerNames)[number];

const finite = z.number().nullish();

/** What a caller sends to start a study. */
export const startInput = z.object({
  namespace: namespaceSchema,
  name: nameOnlySchema,
  recipe: z.unknown(),
  tune: z
    .array(z.object({ name: z.string().max(300), low: finite, high: finite, log: z.boolean().nullish(), step: finite }))
    .max(100, "100 numbers at most can be tuned at once.")
    .nullish()
    .transform((tune) => tune ?? []),
  statistics: statisticsOptions.nullish().transform((statistics) => statistics ?? {}),
  suite: z.string().max(200).nullish(),
  tasks: z
    .array(z.string().max(200))
    .max(100, "100 tasks at most.")
    .nullish()
    .transform((tasks) => tasks ?? []),
  budget: z
    .int("A budget is a whole number of trials.")
    .min(1, "With a budget of no trials nothing can be tuned; give at least 1.")
    .max(2000, "2000 trials at most.")
    .nullish()
    .transform((budget) => budget ?? 30),
  seed: z
    .int("A seed is a whole number.")
    .min(0, "A seed is at least 0.")
    .max(2 ** 31 - 1, "A seed is less than 2³¹.")
    .nullish()
    .transform((seed) => seed ?? 0),
  parallel: z
    .int()
    .min(1, "At least one trial runs at a time.")
    .max(16, "16 trials at a time at most.")
    .nullish()
    .transform((parallel) => parallel ?? 1),
  patience: z.int().min(1, "A patience is at least 1 trial.").nullish(),
  aggregate: z
    .enum(["MEAN", "NORMALISED_MEAN", "WORST"])
    .nullish()
    .transform((aggregate) => aggregate ?? "MEAN"),
  sampler: z
    .enum(samplerNames)
    .nullish()
    .transform((sampler) => sampler ?? "AUTO"),
  aliases: z
    .array(aliasSchema)
    .max(20, "20 aliases at most.")
    .nullish()
    .transform((aliases) => aliases ?? []),
});

export type StartInput = z.output<typeof startInput>;

/** The sampler of a name, with everything that it leaves open decided now: it must not change while the study runs. */
export function samplerNamed(name: SamplerName, dimensions: number): Sampler {
  const samplers: Readonly<Record<SamplerName, Sampler>> = {
    AUTO: defaultSampler(dimensions),
    GP: { kind: "gp", surrogate: defaultSurrogate },
    TURBO: { kind: "turbo", surrogate: defaultSurrogate },
    CMA_ES: { kind: "cmaes" },
    RANDOM: { kind: "random" },
    BAYES_OPT: bayesOptPreset("ei"),
  };
  return samplers[name];
}
