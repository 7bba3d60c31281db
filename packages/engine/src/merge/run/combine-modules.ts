import type { AdapterWork } from "../adapters/adapter-work.ts";
import type { Factors } from "../adapters/factors.ts";
import type { Adapter } from "../adapters/open-adapter.ts";
import { readFactors } from "../adapters/read-factors.ts";
import type { Values } from "../define-method.ts";
import { RefusedError } from "../fault.ts";
import { ownOf } from "../recipe.ts";
import { describeCuts, type MadeModules, type MakingModules, ModuleProgress } from "./made-modules.ts";

/** Combines the modules of adapters, one after another. @throws RefusedError for factors that are not finite */
export async function combineModules(making: MakingModules, work: AdapterWork<Values, Values> | null): Promise<MadeModules> {
  const { plan, models } = making;
  if (work?.kind !== "combine") throw new Error("The method combines no adapters.");
  const adapters = models.flatMap(({ lora }) => lora ?? []);
  const owns = plan.recipe.parents.map(ownOf);
  const progress = new ModuleProgress(making);
  const names = [...new Set(plan.tensors.map(({ source }) => source.name))];
  const modules = new Map<string, Factors>();
  const cuts = new Map<string, { energy: number; tailEnergy: number }>();
  await progress.next(0, 0);
  for (const name of names) {
    const parts = [];
    for (const [i, adapter] of adapters.entries()) parts.push({ factors: await factorsOf(adapter, name, i), own: owns[i] ?? {} });
    const { factors, cut } = work.make(parts, plan.recipe.parameters);
    modules.set(name, factors);
    if (cut !== null) cuts.set(name, cut);
    await progress.next(
      adapters.reduce((sum, adapter) => sum + bytesOf(adapter, name), 0),
      2,
    );
  }
  const [first] = adapters;
  return {
    ...{ modules, cuts, bytesRead: progress.bytesRead },
    layouts: new Map([...(first?.modules ?? [])].map(([name, { layout }]) => [name, layout])),
    baseModel: adapters.find(({ config }) => config.baseModel !== null)?.config.baseModel ?? null,
    notes: describeCuts(cuts, "sum of what the adapters do"),
  };
}

async function factorsOf({ modules, label }: Adapter, name: string, parent: number): Promise<Factors> {
  const module = modules.get(name);
  if (module === undefined) throw new Error(`${label} has no module ${name}.`);
  try {
    return await readFactors(module, label);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw new RefusedError(error.faults.map((fault) => ({ ...fault, path: ["parents", String(parent)] })));
  }
}

function bytesOf({ modules }: Adapter, name: string): number {
  const { a, b } = modules.get(name) ?? {};
  return [a, b].reduce((sum, tensor) => sum + (tensor === undefined ? 0 : tensor.end - tensor.begin), 0);
}
