import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type MergeOptions, mergeToFolder } from "@amalgam/engine/merge";
import { weightsFile, writeModels } from "./checkpoints.ts";
import { type Models, optionsFor, parentsFor, usesBase } from "./merge-options.ts";
import { alternate, type Cost, costLines, costOf, costOfScript, dropCaches, inScratch, type Line, skip } from "./side-by-side.ts";

const plain = ["linear", "task_arithmetic", "slerp", "model_stock"] as const;
const sparse = ["ties", "dare_linear", "dare_ties", "della", "breadcrumbs", "sce"] as const;
type Method = (typeof plain)[number] | (typeof sparse)[number];

async function merge(options: MergeOptions): Promise<Cost> {
  const cost = await costOf(() => mergeToFolder(options));
  await rm(options.outDir, { recursive: true });
  return cost;
}

/** What any merge must do: read its inputs and write as much as one of them. */
async function copy({ root }: Models, inputs: readonly string[], synced: boolean): Promise<Cost> {
  const out = join(root, "copy");
  const last = synced ? ' && sync "$out"' : "";
  const size = 'size=$(stat -c %s "$1")';
  const write = `head -c "$size" /dev/zero > "$out"${last}`;
  const cost = costOfScript(`out=$1; shift; ${size}; cat "$@" > /dev/null && ${write}`, [out, ...inputs.map(weightsFile)]);
  await rm(out);
  return cost;
}

/** Each method against reading what it reads at least once and writing one output; the others against the linear merge. */
async function* mergeBench(models: Models, sizeMb: number): AsyncIterable<Line> {
  const rounds = sizeMb > 600 ? 3 : 5;
  const inputsOf = (method: Method): string[] => [...(usesBase(method) ? [models.base] : []), ...parentsFor(method, models)];
  const title = (method: Method): string =>
    `${method} of ${parentsFor(method, models).length} × ${sizeMb} MB bf16${usesBase(method) ? " and a base" : ""}`;
  const options = (method: Method) => optionsFor(method, models);
  const cat = (count: number) => `cat of the ${count} inputs > /dev/null, and writing one output`;

  await merge(options("linear"));
  for (const temperature of ["warm", "cold"] as const) {
    const isCold = temperature === "cold";
    if (isCold && !dropCaches()) {
      skip("merges from a cold page cache: only root may drop it.");
      continue;
    }
    const chilled = (side: () => Promise<Cost>) => (): Promise<Cost> => {
      if (isCold) dropCaches();
      return side();
    };
    for (const method of plain) {
      const inputs = inputsOf(method);
      const sides = {
        ours: chilled(() => merge(options(method))),
        copy: chilled(() => copy(models, inputs, false)),
      };
      const costs = await alternate(sides, isCold ? 3 : rounds);
      yield* costLines("merge", `${title(method)}, ${temperature}`, costs.ours, cat(inputs.length), costs.copy);
    }
  }

  const inputs = inputsOf("linear");
  const kinds = await alternate(
    {
      plain: () => merge(options("linear")),
      hashed: () => merge({ ...options("linear"), hash: true }),
      synced: () => merge({ ...options("linear"), durable: true }),
      copySynced: () => copy(models, inputs, true),
    },
    rounds,
  );
  const linear = title("linear");
  yield* costLines("merge", `${linear}, warm, until on disk`, kinds.synced, `${cat(4)} until on disk`, kinds.copySynced);
  yield* costLines("merge", `${linear}, warm, output hashed`, kinds.hashed, "the same without the hash", kinds.plain);

  const sides = Object.fromEntries(["linear" as const, ...sparse].map((method) => [method, () => merge(options(method))]));
  const costs = (await alternate(sides, rounds)) as Record<Method, Cost>;
  for (const method of sparse)
    yield* costLines("merge", `${title(method)}, warm`, costs[method], "linear of the same 4", costs.linear);
}

const run = ({ sizeMb = 256 }: { sizeMb?: number | undefined }): AsyncIterable<Line> =>
  inScratch(async function* (root) {
    yield* mergeBench({ root, ...(await writeModels(root, sizeMb)) }, sizeMb);
  });

export const benches = [{ name: "merge", run }];
