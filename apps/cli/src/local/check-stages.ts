import { realpath } from "node:fs/promises";
import {
  type CheckpointHeader,
  type Fault,
  fault,
  methodOf,
  openModel,
  openTokenizers,
  type Plan,
  plan,
  RefusedError,
  restackedConfig,
  trunkConfig,
} from "@amalgam/engine/merge";
import { Refusal } from "../failure.ts";
import { openOwnStatistics } from "./own-statistics.ts";
import { type LocalStage, type PlaceOf, placeholder } from "./recipe-file.ts";

export interface CheckedStage {
  readonly stage: LocalStage;
  /** Null: depends on what an earlier step finds, so that it is judged when that one is done */
  readonly plan: Plan | null;
}

type Path = readonly (string | number)[];

/** A model of a step, and where the recipe names it. */
interface Named {
  readonly location: string;
  readonly adapter: string | null;
  readonly label: string;
  readonly path: Path;
  readonly adapterPath: Path;
}

export interface CheckOptions {
  readonly placeOf?: PlaceOf;
  /** Whether models that statistics belong to are hashed, to see that they are theirs; a merge finds out by itself */
  readonly hashes?: boolean;
}

/**
 * Plans every step from headers alone, with the planned result of a step in place of a folder that does not exist yet. Everything
 * at fault is told at once; a step that needs the result of a faulty one is not judged.
 * @throws Refusal
 */
export async function checkStages(
  stages: readonly LocalStage[],
  { placeOf = placeholder, hashes = true }: CheckOptions = {},
): Promise<CheckedStage[]> {
  const open = opener();
  /** By place; null where nothing is known of it yet, or ever */
  const results = new Map<string, CheckpointHeader | null>();
  const checked: CheckedStage[] = [];
  const faults: Fault[] = [];
  for (const stage of stages) {
    const found = await planStage(stage, results, { open, hashes });
    if ("faults" in found) faults.push(...found.faults.map((each) => inStage(stage, each)));
    else checked.push({ stage, plan: found.plan });
    if (stage.name !== null) results.set(placeOf(stage.name), "faults" in found ? null : found.result);
  }
  if (faults.length > 0) throw new Refusal(faults);
  return checked;
}

/** Says in which step of several a fault is. */
function inStage({ path, name }: LocalStage, { code, message, path: own }: Fault): Fault {
  if (path.length === 0) return { code, message, path: own };
  const step = name === null ? "The last step" : `Step ${name}`;
  return { code, message: `${step}: ${message}`, path: [...path, ...own] };
}

type Model = Awaited<ReturnType<typeof openModel>>;
type Open = (model: Named) => Promise<Model>;

/** Opens each model once, however many steps use it. */
function opener(): Open {
  const known = new Map<string, Promise<Model>>();
  return ({ location, adapter, label, path, adapterPath }) => {
    const key = JSON.stringify([location, adapter, label]);
    const opened = known.get(key) ?? openModel(location, adapter, label);
    known.set(key, opened);
    return opened.catch((error: unknown) => {
      // A folder does not know where the recipe names it.
      if (!(error instanceof RefusedError)) throw error;
      const placed = ({ code, message, path: own }: Fault): Fault =>
        own.length > 0 ? { code, message, path: own } : fault(code, message, code.startsWith("ADAPTER_") ? adapterPath : path);
      throw new RefusedError(error.faults.map(placed));
    });
  };
}

/** What is known of a step before it is done: its plan and the headers of its result, nothing yet, or what is at fault. */
type Planned = { readonly plan: Plan | null; readonly result: CheckpointHeader | null } | { readonly faults: readonly Fault[] };

async function planStage(
  stage: LocalStage,
  results: ReadonlyMap<string, CheckpointHeader | null>,
  { open, hashes }: { readonly open: Open; readonly hashes: boolean },
): Promise<Planned> {
  const models = modelsOf(stage);
  const made = models.map(({ location }) => results.get(location));
  const opened = await Promise.allSettled(models.map((model, k) => (made[k] === undefined ? open(model) : null)));
  const failed = opened.flatMap((each) => (each.status === "rejected" ? [each.reason as unknown] : []));
  const broken = failed.find((error) => !(error instanceof RefusedError));
  if (broken !== undefined) throw broken;
  const faults = failed.flatMap((error) => (error as RefusedError).faults);
  if (faults.length > 0) return { faults };
  const twice = await findTwice(stage, models, results);
  if (twice.length > 0) return { faults: twice };
  // Tokens and states of a result are found by its run.
  const isEarly = made.some((header) => header === null || (header !== undefined && stage.recipe.tokenizer !== null));
  if (isEarly) return { plan: null, result: null };
  const foreign: Fault[] = [];
  try {
    const { headers: statistics, faults: others } = await openOwnStatistics(
      stage,
      (location) => !hashes || results.has(location),
    );
    foreign.push(...others);
    const files = await openTokenizers(opened.flatMap((each) => (each.status === "fulfilled" ? (each.value ?? []) : [])));
    const headers = made.map((header) => header ?? files.shift()?.header).filter((header) => header !== undefined);
    const [first, ...rest] = headers;
    const hasBase = stage.base !== null;
    const planned = plan(stage.recipe, {
      base: hasBase ? (first ?? null) : null,
      parents: hasBase ? rest : headers,
      statistics,
    });
    if (foreign.length > 0) return { faults: foreign };
    // What a folder of an adapter says of itself is not told by its tensors.
    const isModel = ["weights", "delta", "tasks"].includes(planned.output);
    return { plan: planned, result: isModel ? resultOf(stage, planned, headers) : null };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { faults: [...foreign, ...error.faults] };
  }
}

/** Base first, then parents. */
function modelsOf({ recipe, base, parents, adapters }: LocalStage): Named[] {
  const named = parents.map((location, i) => ({
    location,
    adapter: adapters.parents[i] ?? null,
    label: recipe.parents[i]?.model ?? location,
    path: ["parents", i, "model"],
    adapterPath: ["parents", i, "adapter"],
  }));
  const label = recipe.base ?? "";
  const own =
    base === null ? [] : [{ location: base, adapter: adapters.base, label, path: ["base"], adapterPath: ["baseAdapter"] }];
  return [...own, ...named];
}

/** A parent given twice under two names of one folder. */
async function findTwice(
  { recipe, base }: LocalStage,
  models: readonly Named[],
  results: ReadonlyMap<string, unknown>,
): Promise<Fault[]> {
  const parents = models.slice(base === null ? 0 : 1);
  const real = (location: string) => (results.has(location) ? location : realpath(location));
  const keys = await Promise.all(
    parents.map(async ({ location, adapter }) => JSON.stringify([await real(location), adapter && (await real(adapter))])),
  );
  const advice = Object.hasOwn(methodOf(recipe).perParent.shape, "weight")
    ? "list it once and add the weights"
    : "name two different models";
  return parents.flatMap(({ label, path }, i) =>
    keys.indexOf(keys[i] ?? "") < i
      ? [fault("PARENT_TWICE", `The parent ${label} is listed twice, the first time by another name; ${advice}.`, path)]
      : [],
  );
}

/** What the folder that a plan makes will say of itself. */
function resultOf({ name }: LocalStage, made: Plan, headers: readonly CheckpointHeader[]): CheckpointHeader {
  const [owner] = headers;
  const config = headers.find((header) => header.config !== null)?.config ?? null;
  const trunk = config === null || made.excluded.length === 0 ? config : trunkConfig(config);
  const restacked = trunk === null || made.layerOrder === null ? trunk : restackedConfig(trunk, made.layerOrder);
  return {
    label: name ?? "the last step",
    config: restacked,
    space: made.output,
    tensors: made.tensors.map(({ name: tensor, dtype, shape }) => ({ name: tensor, dtype, shape })),
    // Without a policy, its files are those of the first model.
    ...(owner?.tokenizer === undefined || made.recipe.tokenizer !== null ? {} : { tokenizer: owner.tokenizer }),
    // The numbers are found by the run; how many there are is known now.
    ...(made.output === "tasks" ? { scalers: made.recipe.parents.map(() => 1) } : {}),
  };
}
