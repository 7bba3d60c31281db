import fs from "node:fs";
import path from "node:path";
import type { Kept } from "./keep-running.ts";

const watched = ["apps/api/src", "packages/engine/src", "packages/tfjs-backend-ort/src"];
const quietMs = 200;

/** Restarts the API and the worker after a change of their sources; Next looks after its own. */
export function watchSources(root: string, restarted: readonly Kept[], print: (line: string) => void): Kept {
  let timer: NodeJS.Timeout | undefined;
  const watchers = watched.map((folder) =>
    fs.watch(path.join(root, folder), { recursive: true }, (_event, file) => {
      if (!file || !/\.(ts|json)$/.test(file) || /\.test\.ts$/.test(file)) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        print(`${file} changed; restarting`);
        for (const one of restarted) void one.restart();
      }, quietMs);
    }),
  );
  return {
    restart: async () => {},
    async stop() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}
