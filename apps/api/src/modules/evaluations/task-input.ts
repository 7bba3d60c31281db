import { type EvaluationKind, kindFacts, parseSettings } from "@amalgam/engine/scores";
import { z } from "zod";
import { TaskKind } from "../../generated/prisma/client.ts";
import { nameOnlySchema, namespaceSchema, sha256Schema, textSchema } from "../names.ts";
import { parseInput, refuse } from "../refuse.ts";
import { kindName } from "./task-kind.ts";

const maxBytes = { jsonl: 64n * 2n ** 20n, json: 2n ** 20n, safetensors: 4n * 2n ** 30n } as const;

export type SplitFormat = keyof typeof maxBytes;

export const splitFileSchema = z
  .object({
    path: z
      .string()
      .regex(
        /^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\.(jsonl|safetensors|json)$/,
        "A split is a .jsonl, .safetensors or .json file; give its plain name.",
      ),
    sha256: sha256Schema,
    sizeBytes: z.bigint().min(1n, "The file is empty."),
  })
  .superRefine(({ path, sizeBytes }, context) => {
    const limit = maxBytes[formatOf(path)];
    if (sizeBytes > limit)
      context.addIssue({
        code: "custom",
        path: ["sizeBytes"],
        message: `A split of this format may be ${limit} bytes long at most.`,
      });
  });

export type SplitFile = z.output<typeof splitFileSchema>;

/** The format of a file whose name has been checked. */
export const formatOf = (path: string): SplitFormat => path.slice(path.lastIndexOf(".") + 1) as SplitFormat;

const inputSchema = z.object({
  namespace: namespaceSchema,
  name: nameOnlySchema,
  title: textSchema(200).min(1, "The title is empty."),
  kind: z
    .enum(TaskKind)
    .nullish()
    .transform((kind) => kind ?? "CLASSIFICATION"),
  settings: z.unknown().optional(),
  labels: z
    .array(textSchema(100).min(1, "A label is empty."))
    .max(1000, "1000 labels at most.")
    .nullish()
    .transform((labels) => labels ?? []),
  dataset: z.string().max(300).nullish(),
  splits: z
    .array(z.object({ name: nameOnlySchema, purpose: z.enum(["TRAIN", "SEARCH", "REPORT"]), file: splitFileSchema.nullish() }))
    .min(1, "A task has at least one split.")
    .max(3, "A task has one split for each purpose at most."),
  expert: z.string().max(300).nullish(),
});

export type TaskInput = Omit<z.output<typeof inputSchema>, "settings"> & {
  /** With the defaults of the kind filled in. */
  readonly settings: Record<string, unknown>;
};

/** What a caller sent, checked as far as it can be without looking anything up. */
export function parseTaskInput(raw: unknown): TaskInput {
  const input = parseInput(inputSchema, raw);
  const kind = kindName(input.kind);
  checkUnique(input);
  checkLabels(kind, input.labels);
  input.splits.forEach(({ file, name }, i) => {
    if (!file === !input.dataset)
      refuse(
        "SPLIT_SOURCE",
        `The split ${name} needs ${file ? "no file: its data set has one" : "a file, or the task a data set"}.`,
        ["splits", i],
      );
  });
  return { ...input, settings: checkSettings(kind, input.settings) };
}

function checkSettings(kind: EvaluationKind, settings: unknown): Record<string, unknown> {
  try {
    return parseSettings(kind, settings);
  } catch (error) {
    refuse("BAD_SETTINGS", error instanceof Error ? error.message : String(error), ["settings"]);
  }
}

function checkLabels(kind: EvaluationKind, labels: readonly string[]): void {
  if (kindFacts[kind].hasLabels && labels.length < 2) refuse("INVALID_INPUT", "A task has at least two labels.", ["labels"]);
  if (!kindFacts[kind].hasLabels && labels.length > 0) refuse("INVALID_INPUT", `A task of ${kind} has no labels.`, ["labels"]);
}

function checkUnique({ labels, splits }: Pick<TaskInput, "labels" | "splits">): void {
  const twice = (values: readonly string[]) => values.findIndex((value, i) => values.indexOf(value) < i);
  const label = twice(labels);
  if (label >= 0) refuse("LABEL_TWICE", `The label ${JSON.stringify(labels[label])} is listed twice.`, ["labels", label]);
  const name = twice(splits.map((split) => split.name));
  if (name >= 0) refuse("SPLIT_TWICE", `Two splits have the name ${splits[name]?.name}.`, ["splits", name, "name"]);
  const purpose = twice(splits.map((split) => split.purpose));
  if (purpose >= 0)
    refuse("SPLIT_TWICE", `Two splits have the purpose ${splits[purpose]?.purpose}.`, ["splits", purpose, "purpose"]);
}
