import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, test } from "vitest";
import { beginningName, ownerOf, release, takeOwnership } from "../src/merge/run/journal-owner.ts";
import type { Work } from "../src/merge/run/journal-work.ts";
import { openPartialFolder } from "../src/merge/run/partial-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "amalgam-partial-"));
});
afterEach(() => rm(folder, { recursive: true }));

const work: Work = {
  journal: 1,
  engine: "0",
  method: { id: "linear", version: 1 },
  // Long enough for its writing to be seen.
  recipe: { method: "linear", text: "x".repeat(1 << 20) },
  outputs: [],
  inputs: [],
};
const opening = (name: string) =>
  openPartialFolder({ outDir: join(folder, name), layout: { files: [] } as never, work, resume: false, note: () => {} });

/** Looks at the folders all the time, and counts those that stand there without a journal. */
const watcher = `
  const { existsSync, readdirSync } = require("node:fs");
  const { parentPort, workerData } = require("node:worker_threads");
  let [seen, bare] = [0, 0];
  let isOver = false;
  parentPort.on("message", () => { isOver = true; });
  const look = () => {
    for (const name of readdirSync(workerData.folder)) {
      if (!name.includes(".partial-")) continue;
      seen += 1;
      if (!existsSync(workerData.folder + "/" + name + "/.amalgam-journal")) bare += 1;
    }
    if (isOver) parentPort.postMessage({ seen, bare });
    else setImmediate(look);
  };
  look();
`;

test("a partial folder that is to outlive its process is never seen without its journal", async () => {
  const worker = new Worker(watcher, { eval: true, workerData: { folder } });
  const counted = new Promise<{ seen: number; bare: number }>((resolve) => worker.once("message", resolve));
  await new Promise((resolve) => worker.once("online", resolve));
  for (let i = 0; i < 60; i++) await (await opening(`out${i}`)).keep();
  worker.postMessage("over");
  const { seen, bare } = await counted;
  await worker.terminate();
  expect(seen).toBeGreaterThan(60);
  expect(bare).toBe(0);
  expect(await readdir(folder)).toHaveLength(60);
});

test("a folder that a process died in while it was beginning goes when the next run begins", async () => {
  const owner = takeOwnership();
  const name = beginningName("out", owner);
  expect(ownerOf(name, "out")).toEqual(owner);
  await mkdir(join(folder, name));
  release(owner);
  const next = await opening("out");
  expect(readdirSync(folder)).toEqual([next.path.split("/").at(-1)]);
  await next.discard();
  expect(existsSync(next.path)).toBe(false);
});
