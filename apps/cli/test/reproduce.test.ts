import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { amalgam } from "./spawn-cli.ts";
import { largeCheckpoint, tinyCheckpoint, weights } from "./tiny-checkpoint.ts";

// Every test starts processes; a machine that is busy with other tests needs seconds for each.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
const at = (...parts: string[]): string => path.join(folder, ...parts);

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "amalgam cli reproduce "));
  await tinyCheckpoint(at("a"), weights(2));
  await tinyCheckpoint(at("b"), weights(4));
  writeFileSync(at("recipe.yaml"), "method: linear\nparents:\n  - model: ./a\n  - model: ./b\n");
  expect(await amalgam(["merge", at("recipe.yaml"), at("out")])).toMatchObject({ code: 0 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const alterManifest = (alter: (manifest: Record<string, unknown>) => void): void => {
  const manifest = JSON.parse(readFileSync(at("out/amalgam.json"), "utf8")) as Record<string, unknown>;
  alter(manifest);
  writeFileSync(at("out/amalgam.json"), JSON.stringify(manifest));
};

test("reproduce says that every file is the same, and leaves nothing", async () => {
  const before = readdirSync(folder);
  const outcome = await amalgam(["reproduce", at("out/amalgam.json")], { env: { TMPDIR: folder } });
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  expect(outcome.stdout).toMatch(/^The same: 3 files, byte for byte\.\nlinear version 1, identity /);
  // tsx keeps its cache there, too.
  expect(readdirSync(folder).filter((name) => !name.startsWith("tsx-"))).toEqual(before);
});

test("reproduce finds models by --models and --parent, and keeps the result where it is told", async () => {
  mkdirSync(at("moved"));
  renameSync(at("a"), at("moved/a"));
  renameSync(at("b"), at("elsewhere"));
  const missing = await amalgam(["reproduce", at("out")]);
  expect(missing.code).toBe(1);
  expect(missing.stderr).toMatch(/^parents\.0\.model: \.\/a is not there; looked for .*\nparents\.1\.model: /);
  const args = ["reproduce", at("out"), at("again"), "--models", at("moved"), "--parent", `1=${at("elsewhere")}`, "--json"];
  const { code, stdout } = await amalgam(args);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ same: true, tensors: [], outDir: at("again") });
  expect(readFileSync(at("again/amalgam.json"))).toEqual(readFileSync(at("out/amalgam.json")));
});

test("reproduce refuses a parent with other content before any work", async () => {
  await tinyCheckpoint(at("b"), weights(5));
  const { code, stdout, stderr } = await amalgam(["reproduce", at("out"), at("again"), "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject([{ code: "DIGEST_DIFFERS", path: ["parents", "1"] }]);
  expect(stderr).toContain("is not the ./b that was merged");
  expect(readdirSync(folder)).not.toContain("again");
});

test("reproduce says which tensors differ and from which element on", async () => {
  const file = readFileSync(at("out/model.safetensors"));
  file[file.length - 1] = 0;
  writeFileSync(at("out/model.safetensors"), file);
  alterManifest((manifest) => {
    for (const each of manifest["files"] as { path: string; sha256: string }[])
      if (each.path === "model.safetensors") each.sha256 = "0".repeat(64);
  });
  const { code, stdout, stderr } = await amalgam(["reproduce", at("out")]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: "The merge was not reproduced.\n" });
  expect(stdout).toMatch(
    /^1 file of 3 is not the same:\n {2}model\.safetensors: other bytes\n {2}encoder\.weight: first at element 5, 18 /,
  );
  const { tensors } = JSON.parse((await amalgam(["reproduce", at("out"), "--json"])).stdout) as { tensors: unknown };
  expect(tensors).toEqual([{ name: "encoder.weight", first: { element: 5, values: [expect.any(Number), 18] } }]);
});

test("reproduce refuses another version of the method unless it is forced", async () => {
  alterManifest((manifest) => Object.assign(manifest["method"] as object, { version: 2 }));
  const refused = await amalgam(["reproduce", at("out")]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("made with version 2 of linear, and this is version 1");
  expect((await amalgam(["reproduce", at("out"), "--force"])).code).toBe(0);
});

test("a cancelled merge --resume keeps what is finished, and goes on from there", async () => {
  for (const name of ["a", "b"]) {
    largeCheckpoint(at(name), 30_000_000);
    await tinyCheckpoint(at(name, "small"), weights(1));
    renameSync(at(name, "small/model.safetensors"), at(name, "model-00001-of-00002.safetensors"));
    renameSync(at(name, "model.safetensors"), at(name, "model-00002-of-00002.safetensors"));
    const map = { "encoder.weight": "model-00001-of-00002.safetensors", "encoder.bias": "model-00001-of-00002.safetensors" };
    const index = { weight_map: { ...map, large: "model-00002-of-00002.safetensors" } };
    writeFileSync(at(name, "model.safetensors.index.json"), JSON.stringify(index));
    rmSync(at(name, "small"), { recursive: true });
  }
  const args = ["merge", at("recipe.yaml"), at("large"), "--threads", "1", "--tile", "16KiB", "--resume"];
  const partial = () => readdirSync(folder).find((name) => name.startsWith("large.partial-"));
  const isUnderWay = () => {
    const name = partial();
    return name !== undefined && readFileSync(at(name, ".amalgam-journal"), "utf8").split("\n").length > 2;
  };
  const cancelled = await amalgam(args, { interruptWhen: isUnderWay });
  expect(cancelled).toMatchObject({ code: 130, stdout: "" });
  expect(cancelled.stderr).toContain("Cancelled; what is finished is kept, and the same command goes on from there.");
  expect(partial()).toBeDefined();
  const resumed = await amalgam([...args, "--json"]);
  expect(resumed).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("Going on from an earlier run: 2 of 3 tensors are done."),
  });
  expect(JSON.parse(resumed.stdout)).toMatchObject({ tensorsResumed: 2 });
  expect(partial()).toBeUndefined();
});
