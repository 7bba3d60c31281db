import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { mergeToFolder, parseRecipe, RefusedError } from "../src/merge/index.ts";
import { tensorOf, writeFolder } from "./checkpoints.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 60_000 });

// A real small disk: a tmpfs of 16 MB and 13 files. Only root may mount one.
const small = await mkdtemp(join(tmpdir(), "amalgam-small-disk-"));
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m,nr_inodes=13", "tmpfs", small]).status === 0;
const recipe = parseRecipe({ method: "linear", parents: [{ model: "a" }, { model: "b" }] });
const outDir = join(small, "out");
const filler = join(small, "filler");

let parents: string[];
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-disk-full-"));
  const make = (seed: number) =>
    writeFolder(
      join(root, `m${seed}`),
      [500, 1_999_500].map((size) => tensorOf({ name: `w${size}`, dtype: "F32", shape: [size] }, seed)),
      { config: {} },
    );
  parents = [await make(1), await make(2)];
});
afterAll(async () => {
  await rm(root, { recursive: true });
  if (mounted) spawnSync("umount", [small]);
  await rm(small, { recursive: true, force: true });
});

/** Writes until the disk is full. */
function fill(keepBytes: number): void {
  const fd = openSync(filler, "w");
  const chunk = Buffer.alloc(4096, 1);
  try {
    for (let left = 16e6 - keepBytes; left > 0; left -= chunk.length) writeSync(fd, chunk);
  } catch {
    // Full, as wanted.
  } finally {
    closeSync(fd);
  }
}

const merge = (resume = false) =>
  mergeToFolder({
    recipe,
    base: null,
    parents,
    outDir,
    digests: "skip",
    threads: 2,
    tileBytes: 65536,
    resume,
  });

async function refusal(resume = false): Promise<string> {
  const error: unknown = await merge(resume).catch((reason: unknown) => reason);
  if (!(error instanceof RefusedError)) throw new Error("The merge was not refused.", { cause: error });
  return `${error.faults[0]?.code}: ${error.message}`;
}

it.skipIf(!mounted)("a disk that is too small is refused before anything is written", async () => {
  fill(4e6);
  expect(await refusal()).toMatch(/^DISK_FULL: No space is left for .*: the result needs 8000000 bytes, \d+ are free/);
  unlinkSync(filler);
  expect(readdirSync(small)).toEqual([]);
});

it.skipIf(!mounted)("a disk that fills up in the middle of a merge leaves nothing behind", async () => {
  // Fills the disk as soon as the output has been opened, before the workers have started.
  const timer = setInterval(() => {
    const partial = readdirSync(small).find((name) => name.includes("partial"));
    if (partial === undefined || !existsSync(join(small, partial, "model.safetensors"))) return;
    clearInterval(timer);
    fill(0);
  }, 1);
  expect(await refusal()).toMatch(/^DISK_FULL: No space is left for .*: the disk is full/);
  clearInterval(timer);
  unlinkSync(filler);
  expect(readdirSync(small)).toEqual([]);
});

it.skipIf(!mounted)("a disk without room for the last small file leaves nothing behind", async () => {
  // 13 inodes: the root, eight fillers, the folder, its journal, the weights, and config.json; none is left for README.md.
  for (let i = 0; i < 8; i += 1) closeSync(openSync(`${filler}${i}`, "w"));
  expect(await refusal()).toMatch(/^DISK_FULL/);
  for (let i = 0; i < 8; i += 1) unlinkSync(`${filler}${i}`);
  expect(readdirSync(small)).toEqual([]);
});

it.skipIf(!mounted)("a disk that fills up while a merge resumes or may be resumed keeps what is finished", async () => {
  const partial = () => readdirSync(small).find((name) => name.includes("partial"));
  /** Fills the disk once some of the work is safe. A merge that was faster is refused for its folder, and tried once more. */
  const fillWhenNoted = () =>
    setInterval(() => {
      const name = partial();
      const journal = name === undefined ? "" : join(small, name, ".amalgam-journal");
      if (journal === "" || !existsSync(journal) || readFileSync(journal, "utf8").split("\n").length < 3) return;
      if (!existsSync(filler)) fill(0);
    }, 1);
  for (;;) {
    const timer = fillWhenNoted();
    const message = await refusal(true).catch(() => "");
    clearInterval(timer);
    if (message !== "") {
      expect(message).toMatch(
        /^DISK_FULL: No space is left for .*: the disk is full. Finished tensors were kept: free some space and resume\.$/,
      );
      break;
    }
    rmSync(outDir, { recursive: true });
    rmSync(filler, { force: true });
  }
  expect(partial()).toBeDefined();
  unlinkSync(filler);
  expect((await merge(true)).tensorsResumed).toBeGreaterThan(0);
  expect(readdirSync(small)).toEqual(["out"]);
});
