import { stat } from "node:fs/promises";
import path from "node:path";
import { parseArgs } from "node:util";
import { type Manifest, type PerModel, statisticsIn } from "@amalgam/engine/merge";
import { type Fault, Refusal, UsageError } from "../failure.ts";
import { printable } from "../terminal/format.ts";
import { findModel, ModelMissing } from "./find-model.ts";

export interface Whereabouts {
  /** Of the manifest */
  readonly folder: string;
  readonly modelsFolder: string | undefined;
  readonly base: string | undefined;
  /** Paths given for parents, by index */
  readonly parents: ReadonlyMap<number, string>;
}

/** Reads every `--parent N=path`; citty keeps only the last. */
export function givenParents(rawArgs: readonly string[], count: number): Map<number, string> {
  const options = { parent: { type: "string", multiple: true } } as const;
  const { values } = parseArgs({ args: [...rawArgs], options, strict: false, allowPositionals: true });
  const given = new Map<number, string>();
  for (const text of values.parent ?? []) {
    const [, index = "", where = ""] = /^(\d{1,3})=(.+)$/s.exec(String(text)) ?? [];
    if (index === "" || Number(index) >= count)
      throw new UsageError(`--parent takes N=path with N from 0 to ${count - 1}, not ${printable(String(text), 100)}.`);
    given.set(Number(index), where);
  }
  return given;
}

/** Finds the models of a manifest, here or in the registry. Whether they are the right ones, their digests tell. */
export async function locateModels({ recipe }: Manifest, whereabouts: Whereabouts) {
  const faults: Fault[] = [];
  const find = async (reference: string | null | undefined, given: string | undefined, where: readonly string[]) => {
    if (reference == null) return null;
    const places = given === undefined ? placesOf(reference, whereabouts) : [path.resolve(given)];
    for (const place of places) if ((await stat(place).catch(() => null)) !== null) return place;
    const pulled = given === undefined ? await findElsewhere(reference, whereabouts.folder, where) : null;
    if (pulled !== null) return pulled;
    const message = `${where.join(".")}: ${printable(reference, 300)} is not there; looked for ${places.map((place) => printable(place, 300)).join(", ")}. Give --models, --base or --parent.`;
    faults.push({ code: "MODEL_MISSING", message, path: where });
    return null;
  };
  const base = await find(recipe.base, whereabouts.base, ["base"]);
  const baseAdapter = await find(recipe.baseAdapter, undefined, ["baseAdapter"]);
  const parents: string[] = [];
  const adapters: (string | null)[] = [];
  for (const [i, { model, adapter }] of recipe.parents.entries()) {
    parents.push((await find(model, whereabouts.parents.get(i), ["parents", String(i), "model"])) ?? "");
    adapters.push(await find(adapter, undefined, ["parents", String(i), "adapter"]));
  }
  const named = statisticsIn(recipe);
  const statistics: PerModel<string> = {
    base: await Promise.all(named.base.map(async (ref, k) => (await find(ref, undefined, ["baseStatistics", String(k)])) ?? "")),
    parents: await Promise.all(
      named.parents.map((own, i) =>
        Promise.all(
          own.map(async (ref, k) => (await find(ref, undefined, ["parents", String(i), "statistics", String(k)])) ?? ""),
        ),
      ),
    ),
  };
  if (faults.length > 0) throw new Refusal(faults);
  const hasAdapters = baseAdapter !== null || adapters.some((adapter) => adapter !== null);
  return { base, parents, statistics, ...(hasAdapters ? { adapters: { base: baseAdapter, parents: adapters } } : {}) };
}

/** In the registry, or where Hugging Face keeps what it fetched: references of a merge made there, or of one that was pulled. */
async function findElsewhere(reference: string, folder: string, where: readonly string[]): Promise<string | null> {
  try {
    return (await findModel(reference, where, { folder, env: process.env, cwd: process.cwd() })).location;
  } catch (error) {
    if (error instanceof ModelMissing) return null;
    throw error;
  }
}

/** A reference counts from the recipe, which usually stood beside the result: the folder around it is tried, too. */
function placesOf(reference: string, { folder, modelsFolder }: Whereabouts): string[] {
  const named =
    modelsFolder === undefined
      ? []
      : [path.resolve(modelsFolder, reference), path.resolve(modelsFolder, path.basename(reference))];
  return [...new Set([...named, path.resolve(folder, reference), path.resolve(folder, "..", reference)])];
}
