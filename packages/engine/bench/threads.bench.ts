import { rm } from "node:fs/promises";
import { mergeToFolder } from "@amalgam/engine/merge";
import { writeModels } from "./checkpoints.ts";
import { optionsFor } from "./merge-options.ts";
import { alternate, costOf, inScratch, type Line, line } from "./side-by-side.ts";

const rounds = 5;

/** Megabytes of models that two threads merge in a second against one thread: warm cache, nothing hashed, nothing synced. */
const run = ({ sizeMb = 256 }: { sizeMb?: number | undefined }): AsyncIterable<Line> =>
  inScratch(async function* (root) {
    const models = { root, ...(await writeModels(root, sizeMb)) };
    for (const method of ["linear", "ties"]) {
      const options = optionsFor(method, models);
      const withThreads = (threads: number) => async () => {
        const cost = await costOf(() => mergeToFolder({ ...options, threads }));
        await rm(options.outDir, { recursive: true });
        return cost;
      };
      await withThreads(2)();
      const { one, two } = await alternate({ one: withThreads(1), two: withThreads(2) }, rounds);
      const speed = ({ wall }: { readonly wall: number }): number => (4 * sizeMb) / wall;
      yield line("threads", `${method} of 4 × ${sizeMb} MB bf16, 2 threads`, "MB/s", speed(two), "1 thread", speed(one));
      yield line("threads", `${method}, processor time on 2 threads`, "CPU-s", two.cpu, "1 thread", one.cpu);
    }
  });

export const benches = [{ name: "threads", run }];
