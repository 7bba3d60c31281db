import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { tensorOf, writeFolder } from "./checkpoints.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const engine = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = join(engine, "..", "..", "node_modules", "typescript", "bin", "tsc");
// Beside node_modules of the package, so that the built files find their dependencies.
const built = join(engine, "node_modules", ".worker-entry-test");
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam worker-"));
  for (const seed of [1, 2])
    await writeFolder(join(root, `m${seed}`), [tensorOf({ name: "w", dtype: "BF16", shape: [70_001] }, seed)]);
  spawnSync(process.execPath, [tsc, "-p", join(engine, "tsconfig.build.json"), "--outDir", built, "--sourceMap", "false"]);
});
afterAll(async () => {
  await rm(root, { recursive: true });
  await rm(built, { recursive: true, force: true });
});

/** Merges in a process of its own, started with the given flags, and gives the digest of the weights. */
function mergeIn(door: string, flags: readonly string[], name: string): string {
  const script = `
    const { mergeToFolder, parseRecipe } = await import(${JSON.stringify(pathToFileURL(door).href)});
    const root = ${JSON.stringify(root)};
    const recipe = parseRecipe({ method: "slerp", parents: [{ model: "a" }, { model: "b" }] });
    const { files } = await mergeToFolder({ recipe, base: null, parents: [root + "/m1", root + "/m2"], outDir: root + "/${name}", threads: 2, tileBytes: 16384 });
    console.log(files.find((file) => file.path === "model.safetensors").sha256);
  `;
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, "--input-type=module", "-e", script], {
    cwd: engine,
    encoding: "utf8",
  });
  expect(stderr).not.toContain("Error");
  return stdout.trim();
}

describe("workers of a merge", () => {
  it("start from a build by plain Node and from sources by tsx, with the same result", () => {
    const fromBuild = mergeIn(join(built, "merge", "index.js"), [], "from-build");
    expect(fromBuild).toMatch(/^[0-9a-f]{64}$/);
    expect(mergeIn(join(engine, "src", "merge", "index.ts"), ["--conditions=source", "--import", "tsx"], "from-sources")).toBe(
      fromBuild,
    );
  });
});
