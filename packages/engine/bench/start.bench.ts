import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { writeHollow70b, writeModels } from "./checkpoints.ts";
import { recipeFor } from "./merge-options.ts";
import { costOfScript, inScratch, type Line, line, median } from "./side-by-side.ts";

const program = fileURLToPath(new URL("../../../apps/cli/bin/amalgam.js", import.meta.url));
const rounds = 5;
const pollMs = 2;
/** More than the header: weights have been written. */
const tileBytes = 1 << 16;

/** Bytes on disk, or on their way there, of all that was made in a folder, at any depth. */
function allocatedBytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".safetensors"));
  return files.reduce((sum, file) => sum + 512 * (statSync(join(folder, file), { throwIfNoEntry: false })?.blocks ?? 0), 0);
}

/** Seconds from the start of the process until it has written weights. */
async function untilFirstTile(recipe: string, place: string): Promise<number> {
  spawnSync("mkdir", ["-p", place]);
  const started = performance.now();
  const child = spawn(process.execPath, [program, "merge", recipe, join(place, "out")], { stdio: "ignore" });
  const ended = once(child, "exit");
  while (child.exitCode === null && allocatedBytes(place) < tileBytes) await setTimeout(pollMs);
  const seconds = (performance.now() - started) / 1000;
  await ended;
  if (child.exitCode !== 0) throw new Error("amalgam merge failed.");
  await rm(place, { recursive: true });
  return seconds;
}

const medianOf = async (measure: () => Promise<number> | number): Promise<number> => {
  const values: number[] = [];
  for (let i = 0; i < rounds; i += 1) values.push(await measure());
  return median(values);
};

/** From the start of the process to the first written weights, and to the verdict on four models of 70 billion parameters. */
const run = ({ sizeMb = 64 }: { sizeMb?: number | undefined }): AsyncIterable<Line> =>
  inScratch(async function* (root) {
    if (!existsSync(fileURLToPath(new URL("../../../apps/cli/dist/main.js", import.meta.url))))
      throw new Error("The bench starts the command line, which is not built. Run npm run build.");
    const bare = await medianOf(() => costOfScript('"$1" -e 0', [process.execPath]).wall);
    const models = { root, ...(await writeModels(root, sizeMb)) };
    const recipe = join(root, "recipe.json");
    for (const method of ["linear", "ties"]) {
      await writeFile(recipe, JSON.stringify(recipeFor(method, models)));
      const seconds = await medianOf(() => untilFirstTile(recipe, join(root, "place")));
      yield line("start", `first weights of ${method} of 4 × ${sizeMb} MB written`, "s", seconds, "node -e 0", bare);
    }
    const parents: string[] = [];
    for (let i = 0; i < 4; i += 1) parents.push(await writeHollow70b(join(root, `70b-${i}`)));
    await writeFile(recipe, JSON.stringify(recipeFor("linear", { root, base: "", parents })));
    const seconds = await medianOf(() => costOfScript('"$@" > /dev/null', [process.execPath, program, "check", recipe]).wall);
    yield line("start", "check of 4 × 70 billion parameters", "s", seconds, "node -e 0", bare);
  });

export const benches = [{ name: "start", run }];
