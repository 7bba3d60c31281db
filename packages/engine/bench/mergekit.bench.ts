import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeModels } from "./checkpoints.ts";
import { recipeFor } from "./merge-options.ts";
import { alternate, costLines, costOfScript, inScratch, type Line, skip } from "./side-by-side.ts";

const program = fileURLToPath(new URL("../../../apps/cli/bin/amalgam.js", import.meta.url));
const flags = ["--lazy-unpickle", "--no-copy-tokenizer", "--no-write-model-card", "--quiet"];
const rounds = 3;

/** The same merge by both command lines. MERGEKIT: path of mergekit-yaml */
async function* run({ sizeMb = 256 }: { sizeMb?: number | undefined }): AsyncIterable<Line> {
  const mergekit = process.env["MERGEKIT"];
  if (mergekit === undefined) return skip("mergekit: set MERGEKIT to the path of its mergekit-yaml.");
  yield* inScratch(async function* (root) {
    const models = { root, ...(await writeModels(root, sizeMb)) };
    const out = join(root, "out");
    const [ourRecipe, theirRecipe] = [join(root, "recipe.json"), join(root, "recipe.yaml")];
    for (const method of ["linear", "ties"]) {
      const parameters = method === "ties" ? { weight: 0.25, density: 0.2 } : { weight: 0.25 };
      const recipe = recipeFor(method, models);
      const parents = models.parents.map((model) => ({ model, ...parameters }));
      const theirs = {
        merge_method: method,
        dtype: "bfloat16",
        models: models.parents.map((model) => ({ model, parameters })),
        ...(method === "ties" ? { base_model: models.base } : {}),
      };
      await writeFile(ourRecipe, JSON.stringify({ ...recipe, parents }));
      // JSON is YAML.
      await writeFile(theirRecipe, JSON.stringify(theirs));
      const merged = (command: readonly string[]) => async () => {
        const cost = costOfScript('"$@" > /dev/null', command);
        await rm(out, { recursive: true });
        return cost;
      };
      const costs = await alternate(
        {
          ours: merged([process.execPath, program, "merge", ourRecipe, out]),
          theirs: merged(["env", "CUDA_VISIBLE_DEVICES=", "HF_HUB_OFFLINE=1", mergekit, theirRecipe, out, ...flags]),
        },
        rounds,
      );
      yield* costLines(
        "mergekit",
        `${method} of 4 × ${sizeMb} MB bf16, hashed and synced`,
        costs.ours,
        "mergekit-yaml",
        costs.theirs,
      );
    }
  });
}

export const benches = [{ name: "mergekit", run }];
