import { z } from "zod";
import { arithmeticDtypes } from "../tensor/dtype.ts";
import { type Fault, fault } from "./fault.ts";
import { nearestKey } from "./nearest-key.ts";
import { chatTemplatePolicy } from "./tokenizer/chat-template.ts";
import { tokenizerPolicy } from "./tokenizer/tokenizer-policy.ts";

export const maxParents = 64;
const maxGlobs = 1000;
const maxSlices = 1000;

const reference = z.string().trim().min(1).max(4096);
/** More λ than anyone measures. */
const maxStatistics = 64;
const statistics = z.array(reference).max(maxStatistics, `A model takes at most ${maxStatistics} statistics.`);
const layer = z.int().min(0).max(1_000_000);

/** A recipe before its method has read its parts. */
export const envelope = z
  .strictObject({
    version: z.literal(1).default(1),
    method: z.string(),
    base: reference.nullish(),
    baseAdapter: reference.nullish(),
    baseStatistics: statistics.nullish(),
    parents: z
      .array(z.looseObject({ model: reference, adapter: reference.optional(), statistics: statistics.optional() }))
      .min(1, "A merge needs at least one parent.")
      .max(maxParents, `A merge takes at most ${maxParents} parents.`)
      .optional(),
    parameters: z.record(z.string(), z.unknown()).default({}),
    slices: z
      .array(
        z.strictObject({
          sources: z
            .array(z.looseObject({ model: reference, adapter: reference.optional(), layers: z.tuple([layer, layer]) }))
            .min(1, "A slice needs at least one source.")
            .max(maxParents + 1, `A slice takes at most ${maxParents + 1} sources.`),
          parameters: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .min(1, "A list of slices needs at least one.")
      .max(maxSlices, `A recipe has at most ${maxSlices} slices.`)
      .nullish(),
    exclude: z.array(z.string().min(1).max(1024)).max(maxGlobs).nullish(),
    dtype: z.enum(arithmeticDtypes).nullish(),
    seed: z.int().min(0).default(0),
    tokenizer: tokenizerPolicy.nullish(),
    chatTemplate: chatTemplatePolicy.nullish(),
  })
  .superRefine(({ parents, slices }, context) => {
    if (parents === undefined && slices == null)
      context.addIssue({ code: "invalid_type", expected: "array", input: undefined, path: ["parents"] });
  });

export type Envelope = z.output<typeof envelope>;

/** Validation issues as faults. */
export function toFaults(error: z.ZodError, prefix: readonly string[] = []): Fault[] {
  return error.issues.flatMap((issue) => {
    const path = [...prefix, ...issue.path.map(String)];
    const where = path.length === 0 ? "The recipe" : path.join(".");
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(where, path, key));
    const missing = issue.code === "invalid_type" && issue.input === undefined;
    if (missing) return [fault("KEY_MISSING", `${where} is missing.`, path)];
    return [fault("VALUE_INVALID", `${where}: ${issue.message.replace(/\.?$/, ".")}`, path)];
  });
}

export function unknownKey(where: string, path: readonly (string | number)[], key: string, known: readonly string[] = []): Fault {
  const meant = nearestKey(key, known);
  const advice =
    meant !== null ? `write ${meant}.` : known.length > 0 ? `it may have ${known.join(", ")}.` : "check its spelling.";
  return fault("KEY_UNKNOWN", `${where} has no key ${JSON.stringify(key.slice(0, 100))}; ${advice}`, [...path, key]);
}
