import { z } from "zod";

export const evaluationKinds = [
  "classification",
  "image-classification",
  "table-classification",
  "multiple-choice",
  "choice-ranking",
  "exact-match",
  "perplexity",
  "external",
] as const;
export type EvaluationKind = (typeof evaluationKinds)[number];

const prompt = (place: string) =>
  z
    .string()
    .max(10_000)
    .refine((text) => text.includes(place), `should contain ${place}`)
    .default(place)
    .describe(`What the model reads; ${place} stands for the example's own text`);
const normalise = z
  .enum(["tokens", "characters", "none"])
  .default("tokens")
  .describe("By what the log-likelihood of a choice is divided before choices are compared");
const separator = z
  .string()
  .max(100)
  .default(" ")
  .describe("Stands between prompt and choice of a causal model where neither has white space of its own");

/** What a kind leaves open. Defaults are those of the field, so an empty object is always good. */
export const settingsSchemas = {
  classification: z.strictObject({}),
  "image-classification": z.strictObject({}),
  "table-classification": z.strictObject({}),
  "multiple-choice": z.strictObject({ normalise, separator }),
  "choice-ranking": z.strictObject({ prompt: prompt("{text}"), normalise, separator }),
  "exact-match": z.strictObject({
    prompt: prompt("{input}"),
    maxNewTokens: z.int().min(1).max(4096).default(32).describe("Tokens after which an answer ends"),
    stop: z.array(z.string().min(1).max(100)).max(10).default(["\n"]).describe("Texts at which an answer ends"),
    compare: z
      .enum(["exact", "case", "squad"])
      .default("case")
      .describe(
        "exact: white space collapsed; case: also NFKC and small letters; squad: also without punctuation and the articles a, an, the",
      ),
  }),
  perplexity: z.strictObject({}),
  external: z.strictObject({
    evaluator: z.string().min(1).max(100).optional().describe("Name of a command in the server's configuration"),
    score: z.string().min(1).max(200).optional().describe("Which of the printed scores counts; default their mean"),
    minimum: z.number().default(0).describe("Least value that a score can have"),
    maximum: z.number().default(1).describe("Greatest value that a score can have"),
    timeoutSeconds: z.number().positive().max(604_800).default(3600).describe("After which the command is ended"),
  }),
} as const satisfies Record<EvaluationKind, z.ZodType>;

export type SettingsOf<Kind extends EvaluationKind> = z.output<(typeof settingsSchemas)[Kind]>;

/** Checks the settings of a kind and fills in its defaults. Throws an Error that names the setting. */
export function parseSettings<Kind extends EvaluationKind>(kind: Kind, settings: unknown): SettingsOf<Kind> {
  const parsed = settingsSchemas[kind].safeParse(settings ?? {});
  if (parsed.success) return parsed.data as SettingsOf<Kind>;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join(".") ?? "";
  throw new Error(`settings of ${kind}${place === "" ? "" : `: ${place}`}: ${issue?.message ?? "not known"}.`);
}

export type Metric = "accuracy" | "exact_match" | "bits_per_token" | "score";

export interface KindFacts {
  readonly metric: Metric;
  readonly lowerIsBetter: boolean;
  /** Whether the examples' labels are indices into a list of labels that the task has. */
  readonly hasLabels: boolean;
  /** Extensions of the files its splits may be. */
  readonly formats: readonly ("jsonl" | "safetensors" | "json")[];
}

const labelled = { metric: "accuracy", lowerIsBetter: false, hasLabels: true } as const;

export const kindFacts: Readonly<Record<EvaluationKind, KindFacts>> = {
  classification: { ...labelled, formats: ["jsonl"] },
  "image-classification": { ...labelled, formats: ["safetensors"] },
  "table-classification": { ...labelled, formats: ["safetensors"] },
  "multiple-choice": { metric: "accuracy", lowerIsBetter: false, hasLabels: false, formats: ["jsonl"] },
  "choice-ranking": { ...labelled, formats: ["jsonl"] },
  "exact-match": { metric: "exact_match", lowerIsBetter: false, hasLabels: false, formats: ["jsonl"] },
  perplexity: { metric: "bits_per_token", lowerIsBetter: true, hasLabels: false, formats: ["jsonl"] },
  external: { metric: "score", lowerIsBetter: false, hasLabels: false, formats: ["jsonl", "safetensors", "json"] },
};
