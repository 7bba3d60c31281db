import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { amalgam } from "./spawn-cli.ts";
import { largeCheckpoint, rawFile, tinyCheckpoint, tinyFile, weights } from "./tiny-checkpoint.ts";

// Every test starts processes; a machine that is busy with other tests needs seconds for each.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "amalgam cli "));
});

afterEach(() => rmSync(folder, { recursive: true }));

const at = (...parts: string[]): string => path.join(folder, ...parts);

/** Two models and a base beside a recipe; the recipe names them relative to itself. */
async function recipe(content: string): Promise<string> {
  await tinyCheckpoint(at("base"), weights(1));
  await tinyCheckpoint(at("a"), weights(2));
  await tinyCheckpoint(at("b"), weights(4));
  writeFileSync(at("recipe.yaml"), content);
  return at("recipe.yaml");
}

const average = "method: linear\nparents:\n  - model: ./a\n  - model: ./b\n";

test("merge writes the average into a new Hugging Face folder", async () => {
  const outcome = await amalgam(["merge", await recipe(average), at("out")]);
  expect(outcome).toMatchObject({ code: 0 });
  expect(outcome.stdout).toMatch(/^Merged into .*out\n/);
  expect(readFileSync(at("out/model.safetensors")).equals(Buffer.from(await tinyFile(weights(3), { format: "pt" })))).toBe(true);
  expect(readdirSync(at("out"))).toEqual(
    expect.arrayContaining(["README.md", "amalgam.json", "config.json", "model.safetensors"]),
  );
});

test("merge --json prints one report, and threads and tile do not change a byte", async () => {
  const file = await recipe("method: task_arithmetic\nbase: base\nparents: [{model: a}, {model: b, weight: -0.5}]\n");
  const ramp = (scale: number) => ({
    ramp: { shape: [30_000], values: Array.from({ length: 30_000 }, (_, i) => Math.sin(i) * scale) },
  });
  for (const [name, scale] of [
    ["base", 1],
    ["a", 2],
    ["b", 3],
  ] as const)
    await tinyCheckpoint(at(name), ramp(scale));
  const [one, two] = [
    await amalgam(["merge", file, at("one"), "--threads", "1", "--json"]),
    await amalgam(["merge", file, at("two"), "--threads", "3", "--tile", "16KiB"]),
  ];
  expect([one.code, two.code]).toEqual([0, 0]);
  const report = JSON.parse(one.stdout) as { files: { path: string; sha256: string }[]; identity: string };
  expect(report.files.map((file) => file.path)).toContain("model.safetensors");
  expect(report.identity).toMatch(/^[0-9a-f]{64}$/);
  expect(readFileSync(at("one/model.safetensors")).equals(readFileSync(at("two/model.safetensors")))).toBe(true);
});

test("a mergekit configuration is accepted", async () => {
  const file = await recipe(
    "merge_method: linear\nmodels:\n  - model: ./a\n    parameters: {weight: 1}\n  - model: ./b\n    parameters: {weight: 1}\ndtype: float32\n",
  );
  expect(await amalgam(["merge", file, at("out")])).toMatchObject({ code: 0 });
  expect(readFileSync(at("out/model.safetensors")).equals(Buffer.from(await tinyFile(weights(3), { format: "pt" })))).toBe(true);
});

const faulty: readonly [string, string, string, string][] = [
  ["unknown method", "method: lineer\nparents: [{model: a}]\n", "METHOD_UNKNOWN", "lineer"],
  ["unknown key", "method: linear\nparents: [{model: a, weigth: 1}]\n", "KEY_UNKNOWN", "weigth"],
  ["NaN coefficient", "method: linear\nparents: [{model: a, weight: .nan}]\n", "VALUE_INVALID", "parents.0.weight"],
  ["text for a coefficient", "method: linear\nparents: [{model: a, weight: half}]\n", "VALUE_INVALID", "parents.0.weight"],
  ["no parents", "method: linear\nparents: []\n", "VALUE_INVALID", "parents"],
  ["same parent twice", "method: slerp\nparents: [{model: a}, {model: a}]\n", "PARENT_TWICE", "listed twice"],
  ["missing base", "method: task_arithmetic\nparents: [{model: a}]\n", "BASE_MISSING", "needs a base"],
  [
    "a model that is not there",
    "method: linear\nparents: [{model: a}, {model: acme/math@1}]\n",
    "MODEL_MISSING",
    "amalgam pull it first",
  ],
  ["broken YAML", "method: [linear\n", "RECIPE_SYNTAX", "not valid YAML"],
  ["a prototype key", "method: linear\n__proto__: {}\nparents: [{model: a}]\n", "KEY_UNKNOWN", "__proto__"],
];

test.each(faulty)("a recipe with %s is refused, one message a fault, and leaves nothing", async (_, content, code, words) => {
  const file = await recipe(content);
  const before = readdirSync(folder);
  const outcome = await amalgam(["merge", file, at("out"), "--json"]);
  const faults = JSON.parse(outcome.stdout) as { code: string; message: string; path: string[] }[];
  expect(outcome.code).toBe(1);
  expect(faults.map((fault) => fault.code)).toContain(code);
  expect(outcome.stderr).toContain(words);
  expect(outcome.stderr.trim().split("\n")).toHaveLength(faults.length);
  expect(readdirSync(folder)).toEqual(before);
});

test("shapes that differ are refused with tensor, shapes and model", async () => {
  const file = await recipe(average);
  await tinyCheckpoint(at("b"), { ...weights(1), "encoder.weight": { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] } });
  const { code, stderr } = await amalgam(["check", file]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/encoder\.weight has shape \[3, 2\] in \.\/b but \[2, 3\] in \.\/a/);
});

test("NaN in a parent stops the merge, names tensor and model, and leaves nothing", async () => {
  const file = await recipe(average);
  await tinyCheckpoint(at("b"), { ...weights(1), "encoder.bias": { shape: [2], values: [Number.NaN, 1] } });
  const before = readdirSync(folder);
  const { code, stderr } = await amalgam(["merge", file, at("out")]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/encoder\.bias/);
  expect(stderr).toMatch(/\bb\b/);
  expect(readdirSync(folder)).toEqual(before);
});

test("Ctrl-C ends a merge that is under way and leaves nothing", async () => {
  const file = await recipe(average);
  largeCheckpoint(at("a"), 50_000_000);
  largeCheckpoint(at("b"), 50_000_000);
  const before = readdirSync(folder);
  const interruptWhen = (): boolean => readdirSync(folder).length > before.length;
  const { code, stdout, stderr } = await amalgam(["merge", file, at("out"), "--threads", "1"], { interruptWhen });
  expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
  expect(stderr).toBe("Cancelled; nothing was left behind.\n");
  expect(readdirSync(folder)).toEqual(before);
});

test("an existing output folder is never touched", async () => {
  const file = await recipe(average);
  mkdirSync(at("out"));
  writeFileSync(at("out/mine"), "keep");
  const { code, stderr } = await amalgam(["merge", file, at("out")]);
  expect(code).toBe(1);
  expect(stderr).toContain(at("out"));
  expect(readdirSync(at("out"))).toEqual(["mine"]);
});

test("check forecasts without writing", async () => {
  const before = readdirSync(path.dirname(await recipe(average)));
  const { code, stdout } = await amalgam(["check", at("recipe.yaml"), "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, tensorCount: 2, parameterCount: 8, readBytes: 64, writeBytes: 32 });
  expect(readdirSync(folder)).toEqual(before);
});

const hostileFiles: readonly [string, () => Promise<Uint8Array>, RegExp][] = [
  ["a pickle renamed to .safetensors", async () => Buffer.concat([Buffer.from([0x80, 4, 0x95]), Buffer.alloc(64)]), /pickle/],
  ["a truncated file", async () => (await tinyFile(weights(1))).subarray(0, -4), /truncated|end|bytes/i],
  ["a file of seven bytes", async () => Buffer.alloc(7), /7 bytes/],
  ["an HTML page", async () => Buffer.from("<!doctype html><html>not a model</html>"), /HTML/],
  [
    "a shape that overflows",
    async () => rawFile('{"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}', 4),
    /x/,
  ],
];

test.each(hostileFiles)("inspect refuses %s with one message", async (_, make, words) => {
  writeFileSync(at("model.safetensors"), await make());
  const { code, stdout, stderr } = await amalgam(["inspect", at("model.safetensors"), "--json"]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toHaveLength(1);
  expect(stderr).toMatch(words);
  expect(stderr).toContain(at("model.safetensors"));
});

test("a pickle by name is refused without being opened", async () => {
  writeFileSync(at("pytorch_model.bin"), "");
  const { code, stderr } = await amalgam(["inspect", at("pytorch_model.bin")]);
  expect(code).toBe(1);
  expect(stderr).toContain("pickle");
});

test("names such as __proto__ and ../x are names and nothing more", async () => {
  writeFileSync(
    at("odd.safetensors"),
    rawFile(
      '{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"../x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
      8,
    ),
  );
  const { code, stdout } = await amalgam(["inspect", at("odd.safetensors"), "--json"]);
  if (code === 0)
    expect((JSON.parse(stdout) as { tensors: { name: string }[] }).tensors.map(({ name }) => name).sort()).toEqual([
      "../x",
      "__proto__",
    ]);
  else expect((JSON.parse(stdout) as { code: string }[])[0]?.code).toBe("NAME_REFUSED");
  expect(existsSync(at("..", "x"))).toBe(false);
});

test("a name that would clear the screen does not reach the terminal raw", async () => {
  writeFileSync(at("odd.safetensors"), rawFile('{"a\\u001b[2J\\u202eb":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4));
  const { stdout, stderr } = await amalgam(["inspect", at("odd.safetensors")]);
  expect(stdout + stderr).not.toContain("\u001b");
  expect(stdout + stderr).not.toContain("\u202e");
});

test("inspect tells parameters, sizes and dtypes, and with --digest the values", async () => {
  await tinyCheckpoint(at("a"), weights(2));
  const plain = JSON.parse((await amalgam(["inspect", at("a"), "--json"])).stdout) as Record<string, unknown>;
  expect(plain).toMatchObject({
    architecture: "TinyModel",
    parameterCount: 8,
    sizeBytes: 32,
    tensorCount: 2,
    dtypes: { F32: 2 },
  });
  expect(plain).not.toHaveProperty("digest");
  const read = JSON.parse((await amalgam(["inspect", at("a"), "--json", "--digest"])).stdout) as {
    digest: string;
    tensors: { name: string; norm: number; finite: boolean }[];
  };
  expect(read.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(read.tensors.find(({ name }) => name === "encoder.bias")).toMatchObject({ norm: Math.sqrt(8), finite: true });
  const { stdout } = await amalgam(["inspect", at("a")]);
  expect(stdout).toMatch(/encoder\.weight +F32 +2×3 +24 B/);
});

test("diff finds what changed, what is missing and what has another shape", async () => {
  await tinyCheckpoint(at("a"), { ...weights(1), extra: { shape: [1], values: [1] }, shaped: { shape: [2], values: [0, 0] } });
  await tinyCheckpoint(at("b"), {
    ...weights(1),
    "encoder.bias": { shape: [2], values: [1, -1.5] },
    shaped: { shape: [1, 2], values: [0, 0] },
  });
  const { code, stdout } = await amalgam(["diff", at("a"), at("b"), "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    onlyInA: ["extra"],
    onlyInB: [],
    reshaped: [{ name: "shaped", shapes: [[2], [1, 2]] }],
    equal: 1,
    changed: [
      { name: "encoder.bias", shape: [2], dtypes: ["F32", "F32"], relative: expect.closeTo(0.5 / Math.SQRT2, 12), largest: 0.5 },
    ],
  });
  expect((await amalgam(["diff", at("a"), at("a")])).stdout).toBe("The same: 4 tensors, byte for byte.\n");
});

test("a wrong command line is exit 2 and says what to do", async () => {
  const cases: readonly [string[], RegExp][] = [
    [["mrege"], /There is no command mrege\. Did you mean merge\?/],
    [["merge"], /RECIPE is missing\.\nSee amalgam merge --help\./],
    [["merge", "r.yaml", "out", "--thread", "2"], /Unknown option --thread\. Did you mean --threads\?/],
    [["merge", "r.yaml", "out", "--threads", "0"], /--threads takes a whole number from 1 to 256, not 0\./],
    [["leaderboard", "--csv", "--json"], /exclude each other/],
    [["push", "."], /--as is missing/],
  ];
  const outcomes = await Promise.all(
    cases.map(async ([args, words]) => ({ args, words, outcome: await amalgam(args, { cwd: folder }) })),
  );
  for (const { args, words, outcome } of outcomes) {
    expect([args, outcome.code]).toEqual([args, 2]);
    expect(outcome.stderr).toMatch(words);
    expect(outcome.stdout).toBe("");
  }
});

test("help and version are plain text in a pipe", async () => {
  const help = await amalgam(["--help"]);
  expect(help.code).toBe(0);
  for (const name of ["merge", "push", "pull", "leaderboard", "up"]) expect(help.stdout).toContain(name);
  expect(help.stdout).not.toContain("\u001b");
  expect((await amalgam(["merge", "--help"])).stdout).toMatch(/--threads/);
  expect((await amalgam(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("without a server the registry commands say how to start one", async () => {
  await tinyCheckpoint(at("a"), weights(1));
  const { code, stderr, stdout } = await amalgam(["push", "a", "--as", "acme/a", "--json"], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toContain("Start one with amalgam up");
  expect((JSON.parse(stdout) as { code: string }[])[0]?.code).toBe("NO_SERVER");
  const away = await amalgam(["leaderboard", "--server", "http://127.0.0.1:1", "--token", "amg_x"], { cwd: folder });
  expect(away.code).toBe(1);
  expect(away.stderr).toContain("No Amalgam server answers at http://127.0.0.1:1");
});
