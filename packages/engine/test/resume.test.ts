import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type MergeOptions, mergeToFolder, parseRecipe, type Recipe } from "../src/merge/index.ts";
import { digestsOf, tensorOf, writeFolder } from "./checkpoints.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const engine = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = join(engine, "..", "..", "node_modules", "typescript", "bin", "tsc");
const journal = ".amalgam-journal";
let root: string;
let built: string;
let models: string[];

const recipes: Readonly<Record<string, unknown>> = {
  linear: { method: "linear", parents: [{ model: "a" }, { model: "b", weight: 0.4 }] },
  slerp: { method: "slerp", parents: [{ model: "a" }, { model: "b" }], parameters: { t: 0.3 } },
  ties: { method: "ties", base: "base", parents: [{ model: "a" }, { model: "b" }] },
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-resume-"));
  const sizes = [600_000, 40, 340_001, 180_000];
  const specs = Array.from({ length: 24 }, (_, i) => ({ name: `layer.${i}`, dtype: "F32" as const, shape: [sizes[i % 4] ?? 1] }));
  const all = [...specs, { name: "layer.0.ids", dtype: "I64" as const, shape: [50_000] }];
  models = await Promise.all(
    [1, 2, 3].map((seed) =>
      writeFolder(
        join(root, `m${seed}`),
        all.map((spec) => tensorOf(spec, seed)),
        { shards: 2, config: { model_type: "llama" } },
      ),
    ),
  );
  // In node_modules of the package, so that the built files find their dependencies; of this run alone.
  await mkdir(join(engine, "node_modules"), { recursive: true });
  built = await mkdtemp(join(engine, "node_modules", ".resume-test-"));
  spawnSync(process.execPath, [tsc, "-p", join(engine, "tsconfig.build.json"), "--outDir", built, "--sourceMap", "false"]);
});
afterAll(async () => {
  await rm(root, { recursive: true });
  await rm(built, { recursive: true, force: true });
});

const inputsOf = (recipe: Recipe) => ({
  base: recipe.base === null ? null : (models[2] ?? ""),
  parents: recipe.parents.map((_, i) => models[i] ?? ""),
});

interface Running {
  readonly child: ChildProcess;
  readonly closed: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** A merge in a process of its own, slow enough to be killed. */
function start(id: string, outDir: string, resume: boolean): Running {
  const recipe = parseRecipe(recipes[id]);
  const options = { ...inputsOf(recipe), outDir, resume, threads: 1, tileBytes: 16_384, maxShardBytes: 8e6 };
  const script = `
    const { mergeToFolder, parseRecipe } = await import(${JSON.stringify(pathToFileURL(join(built, "merge", "index.js")).href)});
    const onProgress = () => process.stdout.write(".");
    const { tensorsResumed } = await mergeToFolder({ recipe: parseRecipe(${JSON.stringify(recipes[id])}), ...${JSON.stringify(options)}, onProgress });
    process.stdout.write(" resumed " + tensorsResumed);
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { cwd: engine });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const closed = once(child, "close").then(() => ({ code: child.exitCode, stdout, stderr }));
  return { child, closed };
}

async function finish(id: string, outDir: string, resume = true): Promise<number> {
  const { code, stdout, stderr } = await start(id, outDir, resume).closed;
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return Number(/resumed (\d+)/.exec(stdout)?.[1] ?? Number.NaN);
}

function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const partials = async (): Promise<string[]> => (await readdir(root)).filter((name) => name.includes(".partial-"));
const pause = () => new Promise((resolve) => setTimeout(resolve, 2));

/** Waits until a process writes, unless it ends before. @returns how long it went on */
async function workOf({ child, closed }: Running, limitMs: number): Promise<number> {
  while (child.exitCode === null && (await partials()).every((name) => journalOf(name) === "")) await pause();
  const began = performance.now();
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  await closed;
  clearTimeout(timer);
  return performance.now() - began;
}

/** Empty when there is none yet. */
function journalOf(folder: string): string {
  const path = join(root, folder, journal);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;

describe("a merge that is killed and resumed", () => {
  it.each(Object.keys(recipes))("gives the bytes of an undisturbed one, whenever it is killed: %s", async (id) => {
    const whole = join(root, `${id}-whole`);
    const ms = await workOf(start(id, whole, false), 60_000);
    const expected = await digestsOf(whole);
    expect(Object.keys(expected).filter((name) => name.endsWith(".safetensors")).length).toBeGreaterThan(2);
    const random = numbers(id.length);
    let resumed = 0;
    for (let trial = 0; trial < 7; trial += 1) {
      const out = join(root, `${id}-${trial}`);
      await workOf(start(id, out, false), random() * ms);
      // Every other time the resuming run is killed, too.
      if (trial % 2 === 0 && !(await exists(out))) await workOf(start(id, out, true), random() * ms);
      if (!(await exists(out))) resumed += await finish(id, out);
      expect(await digestsOf(out)).toEqual(expected);
      expect(await partials()).toEqual([]);
    }
    expect(resumed).toBeGreaterThan(0);
  });
});

describe("what a killed merge has left", () => {
  const recipe = parseRecipe(recipes["linear"]);
  const out = () => join(root, "out");
  const merge = async (options: Partial<MergeOptions> = {}) => {
    const notes: string[] = [];
    const onNote = (note: string) => void notes.push(note);
    const report = await mergeToFolder({ recipe, ...inputsOf(recipe), outDir: out(), maxShardBytes: 8e6, onNote, ...options });
    return { report, notes };
  };
  afterEach(async () => {
    for (const name of [...(await partials()), "out"]) await rm(join(root, name), { recursive: true, force: true });
  });

  /** Kills a merge as soon as its journal holds tensors. @returns the partial folder */
  async function killInTheMiddle(): Promise<string> {
    // On a fast machine it may be over before; then it is done once more.
    for (;;) {
      const run = start("linear", out(), false);
      const isUnderWay = async () => (await partials()).some((name) => journalOf(name).split("\n").length > 2);
      while (run.child.exitCode === null && !(await isUnderWay())) await pause();
      run.child.kill("SIGKILL");
      expect((await run.closed).stderr).toBe("");
      const [folder] = await partials();
      if (folder !== undefined) return join(root, folder);
      await rm(out(), { recursive: true });
    }
  }
  /** The whole of a merge of other parents would differ; digests tell. */
  const undisturbed = async (): Promise<Record<string, string>> => {
    await merge();
    const digests = await digestsOf(out());
    await rm(out(), { recursive: true });
    return digests;
  };

  it("is removed by a run that does not resume", async () => {
    const folder = await killInTheMiddle();
    expect((await merge()).report.tensorsResumed).toBe(0);
    expect(await exists(folder)).toBe(false);
  });

  it("is gone on with, and the torn end of its journal is not believed", async () => {
    const expected = await undisturbed();
    const folder = await killInTheMiddle();
    const text = readFileSync(join(folder, journal), "utf8");
    const lines = text.split("\n").length - 2;
    writeFileSync(join(folder, journal), text.slice(0, -3));
    const { report, notes } = await merge({ resume: true });
    expect(await digestsOf(out())).toEqual(expected);
    if (lines > 1) expect(report.tensorsResumed).toBeGreaterThan(0);
    expect(notes.length).toBe(lines > 1 ? 1 : 0);
    expect(await partials()).toEqual([]);
  });

  it("does not read again what is done", async () => {
    await killInTheMiddle();
    const seen: { bytesRead: number; bytesTotal: number }[] = [];
    const { report } = await merge({ resume: true, onProgress: (progress) => void seen.push(progress) });
    expect(report.tensorsResumed).toBeGreaterThan(0);
    expect(report.bytesRead).toBeLessThan(seen.at(-1)?.bytesTotal ?? 0);
    expect(seen.at(-1)?.bytesRead).toBe(seen.at(-1)?.bytesTotal);
  });

  it("is not mixed with the work of a parent that has changed since", async () => {
    const expected = await undisturbed();
    await killInTheMiddle();
    const [name = ""] = (await readdir(models[1] ?? "")).filter((file) => file.endsWith(".safetensors"));
    const file = join(models[1] ?? "", name);
    const { mtime } = await stat(file);
    const bytes = readFileSync(file);
    const last = bytes.at(-3) ?? 0;
    try {
      bytes[bytes.length - 3] = last ^ 1;
      writeFileSync(file, bytes);
      const { report, notes } = await merge({ resume: true });
      expect(report.tensorsResumed).toBe(0);
      expect(notes).toEqual([expect.stringContaining(`is not used: ${file} has been modified since.`)]);
      const resumed = await digestsOf(out());
      await rm(out(), { recursive: true });
      await merge();
      expect(await digestsOf(out())).toEqual(resumed);
      expect(resumed).not.toEqual(expected);
    } finally {
      bytes[bytes.length - 3] = last;
      writeFileSync(file, bytes);
      utimesSync(file, mtime, mtime);
    }
  });

  it("is not used when a configuration has been written since, even with the same text", async () => {
    await killInTheMiddle();
    const config = join(models[0] ?? "", "config.json");
    writeFileSync(config, readFileSync(config));
    const { report, notes } = await merge({ resume: true });
    expect([report.tensorsResumed, notes]).toEqual([0, [expect.stringContaining(`${config} has been modified since.`)]]);
  });

  it.each([
    ["other parameters", { recipe: parseRecipe({ method: "linear", parents: [{ model: "a" }, { model: "b" }] }) }, "parents"],
    ["another type", { recipe: { ...recipe, dtype: "BF16" as const } }, "dtype"],
    ["other shards", { maxShardBytes: 9e6 }, "shards"],
  ])("is not used for a merge with %s", async (_, options, words) => {
    await killInTheMiddle();
    const { report, notes } = await merge({ resume: true, ...options });
    expect(report.tensorsResumed).toBe(0);
    expect(notes.join()).toContain(words);
    expect(await partials()).toEqual([]);
  });

  it("is not used when a weight file is missing or has another size", async () => {
    const folder = await killInTheMiddle();
    const [name = ""] = (await readdir(folder)).filter((file) => file.endsWith(".safetensors"));
    appendFileSync(join(folder, name), "x");
    const { report, notes } = await merge({ resume: true });
    expect([report.tensorsResumed, notes.join()]).toEqual([0, expect.stringContaining("its files are not whole")]);
  });

  it("belongs to its process while that lives, whether it is resumed or not", async () => {
    const run = start("linear", out(), false);
    while (run.child.exitCode === null && (await partials()).length === 0) await pause();
    const [folder = ""] = await partials();
    expect(journalOf(folder)).not.toBe("");
    run.child.kill("SIGSTOP");
    await expect(merge({ resume: true })).rejects.toThrow(/^Another run is making .*out \(process \d+, in .*\); wait for it/);
    await merge();
    expect(await partials()).toEqual([folder]);
    run.child.kill("SIGCONT");
    const { code, stderr } = await run.closed;
    expect(code).toBe(1);
    expect(stderr).toContain("has been made by somebody else in the meantime");
    expect(await partials()).toEqual([]);
  });

  it("is taken over by one of several runs that resume at once", async () => {
    const expected = await undisturbed();
    await killInTheMiddle();
    const outcomes = await Promise.allSettled([merge({ resume: true }), merge({ resume: true }), merge({ resume: true })]);
    const done = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value.report] : []));
    expect(done).toHaveLength(1);
    expect(await digestsOf(out())).toEqual(expected);
    expect(await partials()).toEqual([]);
  });

  it("of another boot of this machine is dead, of another machine alive while it shows signs of life", async () => {
    const folder = await killInTheMiddle();
    const [, pid, began, place = "", token] = /partial-(\w+)-(\w+)-(\w+)-(\w+)$/.exec(folder) ?? [];
    const rebooted = `${out()}.partial-${pid}-${began}-${place.slice(0, 6)}000000${place.slice(12)}-${token}`;
    const elsewhere = `${out()}.partial-${pid}-${began}-000000${place.slice(6)}-${token}`;
    await rename(folder, elsewhere);
    await expect(merge({ resume: true })).rejects.toThrow("Another run is making");
    await rename(elsewhere, rebooted);
    expect((await merge({ resume: true })).report.tensorsResumed).toBeGreaterThan(0);
  });

  it("in a folder that nobody can read back is left alone", async () => {
    await mkdir(join(root, "out.partial-abc"));
    await merge();
    expect(await partials()).toEqual(["out.partial-abc"]);
  });
});

describe("a run that resumes and is cancelled", () => {
  it("keeps what is finished, and one that does not resume keeps nothing", async () => {
    const recipe = parseRecipe(recipes["ties"]);
    for (const resume of [false, true]) {
      const controller = new AbortController();
      const outDir = join(root, `cancelled-${resume}`);
      const options = { recipe, ...inputsOf(recipe), outDir, resume, threads: 1, tileBytes: 16_384 };
      const onProgress = ({ tensorsDone }: { tensorsDone: number }) => tensorsDone > 4 && controller.abort(new Error("enough"));
      await expect(mergeToFolder({ ...options, signal: controller.signal, onProgress })).rejects.toThrow("enough");
      expect(await partials()).toHaveLength(resume ? 1 : 0);
      if (!resume) continue;
      expect((await mergeToFolder(options)).tensorsResumed).toBeGreaterThan(4);
      expect(await partials()).toEqual([]);
    }
  });
});
