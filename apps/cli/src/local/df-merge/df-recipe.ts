import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type Fault, Refusal, refusal } from "../../failure.ts";
import { findModel, ModelMissing } from "../find-model.ts";

const text = z.string().min(1).max(4096);

const schema = z.strictObject({
  method: z.literal("df_merge"),
  base: text,
  parents: z
    .array(
      z.strictObject({
        model: text,
        /** JSON Lines of text and label: for the search, and for Fisher information. */
        data: text,
        /** Other examples, for the numbers that are told in the end. */
        report: text.optional(),
      }),
    )
    .min(1)
    .max(64),
  parameters: z
    .strictObject({
      /** "conditional": Fisher information of the scaled models; "frozen": of the experts; "none": task arithmetic. */
      fisher: z.enum(["conditional", "frozen", "none"]).default("conditional"),
      /** Examples a task for Fisher information. */
      examples: z.int().min(1).max(100_000).default(128),
      /** Number of λ at which Fisher information is measured. */
      grid: z.int().min(2).max(33).default(5),
      low: z.number().min(-10).max(10).default(0),
      high: z.number().min(-10).max(10).default(1),
      /** Which tensors of a parent share a λ: all, so many blocks of layers, or those with a part of their name in common. */
      groups: z.union([z.literal("model"), z.int().min(1).max(64), z.array(text).min(1).max(32)]).default("model"),
      /** Of Fisher information. */
      estimator: z.enum(["exact", "sampled", "empirical"]).default("exact"),
      /** What it weighs: every entry, or by its mean every row or tensor. */
      granularity: z.enum(["parameter", "row", "tensor"]).default("parameter"),
      /** How the next λ is chosen. */
      acquisition: z.enum(["auto", "logEi", "ucb", "thompson"]).default("auto"),
      /** One λ for all parents. */
      shared: z.boolean().default(false),
      /** Share of each task vector's elements that is kept, the largest; below 1 it is trimmed DF-Merge, which is ours. */
      density: z.number().gt(0).max(1).default(1),
    })
    .prefault({}),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0),
});

export type DfParameters = z.output<typeof schema>["parameters"];

/** A recipe of DF-Merge with every path found. */
export interface DfRecipe {
  readonly base: string;
  readonly parents: readonly {
    readonly name: string;
    readonly model: string;
    readonly data: string;
    readonly report: string | null;
  }[];
  readonly parameters: DfParameters;
  readonly seed: number;
}

/** Reads the recipe; every fault is located in it, and told at once. Paths count from its folder. */
export async function readDfRecipe(file: string): Promise<DfRecipe> {
  const content = await readFile(file, "utf8");
  const parsed = schema.safeParse(parseYaml(content, file));
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path: at, message }): Fault => {
      const where = at.map(String);
      return { code: "RECIPE_INVALID", message: `${where.join(".") || "the recipe"}: ${message}.`, path: where };
    });
    throw new Refusal(faults);
  }
  const { base, parents, parameters, seed } = parsed.data;
  if (parameters.low >= parameters.high)
    throw refusal("BOUNDS_REVERSED", `parameters.low: ${parameters.low} is not below parameters.high, ${parameters.high}.`, [
      "parameters",
      "low",
    ]);
  const finder = new Finder(path.dirname(path.resolve(file)));
  const found = {
    base: await finder.model(base, ["base"]),
    parents: await Promise.all(
      parents.map(async ({ model, data, report }, i) => ({
        name: path.basename(model),
        model: await finder.model(model, ["parents", String(i), "model"]),
        data: finder.file(data),
        report: report === undefined ? null : finder.file(report),
      })),
    ),
    parameters,
    seed,
  };
  finder.finish();
  for (const [i, { data, report }] of found.parents.entries()) {
    if (report !== null && path.resolve(report) === path.resolve(data))
      throw refusal("SPLITS_SAME", `parents.${i}.report is the file that is searched on, so its numbers would flatter.`, [
        "parents",
        String(i),
        "report",
      ]);
  }
  return found;
}

function parseYaml(content: string, file: string): unknown {
  try {
    return parse(content);
  } catch (error) {
    throw refusal("RECIPE_INVALID", `${file}: ${(error as Error).message.split("\n")[0] ?? "not YAML"}`, [file]);
  }
}

/** Finds models and files relative to a folder, and gathers what is missing. */
class Finder {
  readonly #folder: string;
  readonly #faults: Fault[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  async model(reference: string, where: readonly string[]): Promise<string> {
    try {
      return (await findModel(reference, where, { folder: this.#folder, env: process.env, cwd: process.cwd() })).location;
    } catch (error) {
      if (!(error instanceof ModelMissing)) throw error;
      this.#faults.push(error.fault);
      return "";
    }
  }

  file(name: string): string {
    return path.resolve(this.#folder, name);
  }

  finish(): void {
    if (this.#faults.length > 0) throw new Refusal(this.#faults);
  }
}
